#include "protocol/lab/remote_directory.h"

#include <fmt/core.h>

#include "base/error.h"
#include "base/escape.h"
#include "protocol/lab/transfer_summary.h"

namespace netlab {

std::optional<lab::ErrorReply> read_entries(LabClient& server, const std::string& directory,
                                            const TransferContext& context,
                                            std::vector<Entry>& entries) {
  for (std::size_t bytes = 0;;) {
    server.set_deadline(context.deadline());
    lab::Item item = server.item();
    if (const auto* const rejection = std::get_if<lab::ErrorReply>(&item)) return *rejection;
    if (std::holds_alternative<lab::End>(item)) return std::nullopt;
    entries.push_back(std::move(std::get<Entry>(item)));
    bytes += entries.back().name.size();
    check_bounded(entries.size(), bytes, directory);
  }
}

void check_bounded(std::size_t count, std::size_t bytes, const std::string& directory) {
  if (count > max_entries)
    throw ProtocolError(
        fmt::format("{}: the server lists more than {} entries", escaped(directory), max_entries));
  if (bytes > max_name_bytes)
    throw ProtocolError(fmt::format("{}: the server lists more than {} bytes of names",
                                    escaped(directory), max_name_bytes));
}

}  // namespace netlab
