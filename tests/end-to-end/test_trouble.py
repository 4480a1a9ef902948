"""Bad input and failures: a clear error at the right end, and no loss of data."""

import os
import shutil
import socket
import struct
import subprocess
import threading
import time

import pytest

from running import (MODELS, NETLAB, PATIENCE, PRELOAD, TIMEOUT, Server, environment, eventually, netlab,
                     noise, read_all, read_line, tcp_server_of)

CONTENT = noise(20_000 if PRELOAD else 400_000)


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "secret").write_bytes(b"outside")
    served = tmp_path / "served"
    (served / "sub").mkdir(parents=True)
    (served / "big.bin").write_bytes(CONTENT)
    (served / "out").symlink_to("../secret")
    (served / "outdir").symlink_to("..")
    (served / "absolute").symlink_to(tmp_path / "secret")
    (served / "inside").symlink_to("sub/../big.bin")
    (served / "magic").symlink_to("/proc/self/root" + str(tmp_path / "secret"))
    os.mkfifo(served / "fifo")
    (served / "closed").write_bytes(b"x")
    return tmp_path


@pytest.fixture
def server(directory):
    # At seven bytes per read, a busy machine needs more than 0.5 s for the longest request.
    with Server("ftp", "serve", "served", "--sheet-file", "big.bin", "--request-timeout",
                "3" if PRELOAD else "0.5", "--idle-timeout", "1", "--json", cwd=directory) as running:
        yield running


def still_serves(server, directory):
    done = netlab("ftp", "get", server.address, "big.bin", "-o", "proof", "--restart", cwd=directory)
    assert done.status == 0, done
    assert (directory / "proof").read_bytes() == CONTENT


@pytest.mark.parametrize("name, why", [
    ("../secret", "leads outside the served directory"), ("sub/../../secret", "leads outside the served directory"),
    ("/etc/passwd", "leads outside the served directory"), ("out", "leads outside the served directory"),
    ("outdir/secret", "leads outside the served directory"), ("absolute", "leads outside the served directory"),
    ("magic", "leads outside the served directory"), ("fifo", "Not a regular file"), ("sub", "Is a directory"),
    (".", "Is a directory"), ("nothing", "No such file"), ("big.bin/x", "Not a directory"),
    ("x" * 300, "File name too long"), ("../" * 1300, "leads outside the served directory")])
def test_rejected_names(name, why, directory, server):
    done = netlab("ftp", "get", server.address, name, "-o", "x", cwd=directory)
    assert done.status == 1 and why in done.err, done
    assert not (directory / "x").exists() and not (directory / "x.part").exists()


def test_link_that_stays_inside(directory, server):
    assert netlab("ftp", "get", server.address, "inside", "-o", "-").out == CONTENT


@pytest.mark.parametrize("request_, why", [
    (b"GET big.bin -1\n", b"bad offset"), (b"GET big.bin 99999999999999999999\n", b"bad offset"),
    (b"GET big.bin 0x10\n", b"bad offset"), (b"GET big.bin\n", b"bad offset"),
    (b"GET big.bin 9223372036854775808\n", b"bad offset"), (b"GET %zz 0\n", b"bad name"),
    (b"GET\n", b"missing name"), (b"APPEND big.bin\n", b"unknown command"), (b"PUT big.bin 1 2 0 -\n", b"beyond the size"),
    (b"GET big.bin 0 " + b"t" * 65 + b"\n", b"bad tag"), (b"G" * 16385 + b"\n", b"more than")])
def test_bad_requests_on_the_lab_wire(request_, why, directory, server):
    with server.connect() as client:
        client.sendall(request_)
        answer = read_all(client)
        assert answer.startswith(b"ERROR bad-request ") and why in answer, answer
        assert answer.count(b"\n") == 1
    still_serves(server, directory)


@pytest.mark.parametrize("request_", [
    b"3\0", b"\0\0", b"10", b"-1", b"1\0-5\0\0\0\0\0\0\0\0", b"1\0abc\0\0\0\0\0\0\0",
    b"1\0" + b"\0" * 10, b"2\0" + b"9" * 10, b"1\x00 5\0\0\0\0\0\0\0\0", b"\xff\xfe\xfd"])
def test_bad_requests_on_the_sheets_wire(request_, directory, server):
    with server.connect() as client:
        client.sendall(request_)
        try:
            assert read_all(client) == b""
        except ConnectionResetError:
            pass
    server.out.wait_for('"failed"')
    still_serves(server, directory)


def test_ten_digits_without_nul(directory, server):
    with server.connect() as client:
        client.sendall(b"1\0" + b"%010d" % (len(CONTENT) - 5))
        assert read_all(client) == CONTENT[-5:]


@pytest.mark.parametrize("half", [b"1", b"1\0", b"1\0" + b"123", b"GET big.b", b"GET"])
@pytest.mark.parametrize("model", MODELS)
def test_incomplete_request_times_out(half, model, directory):
    with Server("ftp", "serve", "served", "--sheet-file", "big.bin", "--request-timeout", "0.2",
                "--" + model, cwd=directory) as server, server.connect() as client:
        client.sendall(half)
        try:
            assert read_all(client) == b""
        except ConnectionResetError:
            pass
        server.out.wait_for("failed: .*timed out")
        with server.connect() as other:
            other.sendall(half)
        server.out.wait_for("the peer closed the connection|timed out")


def test_requests_byte_by_byte(directory, server):
    for message in (b"2\0" + b"7".ljust(10, b"\0"), b"GET big.bin 7\n"):
        with server.connect() as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in message:
                client.sendall(bytes([byte]))
            if message.startswith(b"G"):
                assert read_line(client).startswith(b"OK")
            client.shutdown(socket.SHUT_WR)
            assert read_all(client) == CONTENT[7:]


def test_trickling_request_times_out(directory, server):
    started = time.monotonic()
    with server.connect() as client, pytest.raises(OSError):
        client.settimeout(0.05)
        client.sendall(b"G")
        while time.monotonic() < started + TIMEOUT:
            try:
                assert client.recv(1) != b"", "closed"
            except TimeoutError:
                client.sendall(b"G")
            except AssertionError:
                raise OSError("closed")
    assert 0.4 < time.monotonic() - started < 5 * PATIENCE


# At seven bytes per write, filling the buffers of a connection takes ten seconds: test one model only.
@pytest.mark.parametrize("model", ["epoll"] if PRELOAD else MODELS)
def test_client_that_does_not_read_times_out(model, tmp_path):
    (tmp_path / "large").write_bytes(bytes(50_000_000))
    with Server("ftp", "serve", "large", "--stall-timeout", "0.3", "--" + model,
                cwd=tmp_path) as server, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 10_000)
        client.connect(("127.0.0.1", server.port))
        client.sendall(b"0\0")
        server.out.wait_for("failed: .*timed out")


@pytest.mark.parametrize("model", MODELS)
def test_client_that_resets(model, directory):
    with Server("ftp", "serve", "served", "--" + model, cwd=directory) as server:
        for request in (b"", b"GET big", b"GET big.bin 0\n"):
            client = server.connect()
            client.sendall(request)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        still_serves(server, directory)


def test_client_with_an_endless_request(directory, server):
    with server.connect() as client, pytest.raises(OSError):
        for _ in range(100_000):
            client.sendall(b"x" * 65536)
    still_serves(server, directory)


def test_file_that_shrinks_while_sent(tmp_path):
    size = 30_000_000
    (tmp_path / "file").write_bytes(bytes(size))
    with Server("ftp", "serve", ".", cwd=tmp_path) as server, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 10_000)
        client.settimeout(TIMEOUT)
        client.connect(("127.0.0.1", server.port))
        client.sendall(b"GET file 0\n")
        assert read_line(client).startswith(b"OK 30000000 0 ")
        os.truncate(tmp_path / "file", 100)
        assert len(read_all(client)) < size
        server.out.wait_for("file was truncated while being sent")


HOSTILE = {
    "lies about the offset": (b"OK 100 50 t big.bin\n", "for offset 50, not 0"),
    "an offset beyond the size": (b"OK 5 50 t big.bin\n", "offset 50 is beyond the size"),
    "a size of 20 digits": (b"OK 99999999999999999999 0 t big.bin\n", "bad size"),
    "nothing": (b"", "closed the connection in the middle of a line"),
    "an endless line": (b"O" * 20_000, "more than 16384 bytes"),
    "another protocol": (b"220 FTP ready\n", "malformed reply"),
    "escapes": (b"ERROR failed \x1b[2Jgone\n", "\\x1b[2Jgone"),
    "fewer bytes": (b"OK 100 0 t big.bin\nshort", "after 5 of 100 bytes"),
}


@pytest.mark.parametrize("lie", HOSTILE)
def test_hostile_servers(lie, tmp_path):
    answer, why = HOSTILE[lie]

    def serve(client):
        read_line(client)
        client.sendall(answer)
        client.shutdown(socket.SHUT_WR)
        read_all(client)
    port = tcp_server_of(serve)
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "big.bin", cwd=tmp_path)
    assert done.status == 1 and why in done.err, done
    assert "\x1b" not in done.err and not (tmp_path / "big.bin").exists()


@pytest.mark.parametrize("name", [b"..", b".", b"%2F", b"*", b"a%2F..", b"%00"])
def test_server_cannot_choose_the_destination(name, tmp_path):
    def serve(client):
        while read_line(client):
            client.sendall(b"OK 5 0 t " + name + b"\n12345")
    port = tcp_server_of(serve)
    done = netlab("ftp", "get", f"127.0.0.1:{port}", cwd=tmp_path)
    assert done.status == 1 and "no usable name" in done.err, done
    assert list(tmp_path.iterdir()) == []


def test_server_that_sends_more_than_announced(tmp_path):
    def serve(client):
        read_line(client)
        client.sendall(b"OK 5 0 t big.bin\n12345" + b"more" * 100)
    port = tcp_server_of(serve)
    assert netlab("ftp", "get", f"127.0.0.1:{port}", "big.bin", cwd=tmp_path).status == 1
    assert (tmp_path / "big.bin.part").read_bytes() == b"12345"


def test_server_that_resets(tmp_path):
    def serve(client):
        read_line(client)
        client.sendall(b"OK 100 0 t big.bin\nshort")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    done = netlab("ftp", "get", f"127.0.0.1:{tcp_server_of(serve)}", "big.bin", cwd=tmp_path)
    assert done.status == 1 and ("reset by peer" in done.err or "after 5 of" in done.err), done


def test_server_that_stalls(tmp_path):
    over = threading.Event()

    def serve(client):
        read_line(client)
        client.sendall(b"OK 100 0 t big.bin\nshort")
        over.wait(TIMEOUT)
    port = tcp_server_of(serve)
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "big.bin", "--timeout", "0.3", cwd=tmp_path)
    over.set()
    assert done.status == 1 and "timed out" in done.err, done
    assert (tmp_path / "big.bin.part").read_bytes() == b"short"


def test_full_disk(directory, server, tmp_path):
    """A file system of 64 KiB, in a mount namespace."""
    if not shutil.which("unshare"):
        pytest.skip("no unshare(1)")
    small = tmp_path / "small"
    small.mkdir()
    script = (f'mount -t tmpfs -o size=64k none "{small}" || exit 77; cd "{small}"; '
              f'"$NETLAB" ftp get {server.address} big.bin; status=$?; '
              f'stat -c "%n %s" *; exit $status')
    from running import NETLAB
    big = directory / "served/big.bin"
    big.write_bytes(noise(200_000))
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True,
                          timeout=TIMEOUT, env=dict(os.environ, NETLAB=NETLAB))
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("no mount namespace here: " + done.stderr.strip())
    assert done.returncode == 1, done
    assert "netlab ftp get: write big.bin.part: No space left on device" in done.stderr
    assert "big.bin.part 65536" in done.stdout or "big.bin.part 61440" in done.stdout, done.stdout


def test_idle_connection_ends(directory, server):
    with server.connect() as client:
        client.sendall(b"STAT big.bin\n")
        assert read_line(client)
        eventually(lambda: client.recv(1) == b"", "still there")


def test_a_complete_destination_that_is_a_running_program(directory, server):
    """It cannot be opened for writing (ETXTBSY), and does not have to be."""
    for name in ("served/program", "program"):
        shutil.copy(shutil.which("sleep"), directory / name)
    with subprocess.Popen([directory / "program", "60"]) as running:
        done = netlab("ftp", "get", server.address, "program", cwd=directory)
        running.kill()
    size = (directory / "program").stat().st_size
    assert (done.status, done.err) == (0, f"program is already complete ({size} bytes compared)\n"), done


def test_a_complete_destination_on_a_read_only_file_system(directory, server):
    shutil.copy(directory / "served/big.bin", directory / "big.bin")
    script = f'mount -o bind,ro . . && cd "$PWD" && exec "{NETLAB}" ftp get {server.address} big.bin'
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, timeout=TIMEOUT,
                          env=environment(), cwd=directory)
    if "mount:" in done.stderr or "unshare:" in done.stderr:
        pytest.skip("mounting is not allowed: " + done.stderr)
    assert done.returncode == 0 and "big.bin is already complete" in done.stderr, done


def test_localhost_without_a_hosts_file(tmp_path):
    """As in a minimal container: the name means the loopback addresses (RFC 6761), without a name server."""
    script = f'''
        mount --bind /dev/null /etc/hosts && mount --bind /dev/null /etc/resolv.conf || exit 77
        ip link set lo up || exit 77
        exec "{NETLAB}" udp send localhost:9 hello --timeout 5
        '''
    done = subprocess.run(["unshare", "-rmn", "sh", "-c", script], capture_output=True, text=True, timeout=TIMEOUT,
                          env=environment())
    if done.returncode == 77 or "unshare:" in done.stderr:
        pytest.skip("mounting is not allowed: " + done.stderr)
    assert (done.returncode, done.stdout) == (1, ""), done
    assert "127.0.0.1:9: Connection refused" in done.stderr, done
