// The headers that most sources include and that take longest to compile, precompiled with clang
// (src/meson.build). No include guard: the compiler processes this as a main file, and warns about
// #pragma once there.

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>
