#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>

#include "cli/command.h"

namespace netlab {
namespace {

constexpr Command rows[] = {
    {"completion", "print a shell completion script", "netlab completion bash", completion},
    {"demo", "interrupt a download and resume it, in one process", "netlab demo", demo},
    {"ftp get", "download a file, or resume a partial download",
     "netlab ftp get localhost notes.txt", ftp_get},
    {"ftp ls", "list a directory on the server", "netlab ftp ls localhost", ftp_ls},
    {"ftp put", "upload files", "netlab ftp put localhost notes.txt", ftp_put},
    {"ftp serve", "serve a directory or a single file", "netlab ftp serve . --fork", ftp_serve},
    {"guess play", "guess the server's secret", "netlab guess play localhost", guess_play},
    {"guess serve", "serve a game: players guess a number or a person",
     "netlab guess serve --numbers 1-6", guess_serve},
    {"impair tcp", "proxy TCP connections through a simulated bad network",
     "netlab impair tcp 9000 localhost:5001 --cut-after 100K", impair_tcp},
    {"impair udp", "proxy UDP datagrams through a simulated bad network",
     "netlab impair udp 9000 localhost:8888 --loss 10% --delay 40ms", impair_udp},
    {"sweep arq", "measure the three ARQ strategies under packet loss",
     "netlab sweep arq --loss 0,1,5,20% --delay 20ms -o figure.svg", sweep_arq},
    {"tcp send", "send a message and print the reply", "netlab tcp send localhost \"hello\"",
     tcp_send},
    {"tcp serve", "receive a message from each client and reply",
     "netlab tcp serve --reply \"hello yourself\"", tcp_serve},
    {"udp echo", "echo every datagram back to its sender", "netlab udp echo -p 8888", udp_echo},
    {"udp send", "send datagrams and print the replies", "netlab udp send localhost \"hello\"",
     udp_send},
};

struct Group {
  std::string_view name;
  std::string_view summary;
};

constexpr Group groups[] = {
    {"ftp", "transfer files: download, upload, list, serve"},
    {"guess", "play or serve a guessing game over UDP or TCP"},
    {"impair", "simulate loss, delay and disconnects between a client and a server"},
    {"sweep", "measure the reliable transport in a simulated network"},
    {"tcp", "exchange messages over TCP"},
    {"udp", "exchange datagrams over UDP"},
};

constexpr const Group* group_named(std::string_view name) {
  const auto* const row = std::ranges::find(groups, name, &Group::name);
  return row == std::end(groups) ? nullptr : row;
}

static_assert(std::ranges::all_of(
                  rows,
                  [](std::string_view name) {
                    const std::size_t space = name.find(' ');
                    return space == name.npos || group_named(name.substr(0, space));
                  },
                  &Command::name),
              "a group of commands has no row in `groups`");

}  // namespace

std::string_view group_summary(std::string_view group) {
  const Group* const row = group_named(group);
  if (!row) throw std::invalid_argument("no group of commands: " + std::string(group));
  return row->summary;
}

std::span<const Command> commands() {
  return rows;
}

}  // namespace netlab
