#include "command/shared/wires.h"

#include <algorithm>
#include <cassert>

#include "base/decimal.h"
#include "protocol/lab/remote_file.h"
#include "protocol/sheet/codec.h"
#include "protocol/sheet/remote_file.h"

namespace netlab {
namespace {

constexpr Wire rows[] = {
    {"lab", true, true, max_offset, "",
     [](Connect connect, const std::string& name) { return lab_file(std::move(connect), name); }},
    // The lab sheet's client writes to this file.
    {"sheet", false, false, sheet::max_client_offset, "destination_file.txt",
     [](Connect connect, const std::string&) { return sheet_file(std::move(connect)); }},
};

}  // namespace

std::span<const Wire> wires() {
  return rows;
}

std::vector<std::string> wire_names() {
  std::vector<std::string> names;
  for (const Wire& wire : rows) names.emplace_back(wire.name);
  return names;
}

const Wire& wire_named(const std::string& name) {
  const auto* const found = std::ranges::find(rows, name, &Wire::name);
  assert(found != std::end(rows));
  return *found;
}

}  // namespace netlab
