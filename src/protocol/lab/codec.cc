#include "protocol/lab/codec.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/decimal.h"
#include "base/error.h"
#include "base/escape.h"

namespace netlab::lab {
namespace {

// Removes and returns the first word of `line`; empty if there is none.
std::string_view next_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

// Percent-encoding as in RFC 3986 section 2.1, except that every visible ASCII character but "%"
// and "*" is left unencoded.
bool is_unreserved(char byte) {
  return byte > ' ' && byte < 0x7f && byte != '%' && byte != '*';
}

std::string encode_name(std::string_view name) {
  if (name.empty()) return "*";
  std::string word;
  for (const char byte : name) {
    if (is_unreserved(byte))
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
  if (word.empty()) throw ProtocolError("missing name");
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

void check_offset(std::uint64_t offset, std::uint64_t size) {
  if (offset > size)
    throw ProtocolError(fmt::format("offset {} is beyond the size, {} bytes", offset, size));
}

std::string parse_tag(std::string_view word) {
  const bool printable =
      std::ranges::all_of(word, [](char byte) { return byte > ' ' && byte < 0x7f; });
  if (word.size() > max_tag || !printable)
    throw ProtocolError("bad tag \"" + escaped_start(word) + "\"");
  return std::string(word);
}

constexpr std::string_view executable_mode = "x";
constexpr std::string_view plain_mode = "-";
constexpr std::string_view sync_word = "sync";
constexpr std::string_view if_word = "if=";

bool parse_mode(std::string_view word) {
  if (word != executable_mode && word != plain_mode)
    throw ProtocolError("bad mode \"" + escaped_start(word) + "\"");
  return word == executable_mode;
}

std::string_view mode_text(bool executable) {
  return executable ? executable_mode : plain_mode;
}

using Method = Request::Method;
constexpr std::array<std::pair<Method, std::string_view>, 8> methods = {{
    {Method::get, "GET"},
    {Method::range, "RANGE"},
    {Method::stat, "STAT"},
    {Method::hash, "HASH"},
    {Method::list, "LIST"},
    {Method::put, "PUT"},
    {Method::part, "PART"},
    {Method::mkdir, "MKDIR"},
}};

Method parse_method(std::string_view word) {
  for (const auto& [method, name] : methods)
    if (name == word) return method;
  throw ProtocolError("unknown command \"" + escaped_start(word) + "\"");
}

std::string_view name_of(Method wanted) {
  for (const auto& [method, name] : methods)
    if (method == wanted) return name;
  return {};
}

using Kind = Entry::Kind;
constexpr std::array<std::pair<Kind, std::string_view>, 4> kinds = {{
    {Kind::file, "file"},
    {Kind::directory, "folder"},
    {Kind::link, "link"},
    {Kind::other, "other"},
}};

std::optional<Kind> parse_kind(std::string_view word) {
  for (const auto& [kind, name] : kinds)
    if (name == word) return kind;
  return std::nullopt;
}

std::string parse_entry_name(std::string_view word) {
  std::string name = decode_name(word);
  constexpr std::size_t longest = 255;  // NAME_MAX
  if (name.empty() || name == "." || name == ".." || name.size() > longest ||
      name.find('/') != std::string::npos || name.find('\0') != std::string::npos)
    throw ProtocolError("bad name in list: \"" + escaped_start(name) + "\"");
  return name;
}

// An option of PUT; unknown ones are ignored.
void parse_option(Request& request, std::string_view word) {
  if (word == sync_word)
    request.durable = true;
  else if (word.starts_with(if_word))
    request.tag = parse_tag(word.substr(if_word.size()));
}

// Parses the words after the name.
void parse_words(Request& request, std::string_view words) {
  switch (request.method) {
    case Method::get:
      request.offset = parse_number(next_word(words), "offset");
      request.tag = parse_tag(next_word(words));
      break;
    case Method::range:
      request.offset = parse_number(next_word(words), "offset");
      request.count = parse_number(next_word(words), "count");
      request.tag = parse_tag(next_word(words));
      break;
    case Method::hash:
      request.offset = parse_number(next_word(words), "offset");
      request.count = parse_number(next_word(words), "count");
      request.block = parse_number(next_word(words), "block");
      request.tag = parse_tag(next_word(words));
      if (request.block < min_hash_block || request.block > max_hash_block)
        throw ProtocolError(fmt::format("block size {}: must be from {} to {}", request.block,
                                        min_hash_block, max_hash_block));
      break;
    case Method::put:
      request.size = parse_number(next_word(words), "size");
      request.offset = parse_number(next_word(words), "offset");
      request.modified = parse_number(next_word(words), "time");
      request.executable = parse_mode(next_word(words));
      check_offset(request.offset, request.size);
      while (!words.empty()) parse_option(request, next_word(words));
      break;
    case Method::stat:
    case Method::list:
    case Method::part:
    case Method::mkdir:
      break;
  }
}

std::string with_tag(const std::string& text, const std::string& tag) {
  return tag.empty() ? text : text + " " + tag;
}

std::string words_of(const Request& request) {
  switch (request.method) {
    case Method::get:
      return with_tag(fmt::format(" {}", request.offset), request.tag);
    case Method::range:
      return with_tag(fmt::format(" {} {}", request.offset, request.count), request.tag);
    case Method::hash:
      return with_tag(fmt::format(" {} {} {}", request.offset, request.count, request.block),
                      request.tag);
    case Method::put:
      return fmt::format(" {} {} {} {}", request.size, request.offset, request.modified,
                         mode_text(request.executable)) +
             (request.durable ? fmt::format(" {}", sync_word) : "") +
             (request.tag.empty() ? "" : fmt::format(" {}{}", if_word, request.tag));
    case Method::stat:
    case Method::list:
    case Method::part:
    case Method::mkdir:
      break;
  }
  return {};
}

}  // namespace

Request parse_request(std::string_view line) {
  Request request;
  request.method = parse_method(next_word(line));
  request.name = decode_name(next_word(line));
  parse_words(request, line);
  return request;
}

Reply parse_reply(std::string_view line) {
  const std::string_view whole = line;
  const std::string_view status = next_word(line);
  if (status == "ERROR") {
    const std::string_view code = next_word(line);
    return ErrorReply{std::string(code), std::string(line)};
  }
  if (status != "OK") throw ProtocolError("malformed reply: \"" + escaped_start(whole) + "\"");
  FileReply found;
  found.size = parse_number(next_word(line), "size");
  found.offset = parse_number(next_word(line), "offset");
  found.tag = parse_tag(next_word(line));
  if (found.tag.empty()) throw ProtocolError("missing tag");
  found.name = decode_name(next_word(line));
  check_offset(found.offset, found.size);
  if (line.empty()) return found;
  found.modified = parse_number(next_word(line), "time");
  found.executable = parse_mode(next_word(line));
  return found;
}

Item parse_item(std::string_view line) {
  if (line == "END") return End();
  if (line.starts_with("ERROR ")) return std::get<ErrorReply>(parse_reply(line));
  const std::string_view whole = line;
  const auto kind = parse_kind(next_word(line));
  if (!kind) throw ProtocolError("malformed list entry: \"" + escaped_start(whole) + "\"");
  Entry entry{.kind = *kind};
  entry.size = parse_number(next_word(line), "size");
  entry.modified = parse_number(next_word(line), "time");
  entry.executable = parse_mode(next_word(line));
  entry.name = parse_entry_name(next_word(line));
  return entry;
}

std::string emit(const Request& request) {
  return fmt::format("{} {}{}\n", name_of(request.method), encode_name(request.name),
                     words_of(request));
}

std::string emit(const FileReply& found) {
  const std::string state =
      found.modified ? fmt::format(" {} {}", *found.modified, mode_text(found.executable)) : "";
  return fmt::format("OK {} {} {} {}{}\n", found.size, found.offset, found.tag,
                     encode_name(found.name), state);
}

std::string emit(const ErrorReply& rejection) {
  return fmt::format("ERROR {} {}\n", rejection.code, rejection.text);
}

std::string emit(const Entry& entry) {
  std::string_view kind;
  for (const auto& [each, name] : kinds)
    if (each == entry.kind) kind = name;
  return fmt::format("{} {} {} {} {}\n", kind, entry.size, entry.modified,
                     mode_text(entry.executable), encode_name(entry.name));
}

std::string emit(const End&) {
  return "END\n";
}

}  // namespace netlab::lab
