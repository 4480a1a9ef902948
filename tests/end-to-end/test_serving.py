"""The five serving models: blocking clients, limits, leaks, and stopping."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from running import (MODELS, NETLAB, PATIENCE, PRELOAD, SANITIZED, TIMEOUT, Server, children, environment,
                     eventually, netlab, read_all, read_exactly, read_line, resident)

CONCURRENT = MODELS[1:]
SESSIONS = 200 if SANITIZED or PRELOAD else 2000


def exchange(server, message=b"hello"):
    with server.connect() as client:
        client.sendall(message)
        client.shutdown(socket.SHUT_WR)
        return read_all(client)


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def threads(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


def test_silent_client_blocks_the_iterative_server():
    with Server("tcp", "serve", "--echo", "--iterative") as server:
        with server.connect(), server.connect() as second:
            second.sendall(b"hello")
            second.settimeout(0.3)
            with pytest.raises(TimeoutError):
                second.recv(5)
        assert exchange(server) == b"hello"


@pytest.mark.parametrize("model", CONCURRENT)
def test_silent_client_does_not_block_others(model):
    with Server("tcp", "serve", "--echo", "--" + model) as server:
        with server.connect():
            assert exchange(server) == b"hello"


@pytest.mark.parametrize("model", ["epoll", "uring"])
def test_pipelining_client_does_not_starve_others(model, tmp_path):
    """A client that pipelines thousands of requests must not starve another client."""
    (tmp_path / "file").write_bytes(b"content")
    count = 3_000
    with Server("ftp", "serve", str(tmp_path), "--writable", "--" + model) as server:
        with server.connect() as greedy, server.connect() as modest:
            taker = threading.Thread(target=read_all, args=(greedy,))
            taker.start()
            os.kill(server.pid, signal.SIGSTOP)
            greedy.sendall(b"PUT new 0 0 0 -\n" * count)  # fits into the socket buffers
            modest.sendall(b"GET file 0\n")
            os.kill(server.pid, signal.SIGCONT)
            assert read_line(modest).startswith(b"OK 7")
            greedy.shutdown(socket.SHUT_WR)
            taker.join(TIMEOUT)
            name = "{}:{}".format(*modest.getsockname())
    lines = server.out.text().splitlines()
    assert len(lines) > count and name in "".join(lines[:count // 10]), (name, lines[:3])


def time_stat_request(server):
    with server.connect() as client:
        before = time.monotonic()
        client.sendall(b"STAT file\n")
        assert read_line(client).startswith(b"OK 7")
        return time.monotonic() - before


@pytest.mark.parametrize("model", CONCURRENT)
def test_slow_clients_do_not_block_others(model, tmp_path):
    """Many clients send one byte now and then: another client is served at once, and they are disconnected
    at the request timeout."""
    (tmp_path / "file").write_bytes(b"content")
    count = 50 if SANITIZED else 200
    with Server("ftp", "serve", ".", "--request-timeout", "1", "--" + model,
                cwd=tmp_path) as server:
        started = time.monotonic()
        slow_clients = [server.connect() for _ in range(count)]
        for client in slow_clients:
            client.sendall(b"G")
        # The minimum of several: other load on the machine delays one request, but slow clients would delay all.
        assert min(time_stat_request(server) for _ in range(5)) < 0.1 * PATIENCE
        gone = 0
        while gone < count and time.monotonic() - started < TIMEOUT / 2:
            for client in list(slow_clients):
                client.settimeout(0.001)
                try:
                    client.sendall(b"x")
                    gone_now = client.recv(1) == b""
                except TimeoutError:
                    gone_now = False
                except OSError:
                    gone_now = True
                if gone_now:
                    gone += 1
                    slow_clients.remove(client)
        assert gone == count
        assert time.monotonic() - started > 0.9
        for client in slow_clients:
            client.close()


@pytest.mark.parametrize("model", CONCURRENT)
def test_max_clients(model):
    with Server("tcp", "serve", "--echo", "--max-clients", "2", "--" + model) as server:
        first, second, third = (server.connect() for _ in range(3))
        for client in (first, second):
            client.sendall(b"x")
            assert client.recv(1) == b"x"
        third.sendall(b"x")
        third.settimeout(0.2)
        with pytest.raises(TimeoutError):
            third.recv(1)
        third.settimeout(TIMEOUT)
        first.close()
        assert third.recv(1) == b"x"
        second.close()
        third.close()


@pytest.mark.parametrize("model", MODELS)
def test_sessions_leak_nothing(model):
    """Sessions leave no child processes, descriptors, threads or memory behind."""
    with Server("tcp", "serve", "--echo", "-q", "--" + model) as server:
        for _ in range(SESSIONS // 10):
            exchange(server)
        eventually(lambda: not children(server.pid), "children are left")
        files, memory, running = descriptors(server.pid), resident(server.pid), threads(server.pid)
        for _ in range(SESSIONS):
            assert exchange(server) == b"hello"
        eventually(lambda: not children(server.pid), "children are left")
        # The last session may not have ended when these were first counted.
        eventually(lambda: descriptors(server.pid) <= files, "descriptors are left")
        eventually(lambda: threads(server.pid) <= running, "threads are left")
        if not SANITIZED:
            assert resident(server.pid) - memory < 1024


@pytest.mark.skipif(SANITIZED, reason="under a sanitizer each client has a stack of its own")
@pytest.mark.skipif(bool(PRELOAD), reason="200 clients with 64 KiB each take minutes if every call is short")
@pytest.mark.parametrize("size", [1, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1])
def test_idle_clients_keep_no_buffer(size):
    """Under epoll, a client that is idle after an echo costs a few KiB, whatever the size of its message."""
    message, count = b"m" * size, 200
    with (Server("tcp", "serve", "--echo", "-q", "--epoll", "--max-clients", "1000") as server,
          contextlib.ExitStack() as clients):
        before = resident(server.pid)
        for _ in range(count):
            client = clients.enter_context(server.connect())
            client.sendall(message)
            assert read_exactly(client, size) == message
        assert resident(server.pid) - before < count * 16


def test_fork_leaves_no_zombies():
    with Server("tcp", "serve", "--echo", "-q", "--fork") as server:
        for _ in range(100 if SANITIZED or PRELOAD else 1000):
            exchange(server)
        eventually(lambda: not children(server.pid), "zombies", seconds=2 * PATIENCE)


def test_fork_closes_unneeded_sockets(tmp_path):
    """The parent closes the connected socket, the child the listening one."""
    with Server("tcp", "serve", "--echo", "--fork", "-q") as server, server.connect() as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"

        def sockets(pid):
            links = (os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir())
            return {link for link in links if link.startswith("socket:")}
        (child,) = children(server.pid)
        # The child may answer before the parent has closed its copy.
        parents = eventually(lambda: len(found := sockets(server.pid)) == 1 and found,
                             "the parent keeps the connected socket")
        childs = sockets(child)
        assert len(childs) == 1 and parents != childs


def test_killed_child_is_reported():
    with Server("tcp", "serve", "--echo", "--fork") as server, server.connect() as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        (child,) = children(server.pid)
        os.kill(child, signal.SIGKILL)
        server.out.wait_for("failed: its process was killed by a signal: Killed")
        assert exchange(server) == b"hello"


@pytest.mark.parametrize("model", MODELS)
def test_stopping_lets_sessions_finish(model):
    with Server("tcp", "serve", "--echo", "-q", "--" + model) as server, server.connect() as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        server.process.send_signal(signal.SIGTERM)
        # The listener is closed at once; sessions continue.
        eventually(lambda: refuses(server), "still accepts clients")
        client.sendall(b"y")
        assert client.recv(1) == b"y"
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == b""
        assert server.process.wait(TIMEOUT) == 0


def refuses(server):
    try:
        server.connect().close()
        return False
    except ConnectionError:
        return True


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("signals", [1, 2])
def test_stopping_ends_unfinished_sessions(model, signals):
    """Within the grace period, or at once on a second signal."""
    grace = "0.3" if signals == 1 else "60"
    with Server("tcp", "serve", "--echo", "-q", "--grace", grace, "--" + model) as server:
        with server.connect() as client:
            client.sendall(b"x")
            assert client.recv(1) == b"x"
            server.process.send_signal(signal.SIGINT)
            eventually(lambda: refuses(server), "still accepts clients")
            if signals == 2:
                server.process.send_signal(signal.SIGINT)
            assert server.process.wait(5 * PATIENCE) == 0
            try:
                assert client.recv(1) == b""
            except ConnectionError:
                pass


@pytest.mark.parametrize("model", MODELS)
def test_stopping_during_a_transfer(model, tmp_path):
    (tmp_path / "large").write_bytes(bytes(20_000_000))
    with Server("ftp", "serve", "large", "--grace", "0.2", "--" + model, cwd=tmp_path) as server:
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 10_000)
            client.settimeout(TIMEOUT)
            client.connect(("127.0.0.1", server.port))
            client.sendall(b"0\0")
            assert client.recv(1)
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(5 * PATIENCE) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["large"]


@pytest.mark.parametrize("model", MODELS)
def test_many_concurrent_clients(model):
    with Server("tcp", "serve", "--echo", "-q", "--" + model) as server:
        clients = [server.connect() for _ in range(100)]
        for client in clients:
            client.sendall(b"hello")
            client.shutdown(socket.SHUT_WR)
        for client in clients:
            assert read_all(client) == b"hello"
            client.close()


@pytest.mark.skipif(SANITIZED, reason="measures memory")
def test_memory_of_ten_thousand_silent_clients():
    import resource
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    count = min(10_000, most - 100)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with Server("tcp", "serve", "--echo", "--epoll", "-q", "--max-clients", "20000") as server:
        before = descriptors(server.pid)
        clients = [server.connect() for _ in range(count)]
        eventually(lambda: descriptors(server.pid) == before + count, "not all were accepted")
        assert resident(server.pid) <= 20 * 1024
        for client in clients:
            client.close()


def test_max_per_host(tmp_path):
    """From an address other than loopback, in a network namespace."""
    script = """ip link set lo up && ip address add 192.0.2.1/32 dev lo || exit 77
"$NETLAB" tcp serve --echo --max-per-host 1 --bind 192.0.2.1 -p 0 --port-file port > events &
until [ -s port ]; do :; done
( until [ -e done ]; do :; done ) | "$NETLAB" tcp send 192.0.2.1:$(cat port) > first &
until grep -q "" first events; do :; done
until [ "$(ss -tnH state established 2>/dev/null | wc -l)" -ge 2 ] || [ $((n += 1)) -gt 500 ]; do :; done
"$NETLAB" tcp send 192.0.2.1:$(cat port) second
touch done; wait %2; kill %1; wait %1; cat events"""
    done = subprocess.run(["unshare", "-rn", "bash", "-c", script], cwd=tmp_path, text=True,
                          capture_output=True, timeout=TIMEOUT, env=environment(NETLAB=NETLAB))
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("no network namespace here: " + done.stderr.strip())
    assert "rejected: this host already has 1 connections (--max-per-host)" in done.stdout, done


def test_forbidden_io_uring_is_reported():
    """seccomp(2) answers io_uring_setup with EPERM, as containers do."""
    import ctypes
    import struct
    libc = ctypes.CDLL(None, use_errno=True)

    def forbid():
        # load nr; is it io_uring_setup (425)? EPERM : allow
        program = b"".join(struct.pack("HBBI", *line) for line in [
            (0x20, 0, 0, 0), (0x15, 0, 1, 425), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7FFF0000)])
        buffer = ctypes.create_string_buffer(program)
        filter_ = struct.pack("HxxxxxxP", 4, ctypes.addressof(buffer))
        libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
        libc.prctl(22, 2, ctypes.create_string_buffer(filter_), 0, 0)  # PR_SET_SECCOMP
    done = netlab("tcp", "serve", "--echo", "--uring", "-p", "0", preexec=forbid)
    assert done.status == 1 and done.out == b"", done
    assert re.fullmatch(r"netlab tcp serve: io_uring.*\n", done.err), done


def test_fork_reaps_though_sigchld_was_ignored():
    ignoring = ["/usr/bin/env", "--ignore-signal=CHLD"]
    with Server("tcp", "serve", "--echo", "-q", "--fork", "--max-clients", "2", wrapper=ignoring) as server:
        for _ in range(5):
            exchange(server)
        eventually(lambda: not children(server.pid), "zombies")


# At seven bytes per write, filling the buffers of a connection takes ten seconds: test one model only.
@pytest.mark.parametrize("model", ["epoll"] if PRELOAD else MODELS)
def test_slow_reader_times_out(model, tmp_path):
    """Bytes that the client reads do not extend the deadline of a piece."""
    (tmp_path / "file").write_bytes(bytes(8_000_000))
    with Server("ftp", "serve", ".", "--" + model, "--stall-timeout", "1", cwd=tmp_path) as server:
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 10_000)
            client.connect(("127.0.0.1", server.port))
            client.sendall(b"GET file 0\n")
            given_up = lambda: any("failed" in line for line in server.out.lines)
            end = time.monotonic() + TIMEOUT
            while not given_up() and time.monotonic() < end:
                client.recv(4000)
                threading.Event().wait(0.05)  # 80 kB a second: too slow for a piece of 256 KiB
            server.out.wait_for("failed: send to .*: Connection timed out")
