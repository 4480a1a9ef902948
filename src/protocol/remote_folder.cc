#include "protocol/remote_folder.h"

#include <fmt/core.h>

#include "protocol/escape.h"
#include "protocol/tally.h"
#include "socket/error.h"

namespace netlab {

std::optional<lab::Refusal> take_entries(LabConnection& server, const std::string& folder,
                                         Duration silence, Network& network,
                                         std::vector<Entry>& entries) {
  for (;;) {
    server.set_deadline(later(network.now(), silence));
    lab::Item item = server.item();
    if (const auto* const refusal = std::get_if<lab::Refusal>(&item)) return *refusal;
    if (std::holds_alternative<lab::End>(item)) return std::nullopt;
    check_bounded(entries.size() + 1, folder);
    entries.push_back(std::move(std::get<Entry>(item)));
  }
}

void check_bounded(std::size_t count, const std::string& folder) {
  if (count > most_entries)
    throw ProtocolError(
        fmt::format("{}: the server lists more than {} entries", escaped(folder), most_entries));
}

}  // namespace netlab
