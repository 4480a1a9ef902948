#include "file/partial_record.h"

namespace netlab {
namespace {

constexpr std::string_view mark = "netlab partial 1\n";
constexpr std::string_view tag_line = "tag ";
constexpr std::string_view replace_line = "replace";
constexpr std::string_view holes_line = "holes";

}  // namespace

PartialRecord PartialRecord::parse(std::string_view text) {
  if (text.size() > max_size || !text.starts_with(mark) || !text.ends_with('\n')) return {};
  text.remove_prefix(mark.size());
  PartialRecord state;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() + 1);
    if (line.starts_with(tag_line))
      state.tag = line.substr(tag_line.size());
    else if (line == replace_line)
      state.replace = true;
    else if (line == holes_line)
      state.holes = true;
  }
  return state;
}

bool PartialRecord::is_ours(std::string_view text) {
  return text.substr(0, mark.size()) == mark.substr(0, text.size());
}

std::string PartialRecord::emit() const {
  std::string text(mark);
  const auto add = [&text](std::string_view line, std::string_view value = "") {
    text.append(line).append(value).append("\n");
  };
  add(tag_line, tag);
  if (replace) add(replace_line);
  if (holes) add(holes_line);
  return text;
}

}  // namespace netlab
