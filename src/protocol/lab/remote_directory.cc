#include "protocol/lab/remote_directory.h"

#include <fmt/core.h>

#include "base/error.h"
#include "base/escape.h"
#include "protocol/lab/transfer_summary.h"

namespace netlab {

std::optional<lab::Refusal> take_entries(LabConnection& server, const std::string& folder,
                                         Duration silence, Network& network,
                                         std::vector<Entry>& entries) {
  for (std::size_t bytes = 0;;) {
    server.set_deadline(later(network.now(), silence));
    lab::Item item = server.item();
    if (const auto* const refusal = std::get_if<lab::Refusal>(&item)) return *refusal;
    if (std::holds_alternative<lab::End>(item)) return std::nullopt;
    entries.push_back(std::move(std::get<Entry>(item)));
    bytes += entries.back().name.size();
    check_bounded(entries.size(), bytes, folder);
  }
}

void check_bounded(std::size_t count, std::size_t bytes, const std::string& folder) {
  if (count > most_entries)
    throw ProtocolError(
        fmt::format("{}: the server lists more than {} entries", escaped(folder), most_entries));
  if (bytes > most_of_names)
    throw ProtocolError(fmt::format("{}: the server lists names of more than {} bytes in all",
                                    escaped(folder), most_of_names));
}

}  // namespace netlab
