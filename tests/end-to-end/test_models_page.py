"""docs/models.md carries the same server five times, written by hand: each is compiled and must echo."""

import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# What the page leaves out: headers, and a main() that listens on any free port and prints it.
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
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 10)) return 1;
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("%%d\\n", ntohs(address.sin_port));
    fflush(stdout);
    serve(listener);
}
"""


def servers():
    """(heading, code) of each block in C."""
    page = (ROOT / "docs/models.md").read_text()
    return re.findall(r"^## ([^\n]*)\n(?:(?!^## ).)*?```c\n(.*?)```", page, re.M | re.S)


def exchange(port, message):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(message)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(4096), b""))


def test_there_are_five():
    assert [heading for heading, _ in servers()] == [
        "Iterative", "fork", "Threads", "epoll", "io_uring"]


@pytest.mark.parametrize("heading, code", servers(), ids=lambda text: text.split("\n")[0][:12])
def test_it_echoes(heading, code, tmp_path):
    uring = heading == "io_uring"
    if not shutil.which("cc"):
        pytest.skip("no C compiler")
    if uring and not Path("/usr/include/liburing.h").exists():
        pytest.skip("no liburing")
    source = tmp_path / "server.c"
    source.write_text(FRAME % ("#include <liburing.h>" if uring else "", code))
    program = tmp_path / "server"
    subprocess.run(["cc", "-Wall", "-Wextra", "-Werror", "-O1", "-pthread", source, "-o", program]
                   + (["-luring"] if uring else []), check=True)
    server = subprocess.Popen([program], stdout=subprocess.PIPE, text=True,
                              env={k: v for k, v in os.environ.items() if k != "LD_PRELOAD"})
    try:
        line = server.stdout.readline()
        for message in (b"one", b"two" * 1000):
            assert exchange(int(line), message) == message
    except ConnectionRefusedError:
        if not uring:
            raise
        pytest.skip("io_uring is forbidden here")
    finally:
        server.kill()
        server.wait()
