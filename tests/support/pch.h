// Precompiled header: the headers that every test includes and that take the longest to compile. It
// has no include guard, because the compiler warns about "#pragma once" in a main file.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>
