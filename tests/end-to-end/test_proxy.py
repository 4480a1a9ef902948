"""Behind a proxy: the PROXY protocol, and HAProxy itself in front of two servers."""

import shutil
import socket
import struct
import subprocess
from pathlib import Path

import pytest

from running import (MODELS, NETLAB, TIMEOUT, Server, environment, eventually, netlab, noise)

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
CONFIGURATION = Path(__file__).parents[2] / "docs/haproxy/haproxy.cfg"


def header(source, port, family=socket.AF_INET):
    addresses = socket.inet_pton(family, source) + socket.inet_pton(family, source)
    ports = struct.pack("!HH", port, 5001)
    kind = 0x11 if family == socket.AF_INET else 0x21
    return SIGNATURE + struct.pack("!BBH", 0x21, kind, len(addresses) + 4) + addresses + ports


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "served").mkdir()
    (tmp_path / "served/notes.txt").write_bytes(b"hello, world\n")
    return tmp_path


def ask(server, first, request=b"GET notes.txt 0\n"):
    """The reply to a client whose proxy sends `first`, byte by byte, before the request."""
    answer = b""
    with server.connect() as client:
        try:
            for i in range(len(first)):
                client.sendall(first[i:i + 1])
            client.sendall(request)
            client.shutdown(socket.SHUT_WR)
            while data := client.recv(65536):
                answer += data
        except OSError:
            pass  # rejected, and reset
    return answer


@pytest.mark.parametrize("model", MODELS)
def test_client_address_comes_from_the_proxy(model, directory):
    with Server("ftp", "serve", "served", "--proxy-protocol", f"--{model}", cwd=directory) as server:
        assert ask(server, header("192.0.2.7", 4660)).endswith(b"hello, world\n")
        server.out.wait_for(r"sent notes.txt to 192\.0\.2\.7:4660: 13 bytes")
        assert ask(server, header("2001:db8::1", 80, socket.AF_INET6)).startswith(b"OK 13")
        server.out.wait_for(r"sent notes.txt to \[2001:db8::1\]:80")
        assert ask(server, header("192.0.2.8", 1), b"STAT nothing\n").startswith(b"ERROR")
        server.out.wait_for(r"refused nothing to 192\.0\.2\.8:1")
        # The proxy's own connections, such as health checks.
        assert ask(server, SIGNATURE + b"\x20\x00\x00\x00", b"") == b""
        assert ask(server, b"", b"") == b""
        assert ask(server, SIGNATURE + b"\x20\x00\x00\x00").startswith(b"OK 13")
        server.out.wait_for(r"sent notes.txt to 127\.0\.0\.1")


@pytest.mark.parametrize("model", MODELS[1:])
def test_max_per_host_uses_the_address_from_the_proxy(model, directory):
    def connect_as(server, host, connections):
        client = server.connect()
        connections.append(client)
        try:
            client.sendall(header(host, 1) + b"STAT notes.txt\n")
            return client.recv(2)
        except ConnectionError:
            return b""
    with Server("ftp", "serve", "served", "--proxy-protocol", "--max-per-host", "2", f"--{model}",
                cwd=directory) as server:
        connections = []
        assert [connect_as(server, "192.0.2.7", connections) for _ in range(2)] == [b"OK", b"OK"]
        assert connect_as(server, "192.0.2.7", connections) == b""
        server.out.wait_for("rejected: this host already has 2 connections")
        assert connect_as(server, "192.0.2.8", connections) == b"OK"
        for client in connections:
            client.close()
        eventually(lambda: ask(server, header("192.0.2.7", 1)).startswith(b"OK"), "its slots are not freed")


@pytest.mark.parametrize("first, why", [
    (b"", "no PROXY header"), (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "version 1"),
    (SIGNATURE + b"\x21\x11\xff\xff", "has 65551 bytes"), (SIGNATURE + b"\x99\x11\x00\x00", "command 0x99")])
def test_missing_or_invalid_header_is_rejected(first, why, directory):
    with Server("ftp", "serve", "served", "--proxy-protocol", cwd=directory) as server:
        assert ask(server, first) == b""
        assert why in server.out.wait_for("failed")


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("first, why", [
    (b"LIST\n", "no PROXY header"), (b"PROXY UNKNOWN\r\n", "version 1")])
def test_invalid_header_is_rejected_without_waiting(first, why, model, directory):
    with Server("ftp", "serve", "served", "--proxy-protocol", f"--{model}", cwd=directory) as server:
        with server.connect() as client:
            client.sendall(first)
            assert client.recv(1) == b""
        assert why in server.out.wait_for("failed")


def reset(client):
    """Resets a connection, as HAProxy does after a health check."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


@pytest.mark.parametrize("model", MODELS)
def test_reset_health_check_is_no_failure(model, directory):
    with Server("ftp", "serve", "served", "--proxy-protocol", f"--{model}", cwd=directory) as server:
        check = server.connect()
        check.sendall(SIGNATURE + b"\x20\x00\x00\x00")
        reset(check)
        client = server.connect()
        client.sendall(header("192.0.2.7", 4660))
        reset(client)
        # Connections are handled in order, so the client's line is the last one.
        server.out.wait_for(r"client 192\.0\.2\.7:4660 failed")
    assert [line for line in server.out.text().split("\n") if "failed" in line] == [
        "client 192.0.2.7:4660 failed: receive from 192.0.2.7:4660: Connection reset by peer"]


def test_server_that_speaks_first(directory):
    with Server("guess", "serve", "--tcp", "--numbers", "6-6", "--proxy-protocol") as server:
        assert b"You win" in ask(server, header("192.0.2.7", 4660), b"6\n")
        server.out.wait_for(r"192\.0\.2\.7:4660")


def test_header_without_the_option_is_a_bad_request(directory):
    with Server("ftp", "serve", "served", cwd=directory) as server:
        assert ask(server, header("192.0.2.7", 4660)) == b""
        server.out.wait_for("unknown command")


@pytest.mark.skipif(not shutil.which("haproxy", path="/usr/sbin:/usr/bin"), reason="no haproxy here")
def test_download_survives_a_killed_backend(directory):
    content = noise(3_000_000)
    (directory / "served/big.bin").write_bytes(content)
    options = ["ftp", "serve", "served", "--proxy-protocol", "--bind", "127.0.0.1", "--limit-rate", "6M"]
    backends = [Server(*options, cwd=directory) for _ in range(2)]
    for backend in backends:
        backend.__enter__()
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    text = CONFIGURATION.read_text().replace("bind :5001", f"bind 127.0.0.1:{port}")
    for number, backend in ((5011, backends[0]), (5012, backends[1])):
        assert f"127.0.0.1:{number}" in text
        text = text.replace(f"127.0.0.1:{number}", backend.address)
    (directory / "haproxy.cfg").write_text(text)
    proxy = subprocess.Popen(["/usr/sbin/haproxy", "-db", "-f", directory / "haproxy.cfg"],
                             stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: netlab("ftp", "ls", f"127.0.0.1:{port}").status == 0, "haproxy serves")
        client = subprocess.Popen(
            [NETLAB, "ftp", "get", f"127.0.0.1:{port}", "big.bin", "--retry", "20", "--verify"],
            cwd=directory, env=environment(), stderr=subprocess.PIPE)
        part = directory / "big.bin.part"
        eventually(lambda: part.exists() and part.stat().st_size > 300_000, "the download begins")
        sending = [any("sending big.bin" in line for line in backend.out.lines) for backend in backends]
        assert sending.count(True) == 1
        killed = backends[sending.index(True)]
        other = backends[sending.index(False)]
        killed.process.kill()
        killed.process.wait()
        _, error = client.communicate(timeout=TIMEOUT)
        assert client.returncode == 0, error
        assert b"retrying" in error and b"verified" in error
        assert (directory / "big.bin").read_bytes() == content
        # Health checks are not logged; clients are logged with their own addresses.
        with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as direct:
            direct.sendall(b"STAT nothing\n")
            direct.shutdown(socket.SHUT_WR)
            with direct.makefile("rb") as answer:  # read to the end, because closing earlier would reset the connection
                assert answer.read().startswith(b"ERROR")
            other.out.wait_for(f"refused nothing to 127.0.0.1:{direct.getsockname()[1]}:")
        assert not [line for line in other.out.lines if "failed" in line]
        line = other.out.wait_for("sending big.bin")
        offset = int(line.split(" bytes from ")[1])
        assert offset >= 300_000, line
    finally:
        proxy.kill()
        proxy.wait()
        for backend in backends:
            if backend.process.poll() is None:
                backend.__exit__(None)
