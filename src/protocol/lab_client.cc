#include "protocol/buffered_reader.h"
#include "protocol/escape.h"
#include "protocol/lab_codec.h"
#include "protocol/remote_file.h"
#include "socket/bytes.h"
#include "socket/error.h"

namespace netlab {
namespace {

class LabFile : public RemoteFile {
 public:
  LabFile(Connect connect, const std::string& name) : RemoteFile(std::move(connect)), name_(name) {}

  std::optional<Found> look() override {
    return ask({.method = lab::Request::Method::stat, .name = name_});
  }

  Found open(Purpose, std::uint64_t offset, const std::string& tag) override {
    return ask({.name = name_, .offset = offset, .tag = tag});
  }

  std::size_t receive(std::span<std::byte> into) override { return reader().read_some(into); }

  std::size_t receive_file(const Fd& file, const std::string& name, std::size_t most) override {
    const std::size_t rest = reader().write_rest(file, name, most);
    return rest != 0 ? rest : server().receive_file(file, name, most);
  }

 private:
  Found ask(const lab::Request& request) {
    server().write_all(bytes_of(lab::emit(request)));
    const lab::Reply reply = lab::parse_reply(reader().read_line(lab::max_line));
    if (const auto* const refusal = std::get_if<lab::Refusal>(&reply))
      throw ProtocolError((name_.empty() ? "" : escaped_start(name_) + ": ") +
                          escaped_start(refusal->text));
    const auto& found = std::get<lab::Found>(reply);
    if (found.offset != request.offset)
      throw ProtocolError("the server answers for another offset than was asked for");
    return {found.name, found.size, found.tag};
  }

  BufferedReader& reader() {
    if (!reader_) reader_.emplace(server());
    return *reader_;
  }

  std::optional<BufferedReader> reader_;
  std::string name_;
};

}  // namespace

std::unique_ptr<RemoteFile> lab_file(Connect connect, const std::string& name) {
  return std::make_unique<LabFile>(std::move(connect), name);
}

}  // namespace netlab
