#include <fmt/core.h>

#include "protocol/escape.h"
#include "protocol/file_server.h"
#include "protocol/lab_codec.h"
#include "protocol/linger.h"
#include "socket/bytes.h"
#include "socket/error.h"

namespace netlab {
namespace {

std::string_view code_of(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
      return lab::no_such_file;
    case EISDIR:
    case EINVAL:
    case ENXIO:
      return lab::not_a_file;
    case EXDEV:  // leads out of the folder
    case ELOOP:
    case EACCES:
    case EPERM:
      return lab::not_allowed;
    default:
      return lab::failed;
  }
}

// For the client's eyes: what the kernel's words mean here.
std::string reason_of(int error) {
  if (error == EXDEV) return "leads out of the folder";
  if (error == EINVAL || error == ENXIO) return "Not a regular file";
  return std::generic_category().message(error);
}

class LabSession {
 public:
  LabSession(const FileService& service, BufferedReader& reader, Stream& client, Network& network)
      : service_(service), reader_(reader), client_(client), network_(network) {}

  void serve() {
    while (reader_.peek() >= 0) {
      client_.set_deadline(later(network_.now(), service_.request_timeout));
      answer(read_request());
      client_.set_deadline(later(network_.now(), service_.idle_timeout));
    }
  }

 private:
  lab::Request read_request() {
    try {
      return lab::parse_request(reader_.read_line(lab::max_line));
    } catch (const ProtocolError& error) {
      // Where the next request would begin is not known: this was the last answer.
      write(lab::emit(lab::Refusal{std::string(lab::bad_request), error.what()}));
      linger(client_, network_);
      throw;
    }
  }

  void answer(const lab::Request& request) {
    if (request.name.empty() && service_.share.default_name().empty()) {
      refuse(request, lab::no_such_file, "no file is offered to whom names none");
      return;
    }
    SharedFile file;
    try {
      file = service_.share.open(request.name);
    } catch (const SystemError& error) {
      refuse(request, code_of(error.error()), reason_of(error.error()));
      return;
    }
    if (!request.tag.empty() && request.tag != file.state.tag) {
      refuse(request, lab::changed, "has changed");
    } else if (request.offset > file.state.size) {
      refuse(request, lab::bad_offset,
             fmt::format("offset {} is beyond its end at {}", request.offset, file.state.size));
    } else {
      write(lab::emit(lab::Found{file.state.size, request.offset, file.state.tag, file.name}));
      if (request.method == lab::Request::Method::get)
        send_rest(service_, file, request.offset, client_, network_);
    }
  }

  void refuse(const lab::Request& request, std::string_view code, const std::string& reason) {
    const std::string name = escaped_start(request.name.empty() ? "*" : request.name);
    write(lab::emit(lab::Refusal{std::string(code), reason}));
    const std::string peer = client_.peer().text();
    if (service_.tell)
      service_.tell({"refused",
                     fmt::format("refused {} to {}: {}", name, peer, reason),
                     {{"client", peer}, {"name", name}, {"code", std::string(code)}}});
  }

  void write(const std::string& line) { client_.write_all(bytes_of(line)); }

  const FileService& service_;
  BufferedReader& reader_;
  Stream& client_;
  Network& network_;
};

}  // namespace

void serve_lab(const FileService& service, BufferedReader& reader, Stream& client,
               Network& network) {
  LabSession(service, reader, client, network).serve();
}

}  // namespace netlab
