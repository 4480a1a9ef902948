#include "protocol/lab_codec.h"

#include <fmt/core.h>

#include <algorithm>

#include "protocol/decimal.h"
#include "protocol/escape.h"
#include "socket/error.h"

namespace netlab::lab {
namespace {

// Takes the next word of a line off its front; empty when there is none.
std::string_view next_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

// RFC 3986 section 2.1, with every visible ASCII character but "%" and "*" allowed to stand for
// itself.
bool stands_for_itself(char byte) {
  return byte > ' ' && byte < 0x7f && byte != '%' && byte != '*';
}

std::string encode_name(std::string_view name) {
  if (name.empty()) return "*";
  std::string word;
  for (const char byte : name) {
    if (stands_for_itself(byte))
      word += byte;
    else
      word += fmt::format("%{:02X}", static_cast<unsigned char>(byte));
  }
  return word;
}

int hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

std::string decode_name(std::string_view word) {
  if (word == "*") return {};
  if (word.empty()) throw ProtocolError("a name is missing");
  std::string name;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] != '%') {
      name += word[i];
      continue;
    }
    const int high = i + 2 < word.size() ? hex_digit(word[i + 1]) : -1;
    const int low = i + 2 < word.size() ? hex_digit(word[i + 2]) : -1;
    if (high < 0 || low < 0) throw ProtocolError("bad name \"" + escaped_start(word) + "\"");
    name += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return name;
}

std::uint64_t parse_number(std::string_view word, const char* what) {
  const auto number = parse_decimal(word);
  if (!number) throw ProtocolError(std::string("bad ") + what + " \"" + escaped_start(word) + "\"");
  return *number;
}

std::string parse_tag(std::string_view word) {
  const bool printable =
      std::ranges::all_of(word, [](char byte) { return byte > ' ' && byte < 0x7f; });
  if (word.size() > max_tag || !printable)
    throw ProtocolError("bad tag \"" + escaped_start(word) + "\"");
  return std::string(word);
}

}  // namespace

Request parse_request(std::string_view line) {
  const std::string_view method = next_word(line);
  Request request;
  if (method == "GET")
    request.method = Request::Method::get;
  else if (method == "STAT")
    request.method = Request::Method::stat;
  else
    throw ProtocolError("unknown command \"" + escaped_start(method) + "\"");
  request.name = decode_name(next_word(line));
  if (request.method == Request::Method::get) {
    request.offset = parse_number(next_word(line), "offset");
    request.tag = parse_tag(next_word(line));
  }
  return request;
}

Reply parse_reply(std::string_view line) {
  const std::string_view whole = line;
  const std::string_view status = next_word(line);
  if (status == "ERROR") {
    const std::string_view code = next_word(line);
    return Refusal{std::string(code), std::string(line)};
  }
  if (status != "OK") throw ProtocolError("not an answer: \"" + escaped_start(whole) + "\"");
  Found found;
  found.size = parse_number(next_word(line), "size");
  found.offset = parse_number(next_word(line), "offset");
  found.tag = parse_tag(next_word(line));
  if (found.tag.empty()) throw ProtocolError("a tag is missing");
  found.name = decode_name(next_word(line));
  if (found.offset > found.size) throw ProtocolError("an offset beyond the size");
  return found;
}

std::string emit(const Request& request) {
  if (request.method == Request::Method::stat) return "STAT " + encode_name(request.name) + "\n";
  return fmt::format("GET {} {}{}{}\n", encode_name(request.name), request.offset,
                     request.tag.empty() ? "" : " ", request.tag);
}

std::string emit(const Found& found) {
  return fmt::format("OK {} {} {} {}\n", found.size, found.offset, found.tag,
                     encode_name(found.name));
}

std::string emit(const Refusal& refusal) {
  return fmt::format("ERROR {} {}\n", refusal.code, refusal.text);
}

}  // namespace netlab::lab
