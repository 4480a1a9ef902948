"""Compiles the C servers that docs/models.md shows."""

import re
import subprocess
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs/models.md"

# The parts that the page omits: headers, and a main() that listens on a free port and prints it.
FRAME = """
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
%s
static void send_all(int fd, const char *bytes, ssize_t left) {
    for (ssize_t sent; left > 0; bytes += sent, left -= sent)
        if ((sent = send(fd, bytes, left, MSG_NOSIGNAL)) <= 0) return;
}
void serve(int listener);
%s
int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    (void)send_all;
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, SOMAXCONN)) return 1;
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("%%d\\n", ntohs(address.sin_port));
    fflush(stdout);
    serve(listener);
}
"""


def servers():
    """(heading, code) of each C block."""
    return re.findall(r"^## ([^\n]*)\n(?:(?!^## ).)*?```c\n(.*?)```", PAGE.read_text(),
                      re.M | re.S)


def compile_server(heading, code, directory, optimization="-O2"):
    """Returns a program that prints its port and serves."""
    uring = heading == "io_uring"
    source = Path(directory) / "server.c"
    program = Path(directory) / f"server-{heading}"
    source.write_text(FRAME % ("#include <liburing.h>" if uring else "", code))
    subprocess.run(["cc", "-Wall", "-Wextra", "-Werror", optimization, "-pthread", source, "-o", program]
                   + (["-luring"] if uring else []), check=True)
    return program
