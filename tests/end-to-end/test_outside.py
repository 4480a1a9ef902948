"""Interoperability with third-party programs: ncat, socat, nc, curl, and Python's sockets."""

import http.server
import shutil
import socket
import subprocess
import threading

import pytest

from running import (MODELS, PRELOAD, TIMEOUT, Server, free_port, netlab, noise, read_all,
                     tcp_server_of, wait_until_listening)

CONTENT = noise(20_000 if PRELOAD else 500_000)

# Each sends its standard input and prints what it receives.
CLIENTS = {
    "ncat": ["ncat", "127.0.0.1", "{port}"],
    "socat": ["socat", "-t", "10", "-", "TCP4:127.0.0.1:{port}"],
    "nc.openbsd": ["nc.openbsd", "-N", "127.0.0.1", "{port}"],
    "curl": ["curl", "-s", "-m", "20", "telnet://127.0.0.1:{port}"],
}
# Echo servers. (ncat --sh-exec cat loses bytes in flight when its peer finishes first.)
ECHOES = {"socat": ["socat", "TCP4-LISTEN:{port},bind=127.0.0.1,reuseaddr", "EXEC:cat"]}


def words(table, program, port):
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    return [word.format(port=port) for word in table[program]]


def run(command, message):
    done = subprocess.run(command, input=message, capture_output=True, timeout=TIMEOUT)
    if lacks_protocol(done.stderr):
        pytest.skip(done.stderr.decode(errors="replace").strip())
    return done


def lacks_protocol(stderr):
    """curl may be built without telnet."""
    return b"not supported" in stderr


@pytest.mark.parametrize("program", CLIENTS)
@pytest.mark.parametrize("model", MODELS)
def test_client_receives_the_reply(program, model):
    with Server("tcp", "serve", "--reply", "hello yourself", "--" + model) as server:
        done = run(words(CLIENTS, program, server.port), b"hello")
        assert done.stdout == b"hello yourself", done
        server.out.wait_for(r"received 5 bytes from 127\.0\.0\.1:\d+: hello$")


@pytest.mark.parametrize("program", ["ncat", "socat", "nc.openbsd"])  # curl does not half-close
def test_client_receives_its_echo(program):
    with Server("tcp", "serve", "--echo") as server:
        assert run(words(CLIENTS, program, server.port), CONTENT).stdout == CONTENT
        server.out.wait_for(f"echoed {len(CONTENT)} bytes")


@pytest.mark.parametrize("program", ["ncat", "socat", "nc.openbsd"])
def test_client_speaks_both_wires_by_hand(program, tmp_path):
    (tmp_path / "file").write_bytes(CONTENT)
    with Server("ftp", "serve", "file", cwd=tmp_path) as server:
        command = words(CLIENTS, program, server.port)
        line, content = run(command, b"GET file 100\n").stdout.split(b"\n", 1)
        assert line.startswith(b"OK %d 100 " % len(CONTENT)) and content == CONTENT[100:]
        assert run(command, b"0\0").stdout == CONTENT
        assert run(command, b"1\0" + b"100".ljust(10, b"\0")).stdout == CONTENT[100:]


@pytest.mark.parametrize("program", ECHOES)
def test_echo_from_a_server(program):
    port = free_port()
    server = subprocess.Popen(words(ECHOES, program, port))
    try:
        wait_until_listening(port)
        done = netlab("tcp", "send", f"127.0.0.1:{port}", input=CONTENT)
        assert (done.status, done.out) == (0, CONTENT), done
    finally:
        server.kill()
        server.wait()


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(CONTENT)

    def log_message(self, *_):
        pass


def test_python_web_server():
    with http.server.HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        done = netlab("tcp", "send", f"127.0.0.1:{server.server_port}",
                      input=b"GET / HTTP/1.0\r\n\r\n")
    head, content = done.out.split(b"\r\n\r\n", 1)
    assert done.status == 0 and head.startswith(b"HTTP/1.0 200 OK") and content == CONTENT


def test_lab_wire_server_written_from_the_docs():
    """docs/protocols.md implemented in Python: netlab's client must send GET, then STAT."""
    asked = []

    def answer(client):
        for line in client.makefile("rb"):
            method, name, *rest = line.decode().split()
            asked.append(method)
            assert name == "a%20file"
            offset = int(rest[0]) if method == "GET" else 0
            client.sendall(b"OK %d %d the-tag a%%20file\n" % (len(CONTENT), offset))
            if method == "GET":
                client.sendall(CONTENT[offset:])

    port = tcp_server_of(answer)
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "a file", "-o", "-")
    assert (done.status, done.out) == (0, CONTENT), done
    assert asked == ["GET", "STAT"]


def test_urgent_byte_ends_nothing():
    """MSG_OOB, which Telnet clients send, must not end a connection."""
    with Server("tcp", "serve", "--echo") as server, server.connect() as client:
        client.sendall(b"before")
        client.send(b"!", socket.MSG_OOB)
        client.sendall(b"after")
        client.shutdown(socket.SHUT_WR)
        assert read_all(client).replace(b"!", b"") == b"beforeafter"
