"""docs/models.md shows the same server in five models: each is compiled and must echo."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from models_page import compile_server, servers


def exchange(port, message):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(message)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(4096), b""))


def test_page_shows_five_models():
    assert [heading for heading, _ in servers()] == [
        "Iterative", "fork", "Threads", "epoll", "io_uring"]


@pytest.mark.parametrize("heading, code", servers(), ids=lambda text: text.split("\n")[0][:12])
def test_server_echoes(heading, code, tmp_path):
    uring = heading == "io_uring"
    if not shutil.which("cc"):
        pytest.skip("no C compiler")
    if uring and not Path("/usr/include/liburing.h").exists():
        pytest.skip("no liburing")
    server = subprocess.Popen([compile_server(heading, code, tmp_path, "-O1")], stdout=subprocess.PIPE, text=True,
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
