// The headers that every test includes and that cost most to compile, compiled once. No guard: the
// compiler includes it, and takes "once" in its main file for a mistake.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>
