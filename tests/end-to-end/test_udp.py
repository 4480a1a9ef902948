"""udp echo and udp send: the UDP half of the second lab sheet."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading

import pytest

from running import (NETLAB, TIMEOUT, Lines, Server, environment, eventually, netlab, noise, peer,
                     wait_until_bound)


def udp_socket(family=socket.AF_INET, ttl=None):
    client = socket.socket(family, socket.SOCK_DGRAM)
    client.settimeout(TIMEOUT)
    if ttl:
        client.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
    return client


def free_udp_port():
    with udp_socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture
def server():
    with Server("udp", "echo") as running:
        yield running


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1"])
@pytest.mark.parametrize("size", [0, 1, 1472, 65507])
def test_echo_comes_from_the_address_of_the_request(host, size, server):
    message = noise(size)
    with udp_socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as client:
        client.sendto(message, (host, server.port))
        answer, sender = client.recvfrom(65536)
    assert answer == message and sender[:2] == (host, server.port)


def test_log_line_for_each_datagram(server):
    with udp_socket() as client:
        client.sendto(b"hello\x1b[2J\xff", ("127.0.0.1", server.port))
        port = client.getsockname()[1]
        client.recv(100)
    server.out.wait_for(rf"^received 10 bytes from 127\.0\.0\.1:{port}: hello\\x1b\[2J\\xff$")


def test_quiet_and_json():
    with Server("udp", "echo", "-q") as quiet, Server("udp", "echo", "--json") as jsonic:
        for server in (quiet, jsonic):
            assert netlab("udp", "send", server.address, "x").out == b"x\n"
        event = json.loads(jsonic.out.wait_for('"received"'))
        assert (event["bytes"], event["text"]) == (1, "x")
    assert [line for line in quiet.out.lines if "listening" not in line] == []


def test_many_clients_with_a_socket_per_core():
    with Server("udp", "echo", "-q", "--threads") as server:
        clients = [udp_socket() for _ in range(50)]
        for number, client in enumerate(clients):
            client.sendto(b"%d" % number, ("127.0.0.1", server.port))
        assert [client.recv(100) for client in clients] == [b"%d" % n for n in range(50)]
        for client in clients:
            client.close()


@pytest.mark.parametrize("words", [[], ["--threads"]])
def test_port_in_use(words):
    with Server("udp", "echo", "--threads") as server:
        done = netlab("udp", "echo", "-p", server.port, "--once", *words)
        assert done.status == 1 and "Address already in use" in done.err, done


def test_once_and_port_file(tmp_path):
    with Server("udp", "echo", "--once", "--port-file", "port", cwd=tmp_path) as server:
        eventually((tmp_path / "port").exists, "no port file")
        assert (tmp_path / "port").read_text() == f"{server.port}\n"
        assert netlab("udp", "send", server.address, "x").out == b"x\n"
        assert server.process.wait(TIMEOUT) == 0


def test_full_receive_buffer_drops_and_counts(server):
    with udp_socket() as client:
        server.process.send_signal(signal.SIGSTOP)
        for _ in range(20_000):
            client.sendto(b"x" * 100, ("127.0.0.1", server.port))
        server.process.send_signal(signal.SIGCONT)
        answers = 0
        client.settimeout(0.5)
        while True:  # until silence: the client's own buffer drops datagrams as well
            try:
                client.recv(200)
                answers += 1
            except TimeoutError:
                break
        assert 0 < answers < 20_000
        client.settimeout(TIMEOUT)
        client.sendto(b"still there", ("127.0.0.1", server.port))
        assert client.recv(100) == b"still there"
        server.process.send_signal(signal.SIGTERM)
        server.out.wait_for(r"^dropped [1-9]\d* incoming and 0 outgoing datagrams: socket buffer full")


def test_replies_are_not_answered(server):
    """A datagram with a TTL of 32 or less is a reply of another server."""
    with udp_socket(ttl=32) as reflector, udp_socket(ttl=33) as client:
        reflector.sendto(b"an answer", ("127.0.0.1", server.port))
        client.sendto(b"a question", ("127.0.0.1", server.port))
        assert client.recv(100) == b"a question"
        server.out.wait_for("no reply to .*: it is the reply of another server")
        reflector.setblocking(False)
        with pytest.raises(BlockingIOError):
            reflector.recv(100)


LOOP = r"""
import re, socket, struct, subprocess, sys, time
servers = [subprocess.Popen([sys.argv[1], "udp", "echo", "-p", "0", "--bind", "127.0.0.1"],
                            stdout=subprocess.PIPE, text=True) for _ in range(2)]
ports = [int(re.search(r":(\d+) ", server.stdout.readline())[1]) for server in servers]
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
raw.sendto(struct.pack("!HHHH", ports[1], ports[0], 8 + 4, 0) + b"loop", ("127.0.0.1", 0))
seen = [servers[0].stdout.readline(), servers[1].stdout.readline()]
time_is_up = time.monotonic() + 1
while time.monotonic() < time_is_up:
    pass
for server in servers:
    server.terminate()
print("".join(seen + [line for server in servers for line in server.stdout]), end="")
"""


def test_two_servers_do_not_loop(tmp_path):
    """One forged datagram causes at most two datagrams, and no loop, within a second."""
    own_network = ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    if not shutil.which("ip") or subprocess.run([*own_network, "true"]).returncode != 0:
        pytest.skip("no network namespace here")
    done = subprocess.run([*own_network, sys.executable, "-c", LOOP, NETLAB], capture_output=True,
                          text=True, timeout=TIMEOUT, env=environment())
    lines = done.stdout.splitlines()
    assert len(lines) == 2 and "received 4 bytes" in lines[0], done
    assert "it is the reply of another server" in lines[1], done


def test_the_sheets_client(server, tmp_path):
    client = peer("client_udp", tmp_path)
    done = subprocess.run([client, "127.0.0.1", str(server.port)], input=b"hello\nand bye\n",
                          capture_output=True, timeout=TIMEOUT)
    assert done.stdout == b"Enter message : hello\nEnter message : and bye\nEnter message : "


def test_the_sheets_server(tmp_path):
    program, port = peer("server_udp", tmp_path), free_udp_port()
    server = subprocess.Popen([program, str(port)], stdout=subprocess.DEVNULL)
    try:
        wait_until_bound(port)
        # localhost resolves to ::1 first, where the sheet's server does not listen.
        done = netlab("udp", "send", f"localhost:{port}", "hello", "two words")
        assert (done.status, done.out) == (0, b"hello\ntwo words\n"), done
    finally:
        server.kill()
        server.wait()


def test_lines_of_standard_input(server):
    done = netlab("udp", "send", server.address, input=b"one\n\nthree")
    assert (done.status, done.out, done.err) == (0, b"one\n\nthree\n", "")


def test_ping(server):
    done = netlab("udp", "send", server.address, "--count", "5", "--interval", "0.01")
    lines = done.out.decode().splitlines()
    assert done.status == 0 and len(lines) == 6, done
    assert re.fullmatch(r"6 bytes from 127\.0\.0\.1:\d+: \d+\.\d{3} ms", lines[0])
    assert re.fullmatch(r"5 sent, 5 answered, 0% lost; RTT min/median/p99/max "
                        r"[\d.]+/[\d.]+/[\d.]+/[\d.]+ ms", lines[-1])
    done = netlab("udp", "send", server.address, "--count", "3", "--interval", "0", "--json")
    events = [json.loads(line) for line in done.out.splitlines()]
    assert [event["event"] for event in events] == ["reply"] * 3 + ["summary"]
    assert events[-1]["answered"] == 3 and 0 < events[-1]["median_seconds"] < 1


def udp_server(answer):
    """Runs a server in a thread that calls `answer(socket, message, sender)`. Returns the port."""
    server = udp_socket()
    server.bind(("127.0.0.1", 0))

    def run():
        try:
            while True:
                message, sender = server.recvfrom(65536)
                answer(server, message, sender)
        except TimeoutError:
            server.close()
    threading.Thread(target=run, daemon=True).start()
    return server.getsockname()[1]


def test_lost_message_is_reported_and_the_next_is_sent():
    port = udp_server(lambda server, message, sender: message != b"lost" and server.sendto(message, sender))
    done = netlab("udp", "send", f"127.0.0.1:{port}", "one", "lost", "three", "--timeout", "1")
    assert (done.status, done.out) == (1, b"one\nthree\n")
    assert done.err == ("no reply to message 2 within 1 s: lost\n"
                        "netlab udp send: 1 of 3 messages had no reply\n")
    done = netlab("udp", "send", f"127.0.0.1:{port}", "lost", "--timeout", "0.1", "--json", "--count", "1")
    assert [json.loads(line)["event"] for line in done.out.splitlines()] == ["lost", "summary", "error"]
    done = netlab("udp", "send", f"127.0.0.1:{port}", "lost", "--timeout", "0.1", "-q")
    assert done.err == "netlab udp send: no reply to message 1 within 0.1 s: lost\n"


def test_continues_after_connection_refused():
    """The server is down while the second message is sent."""
    server = udp_socket()
    server.bind(("127.0.0.1", 0))
    address = server.getsockname()
    client = subprocess.Popen([NETLAB, "udp", "send", f"127.0.0.1:{address[1]}", "--count", "3", "--interval",
                               "0.5"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    message, sender = server.recvfrom(100)
    server.sendto(message, sender)
    server.close()
    err = Lines(client.stderr)
    err.wait_for("^message 2: nothing listens on .*: Connection refused$")
    with udp_socket() as server:
        server.bind(address)
        message, sender = server.recvfrom(100)
        server.sendto(message, sender)
        assert client.wait(TIMEOUT) == 1
    assert b"\n3 sent, 2 answered, 33.33% lost; " in client.stdout.read()
    assert err.text().endswith("\nnetlab udp send: 1 of 3 messages had no reply")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_ping_prints_its_summary(server, number):
    client = subprocess.Popen([NETLAB, "udp", "send", server.address, "--count", "9", "--interval", "1000"],
                              stdout=subprocess.PIPE, env=environment())
    out = Lines(client.stdout)
    out.wait_for("^6 bytes from")
    client.send_signal(number)
    assert client.wait(TIMEOUT) == -number
    out.wait_for("^1 sent, 1 answered, 0% lost; ")
    asked = threading.Event()
    silent = f"127.0.0.1:{udp_server(lambda *_: asked.set())}"
    client = subprocess.Popen([NETLAB, "udp", "send", silent, "--count", "9", "--timeout", "1000"],
                              stdout=subprocess.PIPE, env=environment())
    assert asked.wait(TIMEOUT)
    client.send_signal(number)
    assert client.wait(TIMEOUT) == -number
    assert client.stdout.read() == b"0 sent, 0 answered, 0% lost\n"


def test_retry_retransmits():
    seen = []

    def second_time(server, message, sender):
        seen.append(message)
        if len(seen) == 2:
            server.sendto(b"at last", sender)
    done = netlab("udp", "send", f"127.0.0.1:{udp_server(second_time)}", "x", "--timeout", "1", "--retry", "3")
    assert (done.status, done.out) == (0, b"at last\n") and seen == [b"x", b"x"]


@pytest.mark.parametrize("words, out", [(["udp", "send", "HOST", "x"], b"x\n"),
                                        (["guess", "play", "HOST", "--guess", "x"], b"hello\nYou win\n")])
def test_retry_waits_for_the_server_to_start(words, out):
    with udp_socket() as server:
        server.bind(("127.0.0.1", 0))
        address = server.getsockname()
    words = [f"localhost:{address[1]}" if word == "HOST" else word for word in words]
    client = subprocess.Popen([NETLAB, *words, "--retry", "9"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=environment())
    Lines(client.stderr).wait_for("^nothing listens on .*: Connection refused; retrying$")
    with udp_socket() as server:
        server.bind(address)
        message = b""
        while message != b"x":
            message, sender = server.recvfrom(100)
            server.sendto(b"You win" if message == b"x" and "guess" in words else message, sender)
        assert client.wait(TIMEOUT) == 0
    assert client.stdout.read() == out


def test_late_reply_is_not_taken_for_the_next():
    held = []

    def late(server, message, sender):
        if message == b"first":
            held.append(message)
        else:
            for answer in held + [message]:
                server.sendto(answer, sender)
    done = netlab("udp", "send", f"127.0.0.1:{udp_server(late)}", "first", "second", "--timeout", "1")
    assert (done.status, done.out) == (1, b"second\n")
    assert "late or duplicate reply: first\n" in done.err


def test_duplicate_reply_is_not_taken_for_the_next():
    """The duplicate arrives at once, or only after the next message."""
    def duplicate(server, message, sender):
        server.sendto(message, sender)
        server.sendto(message, sender)
    done = netlab("udp", "send", f"127.0.0.1:{udp_server(duplicate)}", "one", "two", "three")
    assert (done.status, done.out) == (0, b"one\ntwo\nthree\n"), done
    assert "late or duplicate reply: one\n" in done.err
    before = []

    def repeat_previous(server, message, sender):
        for answer in [*before[-1:], message]:
            server.sendto(answer, sender)
        before.append(message)
    done = netlab("udp", "send", f"127.0.0.1:{udp_server(repeat_previous)}", "--count", "3", "--interval", "0",
                  "--json")
    events = [json.loads(line) for line in done.out.splitlines()]
    assert [event["text"] for event in events[:-1]] == ["ping 1", "ping 2", "ping 3"], done


def test_replies_of_a_server_other_than_echo():
    """A datagram that arrived before a message was sent cannot be the reply to it."""
    total = []

    def adding(server, message, sender):
        total.append(int(message))
        server.sendto(b"%d" % sum(total), sender)
    done = netlab("udp", "send", f"127.0.0.1:{udp_server(adding)}", "--timeout", "2", input=b"1\n2\n-2\n")
    assert (done.status, done.out) == (0, b"1\n3\n1\n"), done

    def always_twice(server, message, sender):
        total.append(1)
        for _ in range(2):
            server.sendto(b"answer %d" % len(total), sender)
    total.clear()
    done = netlab("udp", "send", f"127.0.0.1:{udp_server(always_twice)}", "a", "b", "--interval", "0.5")
    assert (done.status, done.out) == (0, b"answer 1\nanswer 2\n"), done


def test_nothing_listens():
    for host in ("127.0.0.1", "localhost"):
        done = netlab("udp", "send", f"{host}:1", "x")
        assert done.status == 1
        assert done.err == "netlab udp send: nothing listens on 127.0.0.1:1: Connection refused\n"


def test_message_too_long_for_a_datagram(server):
    done = netlab("udp", "send", server.address, input=b"x" * 65508)
    assert done.status == 1 and "Message too long\n" in done.err, done
    done = netlab("udp", "send", server.address, input=b"one\n" + b"x" * 65508 + b"\nthree\n")
    assert (done.status, done.out) == (1, b"one\nthree\n"), done
    assert re.fullmatch(r"message 2: send to .*: Message too long\n"
                        r"netlab udp send: 1 of 3 messages had no reply\n", done.err), done


def test_replies_are_escaped_on_a_terminal():
    import pty
    port = udp_server(lambda server, message, sender: server.sendto(b"\x1b[2J\xff", sender))
    ours, theirs = pty.openpty()
    subprocess.run([NETLAB, "udp", "send", f"127.0.0.1:{port}", "x"], stdout=theirs, timeout=TIMEOUT,
                   env=environment())
    assert os.read(ours, 100) == b"\\x1b[2J\\xff\r\n"


@pytest.mark.parametrize("words, why", [
    (["--fork"], "--fork"), (["--model", "epoll"], "--model"), (["--port", "70000"], "--port")])
def test_usage(words, why):
    done = netlab("udp", "echo", *words)
    assert done.status == 2 and why in done.err
