"""tcp serve and tcp send: the first lab sheet."""

import json
import os
import pty
import socket
import subprocess
import threading

import pytest

from running import (MODELS, NETLAB, TIMEOUT, Lines, Server, environment, eventually, netlab, noise, read_all,
                     read_exactly, tcp_server_of)


@pytest.mark.parametrize("model", MODELS)
def test_message_and_reply(model):
    with Server("tcp", "serve", "--reply", "hello yourself", "--" + model) as server:
        answer = netlab("tcp", "send", server.address, "hello")
        assert (answer.status, answer.out) == (0, b"hello yourself"), answer
        server.out.wait_for(r"^handling client 127\.0\.0\.1:\d+$")
        server.out.wait_for(r"^received 5 bytes from 127\.0\.0\.1:\d+: hello$")
        server.out.wait_for(r"^sent 14 bytes to 127\.0\.0\.1:\d+: hello yourself$")


@pytest.mark.parametrize("model", MODELS)
def test_echo_of_any_size_and_half_close(model):
    message = noise(300_000)
    with Server("tcp", "serve", "--echo", "--" + model) as server:
        answer = netlab("tcp", "send", server.address, input=message)
        assert answer.status == 0 and answer.out == message, answer
        with server.connect() as client:
            client.sendall(b"first")
            assert read_exactly(client, 5) == b"first"
            client.sendall(b"last")
            client.shutdown(socket.SHUT_WR)
            assert read_all(client) == b"last"


def test_message_larger_than_any_buffer():
    message = noise(200_000)
    with Server("tcp", "serve", "--reply", "ok", "--json") as server:
        assert netlab("tcp", "send", server.address, input=message).out == b"ok"
        assert json.loads(server.out.wait_for("received"))["bytes"] == 200_000


def test_client_without_half_close_gets_its_reply():
    with Server("tcp", "serve", "--reply", "answer") as server, server.connect() as client:
        client.sendall(b"no end, no line, no FIN")
        assert read_all(client) == b"answer"


def test_pieces_of_a_message_are_joined():
    with Server("tcp", "serve", "--reply", "x") as server, server.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (b"one ", b"two ", b"three"):
            client.sendall(piece)
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == b"x"
        server.out.wait_for("received 13 bytes .*: one two three$")


def test_replies_from_standard_input():
    with Server("tcp", "serve", stdin=subprocess.PIPE) as server:
        server.process.stdin.write(b"first answer\nsecond answer\n")
        server.process.stdin.close()
        assert netlab("tcp", "send", server.address, "a").out == b"first answer"
        assert netlab("tcp", "send", server.address, "b").out == b"second answer"
        assert netlab("tcp", "send", server.address, "c").out == b""


def test_prompts_at_both_ends():
    ours, theirs = pty.openpty()
    with Server("tcp", "serve", stdin=theirs) as server:
        client_ours, client_theirs = pty.openpty()
        client = subprocess.Popen([NETLAB, "tcp", "send", server.address], stdin=client_theirs,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
        Lines(client.stderr).wait_for("ENTER MESSAGE FOR SERVER")
        os.write(client_ours, b"typed by a person\n")
        server.out.wait_for("received 17 bytes .*: typed by a person$")
        server.err.wait_for("ENTER MESSAGE FOR CLIENT")
        os.write(ours, b"and answered by another\n")
        assert client.communicate(timeout=TIMEOUT)[0] == b"and answered by another"
    for fd in (ours, theirs, client_ours, client_theirs):
        os.close(fd)


def test_received_bytes_are_escaped_on_a_terminal():
    ours, theirs = pty.openpty()
    def answer(client):
        read_all(client)
        client.sendall(b"\x1b[2Jcleared\x07\n")
    port = tcp_server_of(answer)
    subprocess.run([NETLAB, "tcp", "send", f"127.0.0.1:{port}", "x"], stdout=theirs, check=True,
                   stdin=subprocess.DEVNULL, env=environment(), timeout=TIMEOUT)
    shown = os.read(ours, 1000)
    assert shown == b"\\x1b[2Jcleared\\x07\r\n"
    os.close(ours)
    os.close(theirs)


def test_server_escapes_control_bytes():
    with Server("tcp", "serve", "--reply", "x") as server:
        netlab("tcp", "send", server.address, input=b"\x1b[31mred\nline\xff")
        server.out.wait_for(r": \\x1b\[31mred\\nline\\xff$")


def test_connection_refused():
    gone = socket.create_server(("127.0.0.1", 0))
    port = gone.getsockname()[1]
    gone.close()
    failed = netlab("tcp", "send", f"127.0.0.1:{port}", "x")
    assert failed.status == 1 and failed.out == b""
    assert failed.err == f"netlab tcp send: connect 127.0.0.1:{port}: Connection refused\n"


def test_silent_server_times_out():
    over = threading.Event()
    port = tcp_server_of(lambda peer: over.wait(TIMEOUT))
    failed = netlab("tcp", "send", f"127.0.0.1:{port}", "x", "--timeout", "0.2")
    over.set()
    assert failed.status == 1 and "Connection timed out" in failed.err, failed


def test_once_ends_with_the_outcome_of_its_client():
    with Server("tcp", "serve", "--reply", "x", "--once") as server:
        netlab("tcp", "send", server.address, "y")
        assert server.process.wait(TIMEOUT) == 0
    with Server("tcp", "serve", "--echo", "--once", "--idle-timeout", "0.1", status=1) as server:
        with server.connect():
            assert server.process.wait(TIMEOUT) == 1
        server.out.wait_for("failed: .*timed out")


def test_ipv6_and_host_names():
    with Server("tcp", "serve", "--reply", "six") as server:
        try:
            socket.create_connection(("::1", server.port), timeout=TIMEOUT).close()
        except OSError:
            pytest.skip("no IPv6 here")
        assert netlab("tcp", "send", f"[::1]:{server.port}", "x").out == b"six"
        assert netlab("tcp", "send", f"localhost:{server.port}", "x").out == b"six"


def test_server_that_finishes_first_still_receives_everything():
    taken = []

    def take(client):
        client.shutdown(socket.SHUT_WR)
        taken.append(read_all(client))
    server = tcp_server_of(take)
    assert netlab("tcp", "send", f"127.0.0.1:{server}", input=b"x" * 1_000_000).status == 0
    eventually(lambda: taken, "the server is still reading")
    assert len(taken[0]) == 1_000_000


def test_unreadable_input_is_reported_at_once(tmp_path):
    with Server("tcp", "serve", "--echo", "-q") as server:
        done = subprocess.run([NETLAB, "tcp", "send", server.address], stdin=os.open(tmp_path, os.O_RDONLY),
                              capture_output=True, text=True, timeout=TIMEOUT / 4, env=environment())
    assert done.returncode == 1
    assert done.stderr == "netlab tcp send: read standard input: Is a directory\n"


def test_nonblocking_standard_output_gets_everything():
    """O_NONBLOCK belongs to the open file description: a process that shares the pipe may have set it."""
    def talk(client):
        read_all(client)
        client.sendall(b"x" * 1_000_000)
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    client = subprocess.Popen([NETLAB, "tcp", "send", f"127.0.0.1:{tcp_server_of(talk)}", "x"],
                              stdout=writable, env=environment())
    os.close(writable)
    with open(readable, "rb") as pipe:
        assert len(pipe.read()) == 1_000_000
    assert client.wait(TIMEOUT) == 0
