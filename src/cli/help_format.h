// The layout of --help: two columns, wrapped to 80 columns.
#pragma once

namespace CLI {
class App;
}

namespace netlab {

// Sets the layout of the app, and of the subcommands that are added to it from now on.
void set_help_format(CLI::App& app);

}  // namespace netlab
