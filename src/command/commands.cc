#include "cli/command.h"

namespace netlab {
namespace {

constexpr Command rows[] = {
    {"completion", "print the completions for a shell", "netlab completion bash", completion},
    {"demo", "a download is broken off and resumed: server and client in one process",
     "netlab demo", demo},
    {"ftp get", "fetch a file, or the rest of one", "netlab ftp get localhost notes.txt", ftp_get},
    {"ftp ls", "list a folder of the server", "netlab ftp ls localhost", ftp_ls},
    {"ftp put", "send files to a server that takes them", "netlab ftp put localhost notes.txt",
     ftp_put},
    {"ftp serve", "serve the files of a folder, or one file", "netlab ftp serve . --fork",
     ftp_serve},
    {"guess play", "guess what the server thinks of", "netlab guess play localhost", guess_play},
    {"guess serve", "think of a number or a person, and let players guess",
     "netlab guess serve --numbers 1-6", guess_serve},
    {"impair tcp", "a bad network for connections, between any client and any server",
     "netlab impair tcp 9000 localhost:5001 --cut-after 100K", impair_tcp},
    {"impair udp", "a bad network for datagrams, between any client and any server",
     "netlab impair udp 9000 localhost:8888 --loss 10% --delay 40ms", impair_udp},
    {"sweep arq", "measure the three strategies of repeat requests against loss",
     "netlab sweep arq --loss 0,1,5,20% --delay 20ms -o figure.svg", sweep_arq},
    {"tcp send", "send a message and print the answer", "netlab tcp send localhost \"hello\"",
     tcp_send},
    {"tcp serve", "take a message from each client and answer it",
     "netlab tcp serve --reply \"hello yourself\"", tcp_serve},
    {"udp echo", "answer every datagram with itself", "netlab udp echo -p 8888", udp_echo},
    {"udp send", "send datagrams, and print what each is answered with",
     "netlab udp send localhost \"hello\"", udp_send},
};

}  // namespace

std::span<const Command> commands() {
  return rows;
}

}  // namespace netlab
