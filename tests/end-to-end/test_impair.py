"""impair udp: a network with configurable faults between any two programs."""

import csv
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from impaired import Impair
from running import (NETLAB, TIMEOUT, Lines, Server, environment, eventually, free_port, netlab, noise,
                     peer, wait_until_bound)

SEED = "20"


def udp_socket(timeout=TIMEOUT):
    own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    own.settimeout(timeout)
    own.bind(("127.0.0.1", 0))
    return own


class Ends:
    """A client socket and a server socket of the test, with netlab impair between them."""

    def __init__(self, *words):
        self.directory = tempfile.TemporaryDirectory()
        self.log = Path(self.directory.name, "log.csv")
        self.server = udp_socket()
        self.client = udp_socket()
        self.impair = Impair("udp", self.server.getsockname()[1], "--log", self.log, *words)

    def __enter__(self):
        self.impair.__enter__()
        self.connect()
        return self

    def __exit__(self, *reason):
        self.impair.__exit__(*reason)
        self.client.close()
        self.server.close()
        self.directory.cleanup()

    def connect(self):
        self.client.connect(("127.0.0.1", self.impair.port))

    def rows(self, direction="up"):
        """The rows of the log."""
        whole = self.log.read_text().rpartition("\n")[0]  # the last line may be incomplete
        return [row for row in csv.DictReader(whole.splitlines()) if row["direction"] == direction]

    def send_up(self, messages, singly=False):
        """Sends all messages. With `singly`, sends each one once the one before is in the log. Returns those
        that arrive: exactly as many as the log reports."""
        before = len(self.rows())
        for sent, message in enumerate(messages, 1):
            self.client.send(message)
            if singly or sent == len(messages):
                eventually(lambda: len(self.rows()) >= before + sent, "not all are in the log")
        passed = sum(1 + int(row["duplicated"]) for row in self.rows()[before:] if row["fate"] == "passed")
        found = []
        for _ in range(passed):
            message, self.sender = self.server.recvfrom(70_000)
            found.append(message)
        self.server.setblocking(False)
        with pytest.raises(BlockingIOError):
            self.server.recv(100)
        self.server.settimeout(TIMEOUT)
        return found


def numbered(count):
    return [b"%d" % number for number in range(1, count + 1)]


def ordinals(messages):
    return [int(message) for message in messages]


def test_passes_everything_by_default():
    messages = [b"", b"x", noise(1472), noise(65507), b"last"]
    with Ends() as ends:
        assert ends.send_up(messages) == messages
        for message in messages:
            ends.server.sendto(message, ends.sender)
            assert ends.client.recv(70_000) == message
    for direction in ("up", "down"):
        summary = ends.impair.summary[direction]
        assert (summary["came"], summary["passed"]) == (5, 5)
        assert summary["bytes"] == sum(map(len, messages))
        assert not any(summary[name] for name in summary if name not in (
            "event", "direction", "came", "passed", "bytes"))


@pytest.mark.parametrize("share, passed", [("0%", 100), ("100%", 0)])
def test_loss_of_0_and_100_percent_is_exact(share, passed):
    with Ends("--loss", share) as ends:
        assert len(ends.send_up(numbered(100))) == passed
    assert ends.impair.summary["up"]["lost"] == 100 - passed


# The ordinal decides whether a packet is lost; timing, delay and other impairments do not matter.
def test_same_seed_loses_the_same_packets():
    def passed(*words, singly=False, seed=SEED):
        with Ends("--loss", "20%", "--seed", seed, *words) as ends:
            return sorted(set(ordinals(ends.send_up(numbered(100), singly))))
    first = passed()
    assert 60 < len(first) < 95
    assert passed(singly=True) == first
    assert passed("--delay", "20ms", "--jitter", "10ms") == first
    assert passed("--duplicate", "50%", "--reorder", "50%") == first
    assert passed(seed="21") != first


def test_printed_seed_repeats_the_run():
    with Ends("--loss", "20%") as ends:
        first = ends.send_up(numbered(100))
        seed = ends.impair.forwarding()["seed"]
    with Ends("--loss", "20%", "--seed", seed) as ends:
        assert ends.send_up(numbered(100)) == first


def test_each_client_has_its_own_losses():
    with Ends("--loss", "50%", "--seed", SEED) as ends:
        first = ends.send_up(numbered(100))
        ends.client.close()
        ends.client = udp_socket()
        ends.connect()
        second = ends.send_up(numbered(100))
        assert first != second
    assert ends.impair.clients["clients"] == 2


# A second implementation of the decisions that docs/impair.md describes.
def scramble(number):
    number = (number + 0x9e3779b97f4a7c15) % 2**64
    number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9 % 2**64
    number = (number ^ (number >> 27)) * 0x94d049bb133111eb % 2**64
    return number ^ (number >> 31)


def test_losses_match_the_documented_algorithm():
    def is_lost(seed, stream, ordinal):
        number = scramble(scramble(scramble(scramble(seed) ^ stream) ^ ordinal) ^ 1)
        return (number >> 11) / 2**53 < 0.2
    with Ends("--loss", "20%", "--seed", SEED) as ends:
        found = ordinals(ends.send_up(numbered(100)))
    assert found == [n for n in range(1, 101) if not is_lost(int(SEED), 2, n)]


@pytest.mark.parametrize("words, missing", [
    (["--drop", "first"], {1}), (["--drop", "3"], {3}), (["--drop", "3,5,7-9"], {3, 5, 7, 8, 9}),
    (["--drop-every", "7"], {7, 14}), (["--up", "drop=3,5,drop-every=10"], {3, 5, 10, 20}),
    (["--down", "drop=1-20"], set())])
def test_named_packets_are_dropped(words, missing):
    with Ends(*words) as ends:
        assert ordinals(ends.send_up(numbered(20))) == [n for n in range(1, 21) if n not in missing]
    assert ends.impair.summary["up"]["dropped"] == len(missing)


def test_options_per_direction():
    with Ends("--drop", "2", "--up", "loss=100%,drop=1") as ends:
        assert ends.send_up(numbered(3)) == []
    with Ends("--drop", "2", "--down", "drop=first") as ends:
        assert ends.send_up(numbered(3)) == [b"1", b"3"]
        for message in numbered(3):
            ends.server.sendto(message, ends.sender)
        assert [ends.client.recv(100), ends.client.recv(100)] == [b"2", b"3"]


def test_delay_delays_and_keeps_the_order():
    with Ends("--delay", "100ms", "--jitter", "50ms") as ends:
        begin = time.monotonic()
        for message in numbered(50):
            ends.client.send(message)
        assert ends.server.recv(100) == b"1"
        assert time.monotonic() - begin >= 0.05
        assert [int(ends.server.recv(100)) for _ in range(49)] == list(range(2, 51))


def test_reordered_packets_are_overtaken():
    with Ends("--reorder", "20%", "--reorder-by", "500ms", "--seed", SEED) as ends:
        found = ordinals(ends.send_up(numbered(50)))
        held = [int(row["ordinal"]) for row in ends.rows() if row["reordered"] == "1"]
    assert held and found == [n for n in range(1, 51) if n not in held] + held


def test_duplicates():
    with Ends("--duplicate", "100%") as ends:
        assert ends.send_up([b"one", b"", b"three"]) == [b"one", b"one", b"", b"", b"three", b"three"]
    assert ends.impair.summary["up"]["duplicated"] == 3


def test_corrupt_flips_one_bit():
    messages = [noise(100, seed) for seed in range(20)]
    with Ends("--corrupt", "100%") as ends:
        found, rows = ends.send_up(messages), ends.rows()
    for message, corrupted, row in zip(messages, found, rows, strict=True):
        flipped = bytearray(message)
        flipped[int(row["flipped_bit"]) // 8] ^= 1 << int(row["flipped_bit"]) % 8
        assert corrupted == flipped
    assert ends.impair.summary["up"]["corrupted"] == 20


def test_rate_is_kept():
    with Ends("--rate", "100K", "--queue", "1000") as ends:
        begin = time.monotonic()
        for message in [noise(1024)] * 50 + [b"last"]:
            ends.client.send(message)
        while ends.server.recv(2000) != b"last":
            pass
        assert time.monotonic() - begin >= 0.5  # 50 KiB at 100 KiB a second
    assert ends.impair.summary["up"]["overflowed"] == 0


def test_overflow_is_counted_separately():
    with Ends("--rate", "10K", "--queue", "5", "--loss", "50%", "--seed", SEED) as ends:
        found = ordinals(ends.send_up([message.rjust(50) for message in numbered(100)]))
        fates = {int(row["ordinal"]): row["fate"] for row in ends.rows()}
    summary = ends.impair.summary["up"]
    assert summary["lost"] > 30 and summary["overflowed"] > 10
    assert summary["lost"] + summary["overflowed"] + summary["passed"] == summary["came"] == 100
    assert found == [n for n in fates if fates[n] == "passed"]
    assert list(fates.values()).count("overflow") == summary["overflowed"]


def test_log_agrees_with_what_arrived():
    with Ends("--loss", "30%", "--duplicate", "20%", "--delay", "5ms") as ends:
        found = ordinals(ends.send_up([message.rjust(10) for message in numbered(200)]))
        ends.server.sendto(b"back", ends.sender)
        down = eventually(lambda: ends.rows("down"), "the log is late")
        up = ends.rows()
    assert [int(row["ordinal"]) for row in up] == list(range(1, 201))
    assert found == [int(row["ordinal"]) for row in up if row["fate"] == "passed"
                     for _ in range(1 + int(row["duplicated"]))]
    assert {row["bytes"] for row in up} == {"10"} and {row["client"] for row in up + down} == {"1"}
    times = [float(row["time"]) for row in up + down]
    assert times == sorted(times)
    assert all(float(row["delay"]) == 0.005 for row in up if row["fate"] == "passed")


def test_datagrams_joined_by_the_kernel_are_impaired_individually():
    udp_segment = 103  # linux/udp.h: cut what is sent into datagrams of this size
    datagrams = [b"%04d" % number for number in range(1, 41)] + [b"end"]
    with Ends("--drop", "3,5", "--duplicate", "100%") as ends:
        ends.client.setsockopt(socket.IPPROTO_UDP, udp_segment, 4)
        ends.client.send(b"".join(datagrams))
        eventually(lambda: len(ends.rows()) == 41, "not all are in the log")
        expected = [datagram for datagram in datagrams if datagram not in (b"0003", b"0005") for _ in "12"]
        assert [ends.server.recv(100) for _ in expected] == expected


def test_kernel_drops_are_counted_separately():
    lasts = []
    with Ends("--loss", "50%") as ends:
        ends.impair.process.send_signal(signal.SIGSTOP)
        for _ in range(20_000):
            ends.client.send(b"x" * 100)
        ends.impair.process.send_signal(signal.SIGCONT)

        def last_has_arrived():
            lasts.append(ends.client.send(b"last"))  # also lost while the buffer is full
            rows = ends.rows()
            return rows and rows[-1]["bytes"] == "4"
        eventually(last_has_arrived, "the last message has not arrived")
    summary = ends.impair.summary["up"]
    assert summary["missed"] > 1000
    assert 20_000 < summary["missed"] + summary["came"] <= 20_000 + len(lasts)
    assert 0.4 < summary["lost"] / summary["came"] < 0.6


def test_clients_receive_only_their_own_replies():
    with Server("udp", "echo", "-q") as server, Impair("udp", server.port) as impair:
        clients = [udp_socket() for _ in range(20)]
        for number, client in enumerate(clients):
            client.sendto(b"%d" % number, ("127.0.0.1", impair.port))
        assert [client.recv(100) for client in clients] == [b"%d" % n for n in range(20)]
    assert impair.clients["clients"] == 20


def test_max_clients_until_one_is_idle():
    with Server("udp", "echo", "-q") as server, \
            Impair("udp", server.port, "--max-clients", "1", "--idle-timeout", "0.2", "-v") as impair:
        one, other = udp_socket(), udp_socket(0.05)
        one.sendto(b"one", ("127.0.0.1", impair.port))
        assert one.recv(100) == b"one"

        def answered():
            other.sendto(b"other", ("127.0.0.1", impair.port))
            try:
                return other.recv(100) == b"other"
            except TimeoutError:
                return False
        eventually(answered, "the first client is not forgotten")
        impair.err.lines.clear()  # may report that there was no slot
    assert impair.clients["clients"] == 2


def test_missing_server():
    gone = udp_socket()
    port = gone.getsockname()[1]
    gone.close()
    with Impair("udp", port) as impair:
        with udp_socket(0.1) as client:
            for message in numbered(3):
                client.sendto(message, ("127.0.0.1", impair.port))
            with pytest.raises(TimeoutError):
                client.recv(100)
    assert impair.clients["refused"] > 0 and impair.summary["up"]["passed"] == 3


def test_port_file_and_server_by_name(tmp_path):
    with Server("udp", "echo", "-q") as server:
        with Impair("udp", f"localhost:{server.port}", "--port-file", tmp_path / "port") as impair:
            assert (tmp_path / "port").read_text() == f"{impair.port}\n"
            assert netlab("udp", "send", impair.address, "x").out == b"x\n"


@pytest.mark.parametrize("listen, host", [("0.0.0.0:0", "127.0.0.2"), ("[::]:0", "127.0.0.2"), ("[::1]:0", "::1")])
def test_replies_come_from_the_address_of_the_request(listen, host):
    with Server("udp", "echo", "-q") as server:
        process = subprocess.Popen([NETLAB, "impair", "udp", listen, str(server.port)], env=environment(),
                                   stdout=subprocess.PIPE)
        try:
            port = int(Lines(process.stdout).wait_for(r"listening on .*\(impair udp\)").split(":")[-1].split()[0])
            with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.settimeout(TIMEOUT)
                client.sendto(b"x", (host, port))
                answer, sender = client.recvfrom(100)
            assert answer == b"x" and sender[:2] == (host, port)
        finally:
            process.terminate()
            assert process.wait(TIMEOUT) == 0


def test_sheets_programs_with_a_lost_packet(tmp_path):
    program, port = peer("server_udp", tmp_path), free_port()
    client = peer("client_udp", tmp_path)
    server = subprocess.Popen([program, str(port)], stdout=subprocess.DEVNULL)
    try:
        wait_until_bound(port)
        with Impair("udp", port, "--delay", "20ms") as impair:
            done = subprocess.run([client, "127.0.0.1", str(impair.port)], input=b"hello\nand bye\n",
                                  capture_output=True, timeout=TIMEOUT)
            assert done.stdout == b"Enter message : hello\nEnter message : and bye\nEnter message : "
        with Impair("udp", port, "--down", "drop=2") as impair:
            done = netlab("udp", "send", impair.address, "one", "two", "three", "--timeout", "1")
            assert (done.status, done.out) == (1, b"one\nthree\n"), done
    finally:
        server.kill()
        server.wait()


@pytest.mark.parametrize("words, why", [
    ("", "LISTEN is required"), ("9000", "FORWARD is required"), ("9000 localhost", "must have a port"),
    ("9000 0", "the port must not be 0"), ("9000 99999", "99999"), ("9000 8888 --loss 0.1", "0.1"),
    ("9000 8888 --loss 101%", "101%"), ("9000 8888 --delay 40", "40"), ("9000 8888 --rate 0", "--rate"),
    ("9000 8888 --drop 0", "--drop"), ("9000 8888 --drop-every 0", "--drop-every"),
    ("9000 8888 --burst 0", "--burst"), ("9000 8888 --loss 60% --burst 1", "50%"),
    ("9000 8888 --up los=1%", "los"), ("9000 8888 --down loss", "NAME=VALUE"),
    ("9000 8888 --up loss=1=2", "--up"), ("9000 8888 --queue -1", "--queue"),
    ("9000 8888 --max-clients 0", "--max-clients"), ("9000 8888 --idle-timeout 0", "--idle-timeout"),
    ("9000 8888 --los 1%", "--loss"), ("9000 8888 more", "more")])
def test_usage(words, why):
    done = netlab("impair", "udp", *words.split())
    assert done.status == 2 and done.out == b"" and why in done.err and done.err.count("\n") == 1, done


def test_forwarding_to_itself_is_rejected():
    port = free_port()
    for listen in (f"127.0.0.1:{port}", f"0.0.0.0:{port}"):
        done = netlab("impair", "udp", listen, f"127.0.0.1:{port}")
        assert done.status == 2 and "FORWARD must differ from LISTEN" in done.err, done
