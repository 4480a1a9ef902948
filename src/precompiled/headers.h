// The headers that most sources include and that cost most to compile, compiled once where Meson is
// told so. No guard: the compiler includes it, and takes "once" in its main file for a mistake.

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
