// A client of the file server that sends arbitrary bytes on either wire, from its first byte to its
// last.
#include <sys/stat.h>

#include "fuzz/accepted.h"
#include "fuzz/input.h"
#include "protocol/lab/codec.h"
#include "protocol/sheet/codec.h"
#include "support/served_directory.h"

namespace netlab {
namespace {

// A directory with a file of each kind. No two files have the same size.
class Served {
 public:
  explicit Served(const char* default_name) : directory_(default_name) {
    for (const std::string& text : texts_) directory_.put(std::to_string(text.size()), text);
    directory_.directory.write("secret", "must not be read");
    namespace fs = std::filesystem;
    const fs::path path = directory_.directory.path("served");
    fs::create_directory(path / "folder");
    directory_.put("folder/a b", texts_.back());
    fs::create_symlink("../secret", path / "link");
    fs::create_symlink("loop", path / "loop");
    if (mkfifo((path / "fifo").c_str(), 0600) != 0) throw SystemError("mkfifo");
  }

  // The text of the file that has this size.
  std::string_view text_of(std::uint64_t size) const {
    const auto found = std::ranges::find(texts_, size, &std::string::size);
    must(found != texts_.end(), "only served files are found");
    return *found;
  }

  struct Session {
    std::string answers;
    std::string end;  // what the server threw
    bool operator==(const Session&) const = default;
  };
  Session serve(std::string_view bytes, unsigned char max_chunk, bool silent) {
    ScriptedStream client(directory_.network);
    client.set_deadline(add_saturating(directory_.network.now(), std::chrono::minutes(5)));
    for (const std::string_view piece : pieces_of(bytes, max_chunk)) client.says(piece);
    if (silent) client.is_silent();
    directory_.log.lines.clear();
    std::string end;
    try {
      directory_.serve(client);
    } catch (const ProtocolError& error) {
      end = error.what();
    } catch (const SystemError& error) {
      end = error.what();
    }
    for (const std::string& line : directory_.log.lines)
      must(is_printable(line), "what is logged of a client is printable UTF-8");
    must(is_printable(end), "the error of a session is printable UTF-8");
    return {client.written(), end};
  }

 private:
  const std::vector<std::string> texts_ = {"", "x", "hello, world\n", std::string(5000, 'y')};
  ServedDirectory directory_;
};

// The remaining requests and replies on the lab wire.
struct Dialogue {
  const Served& served;
  std::string_view requests;
  std::string_view answers;
  bool silent;  // the client does not finish

  void check() {
    while (!requests.empty()) {
      const bool ends = requests.find('\n') != std::string_view::npos;
      const std::string_view line = take_until(requests, '\n');
      const bool is_whole = ends || line.size() > lab::max_line;
      if (!is_whole && silent) break;
      if (!check_answer(line, is_whole)) break;
    }
    must(answers.empty(), "every reply has a request");
  }

  // Returns false if this was the last request.
  bool check_answer(std::string_view line, bool is_whole) {
    must(answers.find('\n') != std::string_view::npos, "a request is answered by a line");
    const std::string_view answer = take_until(answers, '\n');
    must(is_printable(answer), "an answer is printable UTF-8");
    const lab::Reply reply = lab::parse_reply(answer);
    const auto request = accepted<ProtocolError>([&] { return lab::parse_request(line); });
    const bool is_request = request && is_whole && line.size() <= lab::max_line;
    if (const auto* const error = std::get_if<lab::ErrorReply>(&reply)) {
      must((error->code == lab::bad_request) != is_request,
           "only an invalid request gets bad-request");
      return is_request && skip_upload(*request);
    }
    must(is_request, "an invalid request is rejected");
    check_found(*request, std::get<lab::FileReply>(reply));
    return true;
  }

  void check_found(const lab::Request& request, const lab::FileReply& found) {
    must(found.offset == request.offset, "the offset is the one that was asked for");
    must(request.tag.empty() || request.tag == found.tag, "the tag is the one that was asked for");
    if (request.method == lab::Request::Method::list) return check_list();
    const std::string_view rest = served.text_of(found.size).substr(found.offset);
    if (request.method == lab::Request::Method::get)
      check_bytes(rest);
    else if (request.method == lab::Request::Method::range)
      check_bytes(rest.substr(0, request.count));
    else if (request.method == lab::Request::Method::hash)
      check_hashes(std::min<std::uint64_t>(rest.size(), request.count), request.block);
    else
      must(request.method == lab::Request::Method::stat, "nothing can be changed");
  }

  void check_bytes(std::string_view expected) {
    must(answers.starts_with(expected), "the bytes are the file's");
    answers.remove_prefix(expected.size());
  }

  void check_hashes(std::uint64_t count, std::uint64_t block) {
    for (std::uint64_t at = 0; at < count; at += block)
      must(take_until(answers, '\n').size() == 32, "a block has a hash");
  }

  void check_list() {
    for (;;) {
      const lab::Item item = lab::parse_item(take_until(answers, '\n'));
      if (std::holds_alternative<lab::End>(item)) return;
      must(std::holds_alternative<Entry>(item), "a list has entries");
    }
  }

  // Skips the bytes that follow a PUT, which are no requests. Returns false if this was the last
  // request.
  bool skip_upload(const lab::Request& request) {
    constexpr std::uint64_t max_skipped = 1024 * 1024;
    if (request.method != lab::Request::Method::put) return true;
    if (request.rest() > max_skipped || request.rest() > requests.size()) return false;
    requests.remove_prefix(request.rest());
    return true;
  }
};

// What the sheet's server sends; nothing if it rejects the request.
std::optional<std::string_view> sheet_answer(std::string_view request, std::string_view text) {
  const auto command = accepted<ProtocolError>(
      [&] { return sheet::parse_command(request.substr(0, sheet::command_size)); });
  if (!command) return std::nullopt;
  if (command == sheet::Command::whole) return text;
  const std::string_view field = request.substr(sheet::command_size, sheet::offset_size);
  const auto offset = accepted<ProtocolError>([&] { return sheet::parse_offset(field); });
  if (!offset || field.size() < sheet::offset_size || *offset > text.size()) return std::nullopt;
  return text.substr(*offset);
}

void check_sheet(const Served::Session& session, std::optional<std::string_view> answer) {
  must(session.answers == answer.value_or(""), "the bytes are the file's from the offset on");
  must(session.end.empty() == answer.has_value(), "a session without an answer has failed");
}

void check_session(std::string_view input) {
  static Served nameless("");
  static Served with_default("13");
  const unsigned char flags = take_byte(input);
  const unsigned char max_chunk = take_byte(input);
  Served& served = flags & 1 ? with_default : nameless;
  const bool silent = flags & 2;
  const Served::Session session = served.serve(input, max_chunk, silent);
  must(session == served.serve(input, 0, silent), "pieces are answered as the whole is");
  if (!input.empty() && input[0] >= 'A' && input[0] <= 'Z')
    Dialogue{served, input, session.answers, silent}.check();
  else if (&served == &with_default && !input.empty())
    check_sheet(session, sheet_answer(input, served.text_of(13)));
  else
    must(session.answers.empty(), "a server without a default file sends nothing");
}

}  // namespace
}  // namespace netlab

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  netlab::check_session(netlab::text_of(data, size));
  return 0;
}
