#include "protocol/lab/remote_file.h"

#include <fmt/core.h>

#include "base/error.h"

namespace netlab {
namespace {

using Method = lab::Request::Method;

class LabFile : public RemoteFile {
 public:
  LabFile(LabClient& server, const std::string& name) : server_(server), name_(name) {}
  LabFile(Connect connect, const std::string& name)
      : own_(std::move(connect)), server_(*own_), name_(name) {}

  std::optional<Info> stat() override { return find({.method = Method::stat, .name = name_}); }

  Info open(Purpose, std::uint64_t offset, const std::string& tag) override {
    return find({.name = name_, .offset = offset, .tag = tag});
  }

  std::unique_ptr<RemoteFile> open_parallel() const override {
    return lab_file(server_.connect(), name_);
  }

  Info open_range(std::uint64_t offset, std::uint64_t count, const std::string& tag) override {
    return find(
        {.method = Method::range, .name = name_, .offset = offset, .count = count, .tag = tag});
  }

  std::size_t receive(std::span<std::byte> into) override {
    return server_.reader().read_some(into);
  }

  std::size_t receive_file(const Fd& file, const std::string& name,
                           std::size_t max_bytes) override {
    return server_.reader().receive_file(file, name, max_bytes);
  }

  bool open_hashes(std::uint64_t offset, std::uint64_t count, std::uint64_t block,
                   const std::string& tag) override {
    server_.queue_request({.method = Method::hash,
                           .name = name_,
                           .offset = offset,
                           .count = count,
                           .block = block,
                           .tag = tag});
    const lab::Reply reply = server_.reply();
    const auto* const rejection = std::get_if<lab::ErrorReply>(&reply);
    if (!rejection) return true;
    if (rejection->code != lab::bad_request) LabClient::throw_error_reply(name_, *rejection);
    server_.drop();
    return false;
  }

  std::string next_hash() override { return server_.hash(); }

  void drop() override { server_.drop(); }

  void set_deadline(Instant deadline) override { server_.set_deadline(deadline); }

 private:
  Info find(const lab::Request& request) {
    const lab::FileReply found = server_.find(request);
    if (found.offset != request.offset)
      throw ProtocolError(
          fmt::format("the server replied for offset {}, not {}", found.offset, request.offset));
    if (!request.tag.empty() && found.tag != request.tag)
      throw ProtocolError("the server replied for another version of the file than requested");
    Info file{found.name, found.size, found.tag, found.modified};
    if (found.modified) file.executable = found.executable;
    return file;
  }

  std::optional<LabClient> own_;
  LabClient& server_;
  std::string name_;
};

}  // namespace

std::unique_ptr<RemoteFile> lab_file(Connect connect, const std::string& name) {
  return std::make_unique<LabFile>(std::move(connect), name);
}

std::unique_ptr<RemoteFile> lab_file(LabClient& connection, const std::string& name) {
  return std::make_unique<LabFile>(connection, name);
}

}  // namespace netlab
