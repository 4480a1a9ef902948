// HelpFormat is the layout of --help: two columns, wrapped to 80 columns.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace netlab {

class HelpFormat : public CLI::Formatter {
 public:
  HelpFormat();

  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;
  std::string make_subcommand(const CLI::App* app) const override;

 private:
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
};

}  // namespace netlab
