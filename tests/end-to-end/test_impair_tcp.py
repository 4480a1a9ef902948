"""impair tcp: connections with delay, rate limits, small pieces, and breaks at a given byte."""

import array
import contextlib
import fcntl
import socket
import subprocess
import termios
import threading
import time

import pytest

from impaired import Impair
from running import (TIMEOUT, Server, eventually, free_port, netlab, noise,
                     peer, read_all, read_exactly, tcp_server_of, wait_until_listening)

CONTENT = noise(300_000)


def connect(impair):
    client = socket.create_connection(("127.0.0.1", impair.port), timeout=TIMEOUT)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def server_sending(content):
    """A server that sends this to each of two clients and closes. Returns the port."""
    return tcp_server_of(lambda connection: connection.sendall(content), clients=2)


def fetch(impair):
    with connect(impair) as client:
        return read_all(client)


@pytest.mark.parametrize("words", [[], ["--delay", "20ms"], ["--split", "10000"], ["--rate", "10M"]])
def test_forwards_all_bytes_and_both_ends(words):
    with Server("tcp", "serve", "--echo", "-q") as server, Impair("tcp", server.port, *words) as impair:
        done = netlab("tcp", "send", impair.address, input=CONTENT)
        assert done.status == 0 and done.out == CONTENT, done
        impair.out.wait_for('"finished"')
    assert (impair.summary[None]["up"], impair.summary[None]["down"]) == (300_000, 300_000)


def test_server_may_finish_first():
    heard = []

    def answer(connection):
        connection.sendall(b"last words")
        connection.shutdown(socket.SHUT_WR)
        heard.append(read_all(connection))
    with Impair("tcp", tcp_server_of(answer)) as impair, connect(impair) as client:
        assert read_all(client) == b"last words"
        client.sendall(b"answered still")
        client.shutdown(socket.SHUT_WR)
        eventually(lambda: heard == [b"answered still"], "the other direction was not kept")


def test_delay_in_each_direction():
    with Server("tcp", "serve", "--echo", "-q") as server, \
            Impair("tcp", server.port, "--delay", "50ms", "--down", "delay=100ms") as impair:
        with connect(impair) as client:
            begin = time.monotonic()
            client.sendall(b"x")
            assert read_exactly(client, 1) == b"x"
            assert time.monotonic() - begin >= 0.15


def test_rate_is_kept():
    with Impair("tcp", server_sending(noise(100 * 1024)), "--rate", "200K") as impair:
        begin = time.monotonic()
        assert len(fetch(impair)) == 100 * 1024
        assert 0.45 <= time.monotonic() - begin


def test_split_sends_small_pieces():
    with Impair("tcp", server_sending(noise(1000)), "--split", "7") as impair, connect(impair) as client:
        pieces = list(iter(lambda: client.recv(1000), b""))
    assert b"".join(pieces) == noise(1000)
    assert len(pieces) > 10 and len(pieces[0]) % 7 == 0


@pytest.mark.parametrize("after", [0, 1, 100_000, 300_000])
def test_cut_after_ends_regularly(after):
    with Impair("tcp", server_sending(CONTENT), "--cut-after", after) as impair:
        assert fetch(impair) == CONTENT[:after]
        impair.out.wait_for('"cut"')


def test_cut_after_in_the_other_direction():
    heard = []

    def answer(connection):
        heard.append(read_all(connection))
    with Impair("tcp", tcp_server_of(answer), "--up", "cut-after=5") as impair, connect(impair) as client:
        client.sendall(b"hello, world")
        assert read_all(client) == b""
        eventually(lambda: heard == [b"hello"], "not exactly the first 5 bytes have arrived")


def expect_reset_at_once(impair):
    with pytest.raises(ConnectionResetError):  # possibly while connecting
        with connect(impair) as client:
            client.recv(1)


def test_reset_after_zero_bytes():
    with Impair("tcp", server_sending(CONTENT), "--reset-after", "0") as impair:
        expect_reset_at_once(impair)


@pytest.mark.parametrize("after", [1, 100_000])
def test_reset_after(after):
    # The server waits for a byte: the reset must not arrive before connect(2) has returned.
    server = tcp_server_of(lambda connection: (connection.recv(1), connection.sendall(CONTENT)))
    with Impair("tcp", server, "--reset-after", after) as impair, connect(impair) as client:
        client.sendall(b"x")
        assert read_until_reset(client) == CONTENT[:after]


def test_stall_after():
    with Impair("tcp", server_sending(CONTENT), "--stall-after", "1000") as impair, connect(impair) as client:
        assert read_exactly(client, 1000) == CONTENT[:1000]
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(1)


RESET_WHEN_CLOSED = b"\1\0\0\0\0\0\0\0"  # struct linger, for SO_LINGER


def server_resetting(content, is_reset=None):
    """A server that sends this and resets the connection once all of it is acknowledged. Returns the port."""
    def unacknowledged(connection):
        count = array.array("i", [0])
        fcntl.ioctl(connection, termios.TIOCOUTQ, count)
        return count[0]

    def answer(connection):
        connection.recv(1)
        connection.sendall(content)
        eventually(lambda: unacknowledged(connection) == 0, "the proxy does not receive it")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_WHEN_CLOSED)
        connection.close()
        if is_reset:
            is_reset.set()
    return tcp_server_of(answer)


def read_until_reset(client):
    found = b""
    with pytest.raises(ConnectionResetError):
        while True:
            piece = client.recv(65536)
            assert piece, f"a regular end after {len(found)} bytes"
            found += piece
    return found


@pytest.mark.parametrize("words", [[], ["--delay", "50ms"], ["--rate", "1M"],
                                   ["--delay", "50ms", "--rate", "2M"]])
def test_reset_follows_all_bytes_sent_before_it(words):
    content = noise(1_000_000)
    with Impair("tcp", server_resetting(content), *words) as impair, connect(impair) as client:
        client.sendall(b"x")
        assert read_until_reset(client) == content
        impair.out.wait_for('"broken"')
    assert impair.summary[None]["down"] == 1_000_000


@contextlib.contextmanager
def late_reader(impair):
    """A client with a tiny receive buffer: the rest waits in the proxy's."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(TIMEOUT)
        client.connect(("127.0.0.1", impair.port))
        yield client


def test_reset_waits_for_a_late_reader():
    is_reset = threading.Event()
    with Impair("tcp", server_resetting(CONTENT, is_reset)) as impair, late_reader(impair) as client:
        client.sendall(b"x")
        assert is_reset.wait(TIMEOUT)
        assert read_until_reset(client) == CONTENT


def test_stops_while_a_reset_waits():
    is_reset = threading.Event()
    impair = Impair("tcp", server_resetting(CONTENT, is_reset))
    impair.__enter__()
    with late_reader(impair) as client:
        client.sendall(b"x")
        assert is_reset.wait(TIMEOUT)
        impair.__exit__(None)
        assert '"stopped"' in impair.out.text()


def test_reset_is_forwarded():
    def answer(connection):
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_WHEN_CLOSED)
    with Impair("tcp", tcp_server_of(answer)) as impair, connect(impair) as client:
        client.sendall(b"x")
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_bytes_before_a_reset_arrive():
    def answer(connection):
        connection.recv(1)
        connection.sendall(b"last words")  # unread bytes make its close a reset
    with Impair("tcp", tcp_server_of(answer), "--delay", "50ms") as impair, connect(impair) as client:
        client.sendall(b"hello")
        assert read_exactly(client, 10) == b"last words"
        with pytest.raises(ConnectionResetError):
            client.recv(1)
        impair.out.wait_for('"broken"')


def test_missing_server():
    with Impair("tcp", free_port()) as impair:
        expect_reset_at_once(impair)
        impair.out.wait_for("Connection refused")
    assert impair.summary[None]["clients"] == 1


def test_idle_connection_ends():
    with Server("tcp", "serve", "--echo", "-q") as server, \
            Impair("tcp", server.port, "--idle-timeout", "0.2") as impair:
        assert fetch(impair) == b""
        impair.out.wait_for('"idle"')


def test_delayed_bytes_are_not_idle():
    with Server("tcp", "serve", "--echo", "-q") as server, \
            Impair("tcp", server.port, "--delay", "1300ms", "--idle-timeout", "1") as impair:
        with connect(impair) as client:
            client.sendall(b"x")
            assert read_exactly(client, 1) == b"x"
            client.shutdown(socket.SHUT_WR)
            assert read_all(client) == b""
        impair.out.wait_for('"finished"')


def test_receiver_that_never_reads_is_idle():
    with Impair("tcp", server_sending(noise(8_000_000)), "--delay", "1ms", "--idle-timeout", "0.3") as impair, \
            late_reader(impair):
        impair.out.wait_for('"idle"')


def test_waiting_reset_ends_at_the_idle_timeout():
    with Impair("tcp", server_resetting(CONTENT), "--idle-timeout", "0.3") as impair, late_reader(impair) as client:
        client.sendall(b"x")
        impair.out.wait_for('"broken"')  # printed after the reset: reading makes no room for more bytes
        assert len(read_until_reset(client)) < len(CONTENT)


def test_backpressure_reaches_the_sender():
    taken = []
    held_up = threading.Event()

    def flood(connection):
        connection.settimeout(0.5)
        try:
            while True:
                taken.append(connection.send(bytes(65536)))
        except TimeoutError:
            held_up.set()
            connection.shutdown(socket.SHUT_WR)
            read_all(connection)
    with Impair("tcp", tcp_server_of(flood), "--delay", "1ms") as impair, connect(impair) as client:
        assert held_up.wait(TIMEOUT)
        assert sum(map(len, iter(lambda: client.recv(1 << 20), b""))) == sum(taken)


def test_concurrent_clients():
    with Server("tcp", "serve", "--echo", "-q") as server, \
            Impair("tcp", server.port, "--delay", "10ms", "--max-clients", "20") as impair:
        clients = [connect(impair) for _ in range(20)]
        for number, client in enumerate(clients):
            client.sendall(b"%02d" % number)
        for number, client in enumerate(clients):
            assert read_exactly(client, 2) == b"%02d" % number
            client.close()
        # A connection occupies its slot until both ends have finished.
        with connect(impair) as another:
            another.sendall(b"x")
            assert read_exactly(another, 1) == b"x"


def test_stops_while_a_connection_is_stalled():
    impair = Impair("tcp", server_sending(CONTENT), "--stall-after", "1")
    impair.__enter__()
    with connect(impair) as client:
        assert read_exactly(client, 1) == CONTENT[:1]
        impair.__exit__(None)
        assert '"stopped"' in impair.out.text() and impair.summary[None]["down"] == 1


@pytest.mark.parametrize("how", ["--cut-after", "--reset-after"])
def test_broken_download_resumes(how, tmp_path):
    (tmp_path / "directory").mkdir()
    (tmp_path / "directory/file").write_bytes(CONTENT)
    with Server("ftp", "serve", "directory", "-q", cwd=tmp_path) as server, \
            Impair("tcp", server.port, how, "100K") as impair:
        done = netlab("ftp", "get", impair.address, "file", cwd=tmp_path)
        assert done.status == 1 and not (tmp_path / "file").exists()
        assert 90_000 < (tmp_path / "file.part").stat().st_size < 102_400
        done = netlab("ftp", "get", impair.address, "file", "--retry", "10", cwd=tmp_path)
        assert done.status == 0, done
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_stalled_download_times_out_and_resumes(tmp_path):
    (tmp_path / "directory").mkdir()
    (tmp_path / "directory/file").write_bytes(CONTENT)
    with Server("ftp", "serve", "directory", "-q", cwd=tmp_path) as server:
        with Impair("tcp", server.port, "--stall-after", "200K") as impair:
            done = netlab("ftp", "get", impair.address, "file", "--timeout", "0.5", cwd=tmp_path)
            assert done.status == 1 and "timed out" in done.err, done
        assert netlab("ftp", "get", server.address, "file", cwd=tmp_path).status == 0
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_the_sheets_download_client_and_server(tmp_path):
    (tmp_path / "source").write_bytes(CONTENT)
    port = free_port()
    server = subprocess.Popen([peer("server_broken_ftp", tmp_path), str(port), tmp_path / "source"],
                              stdout=subprocess.DEVNULL)
    client = peer("client_broken_ftp", tmp_path)
    try:
        wait_until_listening(port)
        with Impair("tcp", port, "--cut-after", "100K") as impair:
            done = subprocess.run([client, "127.0.0.1", str(impair.port), tmp_path / "copy"], input=b"0\n",
                                  capture_output=True, timeout=TIMEOUT)
            assert done.returncode == 0, done
            assert (tmp_path / "copy").read_bytes() == CONTENT[:102_400]
    finally:
        server.kill()
        server.wait()


@pytest.mark.parametrize("words, why", [
    ("9000", "FORWARD is required"), ("9000 8888 --cut-after x", "--cut-after"),
    ("9000 8888 --split 0", "--split"), ("9000 8888 --up cut=1", "must be one of delay, rate"),
    ("9000 8888 --seed 1", "--seed"), ("9000 8888 --loss 1%", "--loss"),
    ("9000 8888 --idle-timeout 0", "--idle-timeout")])
def test_usage(words, why):
    done = netlab("impair", "tcp", *words.split())
    assert done.status == 2 and done.out == b"" and why in done.err and done.err.count("\n") == 1, done
