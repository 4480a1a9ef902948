"""ftp over the reliable transport: what --udp and the options beside it do."""

import itertools
import os
import re
import signal
import socket
import struct
import subprocess
import time
from pathlib import Path

import pytest

from impaired import Impair
from running import (MODELS, NETLAB, SANITIZED, TIMEOUT, Server, children, environment, eventually, netlab, noise,
                     resident)

CONTENT = noise(500_001)
STRATEGIES = ["stop-and-wait", "go-back-n", "selective-repeat"]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "served").mkdir()
    (tmp_path / "served/big.bin").write_bytes(CONTENT)
    return tmp_path


@pytest.fixture
def server(folder):
    with Server("ftp", "serve", "served", "--writable", "--udp", cwd=folder) as running:
        yield running


def get(server, *words, cwd):
    return netlab("ftp", "get", server.address, "big.bin", "-o", "copy", "--udp", *words, cwd=cwd)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("words", [[], ["--window", "1"], ["--mss", "1200"], ["--congestion", "newreno"]],
                         ids=" ".join)
def test_whatever_is_agreed_on(strategy, words, folder, server):
    done = get(server, "--arq", strategy, *words, cwd=folder)
    assert done.status == 0, done
    assert (folder / "copy").read_bytes() == CONTENT


BAD = ["--seed", "1", "--delay", "2ms", "--jitter", "1ms", "--duplicate", "1%", "--reorder", "2%", "--corrupt", "1%"]


@pytest.mark.parametrize("loss", ["1%", "10%"])
@pytest.mark.parametrize("words", [["--arq", "go-back-n"], [], ["--congestion", "newreno"], ["--congestion", "bbr"]],
                         ids=" ".join)
def test_a_bad_network(words, loss, folder, server):
    with Impair("udp", server.port, "--loss", loss, *BAD) as between:
        done = netlab("ftp", "get", f"127.0.0.1:{between.port}", "big.bin", "-o", "copy", "--udp", *words, cwd=folder)
        assert done.status == 0, done
        assert (folder / "copy").read_bytes() == CONTENT
        done = netlab("ftp", "put", f"127.0.0.1:{between.port}", "copy", "--udp", *words, cwd=folder)
        assert done.status == 0, done
    assert (folder / "served/copy").read_bytes() == CONTENT


@pytest.mark.parametrize("model", MODELS)
def test_every_model(model, folder):
    with Server("ftp", "serve", "served", "--udp", "--" + model, cwd=folder) as server:
        for _ in range(3):
            assert get(server, "--restart", cwd=folder).status == 0
            assert (folder / "copy").read_bytes() == CONTENT


@pytest.mark.parametrize("model", MODELS)
def test_both_on_one_port(model, folder):
    with Server("ftp", "serve", "served", "--tcp", "--udp", "--" + model, cwd=folder) as server:
        server.out.wait_for(r"listening on \[::\]:%d \(ftp\)" % server.port)
        server.out.wait_for(r"listening on \[::\]:%d \(ftp over UDP\)" % server.port)
        for carrier in ([], ["--udp"], [], ["--udp"]):
            done = netlab("ftp", "get", server.address, "big.bin", "-o", "copy", "--restart", *carrier, cwd=folder)
            assert done.status == 0, done
            assert (folder / "copy").read_bytes() == CONTENT


@pytest.mark.parametrize("carrier", [[], ["--udp"]], ids=["tcp", "udp"])
@pytest.mark.parametrize("model", MODELS)
def test_one_client_of_either(model, carrier, folder):
    with Server("ftp", "serve", "served", "--tcp", "--udp", "--once", "--" + model, cwd=folder) as server:
        assert netlab("ftp", "get", server.address, "big.bin", "-o", "copy", *carrier, cwd=folder).status == 0
        assert server.process.wait(TIMEOUT) == 0


@pytest.mark.parametrize("model", MODELS)
def test_uploads_lists_and_resumes_under_every_model(model, folder):
    (folder / "mine").write_bytes(CONTENT[::-1])
    (folder / "copy").write_bytes(CONTENT[:123_456])
    with Server("ftp", "serve", "served", "--writable", "--udp", "--" + model, cwd=folder) as server:
        assert netlab("ftp", "put", server.address, "mine", "--udp", cwd=folder).status == 0
        assert (folder / "served/mine").read_bytes() == CONTENT[::-1]
        assert netlab("ftp", "ls", server.address, "--udp").out.count(b"\n") == 2
        done = get(server, "--resume", cwd=folder)
        assert done.status == 0 and "from 123456" in done.err, done
        assert (folder / "copy").read_bytes() == CONTENT


def test_datagrams_are_as_large_as_loopback_carries(folder, server):
    (folder / "served/big.bin").write_bytes(bytes(20_000_000))  # it takes some round trips to find out
    done = get(server, "--trace", cwd=folder)
    assert done.status == 0 and re.search(r"65507 bytes a datagram", done.err), done


def hello(folder):
    """What a client says first, as it says it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        netlab("ftp", "get", f"127.0.0.1:{taken.getsockname()[1]}", "x", "--udp", "--timeout", "0.1", cwd=folder)
        return taken.recv(65535)


@pytest.mark.skipif(SANITIZED, reason="a sanitizer's memory grows by itself")
def test_greetings_of_nobody_cost_nothing_and_are_worth_nothing(folder, server):
    """An address that was forged gets less than what was sent in its name, and is not remembered."""
    word = hello(folder)
    assert len(word) >= 1200
    strangers = []
    for i in range(100):
        stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        stranger.bind((f"127.0.1.{i + 1}", 0))
        stranger.connect(("127.0.0.1", server.port))
        stranger.setblocking(False)
        strangers.append(stranger)

    def greet(times):
        sent = answered = 0
        for _ in range(times):
            for stranger in strangers:
                sent += stranger.send(word)
            for stranger in strangers:
                try:
                    while True:
                        answered += len(stranger.recv(65535))
                except BlockingIOError:
                    pass
        return sent, answered
    greet(20)
    descriptors, before = len(os.listdir(f"/proc/{server.pid}/fd")), resident(server.pid)
    sent, answered = greet(1000)  # a hundred thousand
    assert 0 < answered <= sent / 10
    assert len(os.listdir(f"/proc/{server.pid}/fd")) == descriptors
    assert resident(server.pid) - before <= 64
    assert get(server, cwd=folder).status == 0
    for stranger in strangers:
        stranger.close()


def test_a_forged_word_that_nobody_is_there_ends_nothing(folder):
    """ICMP's "port unreachable" that a stranger sends (RFC 792): it knows the ports and no id."""
    with Server("ftp", "serve", "served", "--udp", "--limit-rate", "400K", cwd=folder) as server:
        client = subprocess.Popen([NETLAB, "ftp", "get", server.address, "big.bin", "-o", "copy", "--udp"], cwd=folder,
                                  env=environment())
        eventually((folder / "copy.part").exists, "it does not begin")
        port = port_of_client(server.port)
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as forger:
                for _ in range(20):
                    forger.sendto(port_unreachable(port, server.port), ("127.0.0.1", 0))
                    time.sleep(0.01)  # the pace of the attack
        except PermissionError:
            client.kill()
            pytest.skip("a raw socket needs root")
        finally:
            status = client.wait(TIMEOUT)
        assert status == 0 and (folder / "copy").read_bytes() == CONTENT


def port_of_client(port):
    """Of a socket connected to the port, in /proc/net/udp."""
    for line in Path("/proc/net/udp").read_text().splitlines()[1:]:
        words = line.split()
        if words[2] == f"0100007F:{port:04X}":
            return int(words[1].split(":")[1], 16)
    return None


def port_unreachable(source, target):
    """About a datagram from the one port to the other, both of 127.0.0.1."""
    local = socket.inet_aton("127.0.0.1")
    quoted = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28, 0, 0, 64, 17, 0, local, local) + struct.pack(
        "!HHHH", source, target, 8, 0)
    message = struct.pack("!BBHI", 3, 3, 0, 0) + quoted
    total = sum(struct.unpack(f"!{len(message) // 2}H", message))
    total = (total & 0xffff) + (total >> 16)
    return message[:2] + struct.pack("!H", ~(total + (total >> 16)) & 0xffff) + message[4:]


def test_the_server_says_what_it_speaks(folder):
    with Server("ftp", "serve", "served", "--udp", cwd=folder) as server:
        assert "(ftp over UDP)" in server.out.lines[0]


def test_a_port_that_is_taken(folder, server):
    """Two servers would share the clients of one port."""
    done = netlab("ftp", "serve", "served", "--udp", "-p", server.port, "--writable", cwd=folder)
    assert done.status == 1 and "Address already in use" in done.err, done


def test_nobody_there(folder):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "x", "--udp", cwd=folder)
    assert done.status == 1
    assert f"connect 127.0.0.1:{port}: Connection refused" in done.err


def test_somebody_who_says_nothing(folder):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        done = netlab("ftp", "get", f"127.0.0.1:{port}", "x", "--udp", "--timeout", "0.3", cwd=folder)
    assert done.status == 1
    assert f"connect 127.0.0.1:{port}: Connection timed out" in done.err


def test_noise_and_strangers_get_no_answer_and_do_no_harm(folder, server):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.connect(("127.0.0.1", server.port))
        stranger.settimeout(0.2)
        for size in itertools.chain(range(0, 100), (1200, 1472, 65507)):
            stranger.send(noise(size, size + 1))
        with pytest.raises(TimeoutError):
            stranger.recv(1)
    assert get(server, cwd=folder).status == 0


@pytest.mark.parametrize("words, why", [
    (["--arq", "go-back-n"], "are for --udp"),
    (["--udp", "--mss", "1199"], "every path carries 1200 bytes"),
    (["--udp", "--window", "0"], "sends nothing"),
    (["--udp", "--arq", "hope"], "--arq"),
])
def test_options_that_make_no_sense(words, why, folder):
    done = netlab("ftp", "get", "127.0.0.1:1", "x", *words, cwd=folder)
    assert done.status == 2, done
    assert why in done.err


def test_put_and_ls(folder, server):
    (folder / "mine").write_bytes(CONTENT[::-1])
    done = netlab("ftp", "put", server.address, "mine", "--udp", cwd=folder)
    assert done.status == 0, done
    assert (folder / "served/mine").read_bytes() == CONTENT[::-1]
    listed = netlab("ftp", "ls", server.address, "--udp", cwd=folder)
    assert b"mine" in listed.out and b"big.bin" in listed.out


def test_the_client_of_a_child_that_is_killed_hears_of_it(folder):
    """At once, and not when it asks after ten seconds of silence: it has less patience."""
    with Server("ftp", "serve", "served", "--udp", "--fork", "--limit-rate", "300K", cwd=folder) as server:
        client = subprocess.Popen(
            [NETLAB, "ftp", "get", server.address, "big.bin", "-o", "copy", "--udp", "--timeout", "9", "--retry", "9"],
            cwd=folder, env=environment(), stderr=subprocess.PIPE)
        part = folder / "copy.part"
        eventually(lambda: part.exists() and part.stat().st_size > 0, "nothing comes")
        (child,) = children(server.pid)
        os.kill(child, signal.SIGKILL)
        server.out.wait_for("failed: its process was ended by a signal: Killed")
        _, error = client.communicate(timeout=TIMEOUT)
        assert client.returncode == 0 and b"Connection reset by peer; trying again" in error, error
    assert (folder / "copy").read_bytes() == CONTENT
