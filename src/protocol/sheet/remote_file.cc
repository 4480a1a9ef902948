#include "protocol/sheet/remote_file.h"

#include <fmt/core.h>

#include "base/bytes.h"
#include "base/error.h"
#include "protocol/sheet/codec.h"
#include "protocol/transfer/lazy_connection.h"

namespace netlab {
namespace {

class SheetFile : public RemoteFile {
 public:
  explicit SheetFile(Connect connect) : server_(std::move(connect)) {}

  std::optional<Info> stat() override { return std::nullopt; }

  Info open(Purpose purpose, std::uint64_t offset, const std::string&) override {
    if (offset > sheet::max_client_offset)
      throw ProtocolError(fmt::format("offset {}: must be at most {} on the sheet's wire", offset,
                                      sheet::max_client_offset));
    // Two writes, as by the sheet's client: the sheet's server reads each field with one read(2)
    // and does not check how many bytes it returned.
    const std::string request = sheet::emit_request(command_for(purpose), offset);
    const auto bytes = bytes_of(request);
    server_.get().write_all(bytes.first(sheet::command_size));
    server_.get().write_all(bytes.subspan(sheet::command_size));
    return {};
  }

  std::size_t receive(std::span<std::byte> into) override { return server_.get().read_some(into); }
  std::size_t receive_file(const Fd& file, const std::string& name,
                           std::size_t max_bytes) override {
    return server_.get().receive_file(file, name, max_bytes);
  }

  // The wire supports neither ranges nor hashes.
  std::unique_ptr<RemoteFile> open_parallel() const override { return nullptr; }
  Info open_range(std::uint64_t, std::uint64_t, const std::string&) override {
    throw ProtocolError("the sheet's wire has no ranges");
  }
  bool open_hashes(std::uint64_t, std::uint64_t, std::uint64_t, const std::string&) override {
    return false;
  }
  std::string next_hash() override { return {}; }

  void set_deadline(Instant deadline) override { server_.set_deadline(deadline); }

 private:
  static sheet::Command command_for(Purpose purpose) {
    switch (purpose) {
      case Purpose::whole:
        return sheet::Command::whole;
      case Purpose::offset:
        return sheet::Command::offset;
      case Purpose::resume:
        return sheet::Command::resume;
    }
    return sheet::Command::whole;
  }

  LazyConnection server_;
};

}  // namespace

std::unique_ptr<RemoteFile> sheet_file(Connect connect) {
  return std::make_unique<SheetFile>(std::move(connect));
}

}  // namespace netlab
