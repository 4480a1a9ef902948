"""ftp over the reliable transport: --udp and the options that go with it."""

import itertools
import os
import re
import signal
import socket
import struct
import subprocess
from pathlib import Path

import pytest

from impaired import Impair
from running import (MODELS, NETLAB, SANITIZED, TIMEOUT, Server, children, environment, eventually, netlab, noise,
                     resident)

CONTENT = noise(500_001)
SERVE_OPTIONS = ["--writable", "--udp"]
STRATEGIES = ["stop-and-wait", "go-back-n", "selective-repeat"]


def get(server, *words, cwd):
    return netlab("ftp", "get", server.address, "big.bin", "-o", "copy", "--udp", *words, cwd=cwd)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("words", [[], ["--window", "1"], ["--mss", "1200"], ["--congestion", "newreno"]],
                         ids=" ".join)
def test_every_combination_of_parameters(strategy, words, directory, server):
    done = get(server, "--arq", strategy, *words, cwd=directory)
    assert done.status == 0, done
    assert (directory / "copy").read_bytes() == CONTENT


BAD = ["--seed", "1", "--delay", "2ms", "--jitter", "1ms", "--duplicate", "1%", "--reorder", "2%", "--corrupt", "1%"]


@pytest.mark.parametrize("loss", ["1%", "10%"])
@pytest.mark.parametrize("words", [["--arq", "go-back-n"], [], ["--congestion", "newreno"], ["--congestion", "bbr"]],
                         ids=" ".join)
def test_bad_network(words, loss, directory, server):
    with Impair("udp", server.port, "--loss", loss, *BAD) as proxy:
        done = netlab("ftp", "get", f"127.0.0.1:{proxy.port}", "big.bin", "-o", "copy", "--udp", *words, cwd=directory)
        assert done.status == 0, done
        assert (directory / "copy").read_bytes() == CONTENT
        done = netlab("ftp", "put", f"127.0.0.1:{proxy.port}", "copy", "--udp", *words, cwd=directory)
        assert done.status == 0, done
    assert (directory / "served/copy").read_bytes() == CONTENT


@pytest.mark.parametrize("model", MODELS)
def test_every_model(model, directory):
    with Server("ftp", "serve", "served", "--udp", "--" + model, cwd=directory) as server:
        for _ in range(3):
            assert get(server, "--restart", cwd=directory).status == 0
            assert (directory / "copy").read_bytes() == CONTENT


@pytest.mark.parametrize("model", MODELS)
def test_tcp_and_udp_on_one_port(model, directory):
    with Server("ftp", "serve", "served", "--tcp", "--udp", "--" + model, cwd=directory) as server:
        server.out.wait_for(r"listening on \[::\]:%d \(ftp\)" % server.port)
        server.out.wait_for(r"listening on \[::\]:%d \(ftp over UDP\)" % server.port)
        for carrier in ([], ["--udp"], [], ["--udp"]):
            done = netlab("ftp", "get", server.address, "big.bin", "-o", "copy", "--restart", *carrier, cwd=directory)
            assert done.status == 0, done
            assert (directory / "copy").read_bytes() == CONTENT


@pytest.mark.parametrize("carrier", [[], ["--udp"]], ids=["tcp", "udp"])
@pytest.mark.parametrize("model", MODELS)
def test_once_over_tcp_or_udp(model, carrier, directory):
    with Server("ftp", "serve", "served", "--tcp", "--udp", "--once", "--" + model, cwd=directory) as server:
        assert netlab("ftp", "get", server.address, "big.bin", "-o", "copy", *carrier, cwd=directory).status == 0
        assert server.process.wait(TIMEOUT) == 0


@pytest.mark.parametrize("model", MODELS)
def test_uploads_lists_and_resumes_under_every_model(model, directory):
    (directory / "mine").write_bytes(CONTENT[::-1])
    (directory / "copy").write_bytes(CONTENT[:123_456])
    with Server("ftp", "serve", "served", "--writable", "--udp", "--" + model, cwd=directory) as server:
        assert netlab("ftp", "put", server.address, "mine", "--udp", cwd=directory).status == 0
        assert (directory / "served/mine").read_bytes() == CONTENT[::-1]
        assert netlab("ftp", "ls", server.address, "--udp").out.count(b"\n") == 2
        done = get(server, "--resume", cwd=directory)
        assert done.status == 0 and "from offset 123456" in done.err, done
        assert (directory / "copy").read_bytes() == CONTENT


def test_datagrams_grow_to_the_mtu_of_loopback(directory, server):
    (directory / "served/big.bin").write_bytes(bytes(20_000_000))  # path MTU discovery takes some round trips
    done = get(server, "--trace", cwd=directory)
    assert done.status == 0 and re.search(r"UDP_GRO=\[65507\]", done.err), done


def hello(directory):
    """The first datagram of a client, HELLO."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        netlab("ftp", "get", f"127.0.0.1:{taken.getsockname()[1]}", "x", "--udp", "--timeout", "0.1", cwd=directory)
        return taken.recv(65535)


@pytest.mark.skipif(SANITIZED, reason="a sanitizer's memory grows by itself")
def test_forged_hellos_keep_no_state_and_amplify_nothing(directory, server):
    """A forged address receives less than was sent from it, and the server keeps no state for it."""
    datagram = hello(directory)
    assert len(datagram) >= 1200
    clients = []
    for i in range(100):
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        client.bind((f"127.0.1.{i + 1}", 0))
        client.connect(("127.0.0.1", server.port))
        client.setblocking(False)
        clients.append(client)

    def greet(times):
        sent = answered = 0
        for _ in range(times):
            for client in clients:
                sent += client.send(datagram)
            for client in clients:
                try:
                    while True:
                        answered += len(client.recv(65535))
                except BlockingIOError:
                    pass
        return sent, answered
    greet(20)
    descriptors, before = len(os.listdir(f"/proc/{server.pid}/fd")), resident(server.pid)
    sent, answered = greet(1000)  # 100,000 datagrams
    assert 0 < answered <= sent / 10
    assert len(os.listdir(f"/proc/{server.pid}/fd")) == descriptors
    assert resident(server.pid) - before <= 64
    assert get(server, cwd=directory).status == 0
    for client in clients:
        client.close()


def test_forged_icmp_unreachable_ends_nothing(directory):
    """A forged ICMP "port unreachable" (RFC 792): the attacker knows the ports but no connection ID."""
    with Server("ftp", "serve", "served", "--udp", "--limit-rate", "400K", cwd=directory) as server:
        client = subprocess.Popen([NETLAB, "ftp", "get", server.address, "big.bin", "-o", "copy", "--udp"],
                                  cwd=directory, env=environment())
        part = directory / "copy.part"
        eventually(part.exists, "the download does not begin")
        port = port_of_client(server.port)
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as attacker:
                for _ in range(3):
                    done = part.stat().st_size
                    for _ in range(7):
                        attacker.sendto(port_unreachable(port, server.port), ("127.0.0.1", 0))
                    eventually(lambda: part.stat().st_size > done, "the download does not continue")
        except PermissionError:
            client.kill()
            pytest.skip("a raw socket needs root")
        finally:
            status = client.wait(TIMEOUT)
        assert status == 0 and (directory / "copy").read_bytes() == CONTENT


def port_of_client(port):
    """The local port of the socket that is connected to the port, from /proc/net/udp."""
    for line in Path("/proc/net/udp").read_text().splitlines()[1:]:
        words = line.split()
        if words[2] == f"0100007F:{port:04X}":
            return int(words[1].split(":")[1], 16)
    return None


def port_unreachable(source, target):
    """An ICMP error about a datagram from one port to another, both on 127.0.0.1."""
    local = socket.inet_aton("127.0.0.1")
    quoted = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28, 0, 0, 64, 17, 0, local, local) + struct.pack(
        "!HHHH", source, target, 8, 0)
    message = struct.pack("!BBHI", 3, 3, 0, 0) + quoted
    total = sum(struct.unpack(f"!{len(message) // 2}H", message))
    total = (total & 0xffff) + (total >> 16)
    return message[:2] + struct.pack("!H", ~(total + (total >> 16)) & 0xffff) + message[4:]


def test_first_line_names_the_transport(directory):
    with Server("ftp", "serve", "served", "--udp", cwd=directory) as server:
        assert "(ftp over UDP)" in server.out.lines[0]


def test_port_in_use(directory, server):
    """Otherwise two servers would share the clients of one port."""
    done = netlab("ftp", "serve", "served", "--udp", "-p", server.port, "--writable", cwd=directory)
    assert done.status == 1 and "Address already in use" in done.err, done


def test_connection_refused(directory):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "x", "--udp", cwd=directory)
    assert done.status == 1
    assert f"connect 127.0.0.1:{port}: Connection refused" in done.err


def test_silent_server_times_out(directory):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        done = netlab("ftp", "get", f"127.0.0.1:{port}", "x", "--udp", "--timeout", "0.3", cwd=directory)
    assert done.status == 1
    assert f"connect 127.0.0.1:{port}: Connection timed out" in done.err


def test_random_datagrams_are_ignored(directory, server):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", server.port))
        client.settimeout(0.2)
        for size in itertools.chain(range(0, 100), (1200, 1472, 65507)):
            client.send(noise(size, size + 1))
        with pytest.raises(TimeoutError):
            client.recv(1)
    assert get(server, cwd=directory).status == 0


@pytest.mark.parametrize("words, why", [
    (["--arq", "go-back-n"], "require --udp"),
    (["--udp", "--mss", "1199"], "--mss: '1199' must be a whole number from 1200 to 65507"),
    (["--udp", "--window", "0"], "--window: '0' must be a whole number from 1 to 1000000"),
    (["--udp", "--arq", "hope"], "--arq"),
])
def test_invalid_options(words, why, directory):
    done = netlab("ftp", "get", "127.0.0.1:1", "x", *words, cwd=directory)
    assert done.status == 2, done
    assert why in done.err


def test_put_and_ls(directory, server):
    (directory / "mine").write_bytes(CONTENT[::-1])
    done = netlab("ftp", "put", server.address, "mine", "--udp", cwd=directory)
    assert done.status == 0, done
    assert (directory / "served/mine").read_bytes() == CONTENT[::-1]
    listed = netlab("ftp", "ls", server.address, "--udp", cwd=directory)
    assert b"mine" in listed.out and b"big.bin" in listed.out


def test_client_of_a_killed_child_is_reset(directory):
    """The client is reset at once; its timeout is shorter than the ten seconds until its keep-alive."""
    with Server("ftp", "serve", "served", "--udp", "--fork", "--limit-rate", "300K", cwd=directory) as server:
        client = subprocess.Popen(
            [NETLAB, "ftp", "get", server.address, "big.bin", "-o", "copy", "--udp", "--timeout", "9", "--retry", "9"],
            cwd=directory, env=environment(), stderr=subprocess.PIPE)
        part = directory / "copy.part"
        eventually(lambda: part.exists() and part.stat().st_size > 0, "nothing arrives")
        (child,) = children(server.pid)
        os.kill(child, signal.SIGKILL)
        server.out.wait_for("failed: its process was killed by a signal: Killed")
        _, error = client.communicate(timeout=TIMEOUT)
        assert client.returncode == 0 and b"Connection reset by peer; retrying" in error, error
    assert (directory / "copy").read_bytes() == CONTENT
