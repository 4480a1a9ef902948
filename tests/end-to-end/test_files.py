"""ftp serve and ftp get: the three modes, on both wires."""

import ctypes
import errno
import json
import os
import resource
import signal
import struct
import subprocess

import pytest

from impaired import cutting_proxy
from running import (CARRIER, MODELS, NETLAB, PRELOAD, TIMEOUT, Server, environment,
                     eventually, netlab, noise, read_exactly, read_line, tcp_server_of)

SIZE = 200_001 if PRELOAD else 3_000_001
CONTENT = noise(SIZE)
SERVE_OPTIONS = ["--sheet-file", "big.bin"]
WIRES = {"lab": ["big.bin"], "sheet": ["--wire", "sheet"]}


def get(server, wire, *words, cwd):
    return netlab("ftp", "get", server.address, *WIRES[wire], *words, cwd=cwd)


@pytest.mark.parametrize("wire", WIRES)
class TestModes:
    def test_whole(self, wire, directory, server):
        done = get(server, wire, "-o", "copy", cwd=directory)
        assert done.status == 0 and done.out == b"", done
        assert (directory / "copy").read_bytes() == CONTENT
        assert sorted(p.name for p in directory.iterdir()) == ["copy", "served"]

    @pytest.mark.parametrize("kept", [1, 1000, 70_000, SIZE - 1])
    def test_resume_a_file_made_by_other_means(self, wire, kept, directory, server):
        (directory / "copy").write_bytes(CONTENT[:kept])
        done = get(server, wire, "-o", "copy", "--resume", cwd=directory)
        assert done.status == 0, done
        assert (directory / "copy").read_bytes() == CONTENT
        assert f"{SIZE - kept} bytes from offset {kept} " in done.err

    def test_resume_is_the_default_for_an_existing_file(self, wire, directory, server):
        (directory / "copy").write_bytes(CONTENT[:100_000])
        assert "from offset 100000" in get(server, wire, "-o", "copy", cwd=directory).err
        assert (directory / "copy").read_bytes() == CONTENT

    def test_resume_of_a_complete_file(self, wire, directory, server):
        (directory / "copy").write_bytes(CONTENT)
        done = get(server, wire, "-o", "copy", "--resume", cwd=directory)
        assert done.status == 0 and "is already complete" in done.err, done

    def test_nothing_is_appended_to_another_file(self, wire, directory, server):
        other = noise(100_000, seed=2)
        (directory / "copy").write_bytes(other)
        done = get(server, wire, "-o", "copy", "--resume", cwd=directory)
        assert done.status == 1 and "is not the beginning of the remote file" in done.err, done
        assert (directory / "copy").read_bytes() == other

    def test_local_file_longer_than_the_remote_file(self, wire, directory, server):
        (directory / "copy").write_bytes(CONTENT + b"more")
        done = get(server, wire, "-o", "copy", "--resume", cwd=directory)
        assert done.status == 1 and "--restart" in done.err, done
        assert (directory / "copy").read_bytes() == CONTENT + b"more"

    def test_restart_replaces(self, wire, directory, server):
        (directory / "copy").write_bytes(b"something else")
        assert get(server, wire, "-o", "copy", "--restart", cwd=directory).status == 0
        assert (directory / "copy").read_bytes() == CONTENT

    @pytest.mark.parametrize("offset", [0, 1, 150_000, SIZE])
    def test_offset_to_standard_output(self, wire, offset, directory, server):
        done = get(server, wire, "--offset", offset, "-o", "-", cwd=directory)
        assert done.status == 0 and done.out == CONTENT[offset:], done

    def test_offset_writes_in_place(self, wire, directory, server):
        (directory / "copy").write_bytes(CONTENT[:100] + b"?" * 100)
        assert get(server, wire, "--offset", "100", "-o", "copy", cwd=directory).status == 0
        assert (directory / "copy").read_bytes() == CONTENT

    def test_offset_leaves_no_hole(self, wire, directory, server):
        (directory / "copy").write_bytes(b"short")
        done = get(server, wire, "--offset", "100", "-o", "copy", cwd=directory)
        assert done.status == 1 and "would leave a hole" in done.err, done
        assert (directory / "copy").read_bytes() == b"short"

    def test_offset_beyond_the_end(self, wire, directory, server):
        done = get(server, wire, "--offset", SIZE + 1, "-o", "-", cwd=directory)
        assert done.out == b""
        if wire == "lab":  # the sheet's wire cannot report it
            assert done.status == 1 and "beyond the end of file" in done.err, done
        server.out.wait_for(r"offset \d+ is beyond")

    def test_device_is_written_directly(self, wire, directory, server):
        assert get(server, wire, "-o", "/dev/null", cwd=directory).status == 0
        assert not os.path.exists("/dev/null.part")


def test_odd_file_names(directory, server):
    (directory / "served/dir").mkdir()
    for name in ("with space", "new\nline", "*", "%41", "ümlaut", "x" * 255):
        (directory / "served/dir" / name).write_bytes(name.encode())
        assert netlab("ftp", "get", server.address, f"dir/{name}", cwd=directory).status == 0
        assert (directory / name).read_bytes() == name.encode()
    raw = os.fsencode(directory) + b"/served/\xff\xfe"
    with open(raw, "wb") as file:
        file.write(b"not UTF-8")
    done = subprocess.run([os.fsencode(NETLAB), b"ftp", b"get", server.address.encode(), b"\xff\xfe",
                           b"-o", b"-", *map(os.fsencode, CARRIER)], capture_output=True, env=environment(),
                          timeout=TIMEOUT)
    assert done.stdout == b"not UTF-8"


def test_single_file_hides_its_siblings(directory):
    (directory / "other").write_bytes(b"secret")
    with Server("ftp", "serve", "served/big.bin", cwd=directory) as server:
        assert netlab("ftp", "get", server.address, cwd=directory).status == 0
        assert (directory / "big.bin").read_bytes() == CONTENT
        assert netlab("ftp", "get", server.address, "other", "-o", "x", cwd=directory).status == 1


def broken_server(content, after, tag="a-b-c"):
    """A lab wire server that ends the connection after `after` bytes of the file. Returns the port."""
    def answer(client):
        line = read_line(client)
        while line.startswith(b"STAT"):
            client.sendall(f"OK {len(content)} 0 {tag} big.bin\n".encode())
            line = read_line(client)
        if line.startswith(b"HASH"):
            client.sendall(b"ERROR bad-request unknown command\n")
            return
        if not line:
            return
        offset = int(line.split()[2])
        client.sendall(f"OK {len(content)} {offset} {tag} big.bin\n".encode())
        client.sendall(content[offset:offset + after])
    return tcp_server_of(answer, clients=2)


def test_part_is_kept_and_resumed(directory):
    port = broken_server(CONTENT, 150_000)
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "big.bin", cwd=directory)
    assert done.status == 1 and f"after 150000 of {SIZE} bytes" in done.err, done
    assert (directory / "big.bin.part").read_bytes() == CONTENT[:150_000]
    assert not (directory / "big.bin").exists()
    port = broken_server(CONTENT, SIZE)
    # The final check is not answered: the file may have changed, so it is not renamed.
    assert netlab("ftp", "get", f"127.0.0.1:{port}", "big.bin", cwd=directory).status == 1
    assert (directory / "big.bin.part").read_bytes() == CONTENT


def test_changed_file_is_detected(directory, server):
    port = broken_server(CONTENT, 150_000)
    netlab("ftp", "get", f"127.0.0.1:{port}", "big.bin", cwd=directory)
    part = bytearray(CONTENT[:150_000])
    part[100_000] ^= 1
    (directory / "big.bin.part").write_bytes(part)
    done = netlab("ftp", "get", server.address, "big.bin", cwd=directory)
    assert done.status == 1, done
    assert "big.bin has changed since big.bin.part was started; --restart" in done.err
    assert (directory / "big.bin.part").read_bytes() == part
    assert netlab("ftp", "get", server.address, "big.bin", "--restart", cwd=directory).status == 0
    assert (directory / "big.bin").read_bytes() == CONTENT
    assert sorted(p.name for p in directory.iterdir()) == ["big.bin", "served"]


def test_incomplete_file_is_replaced_only_when_complete(directory, server):
    (directory / "big.bin").write_bytes(CONTENT[:100_000])
    with cutting_proxy(server, "--cut-after", "60000") as proxy:
        assert netlab("ftp", "get", proxy.address, "big.bin", cwd=directory).status == 1
    assert (directory / "big.bin").read_bytes() == CONTENT[:100_000]
    assert CONTENT.startswith((directory / "big.bin.part").read_bytes())
    assert netlab("ftp", "get", server.address, "big.bin", cwd=directory).status == 0
    assert (directory / "big.bin").read_bytes() == CONTENT
    assert sorted(p.name for p in directory.iterdir()) == ["big.bin", "served"]


def test_link_is_kept(directory, server):
    (directory / "real").write_bytes(CONTENT[:100_000])
    (directory / "big.bin").symlink_to("real")
    assert netlab("ftp", "get", server.address, "big.bin", cwd=directory).status == 0
    assert (directory / "big.bin").is_symlink() and (directory / "real").read_bytes() == CONTENT


@pytest.mark.skipif(PRELOAD != "", reason="the limit is the library's as well")
def test_no_space_to_copy_an_incomplete_file(directory, server):
    """The incomplete copy is not preferred to the file in the next attempt."""
    (directory / "big.bin").write_bytes(CONTENT[:1_000_000])

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))
    done = netlab("ftp", "get", server.address, "big.bin", cwd=directory, preexec=limit)
    assert done.status == 1 and "copy to big.bin.part: File too large" in done.err, done
    assert sorted(p.name for p in directory.iterdir()) == ["big.bin", "served"]
    assert netlab("ftp", "get", server.address, "big.bin", cwd=directory).status == 0
    assert (directory / "big.bin").read_bytes() == CONTENT


def test_file_replaced_while_sent_is_detected(directory):
    def answer(client):
        for tag in ("first", "second"):
            asked = read_line(client)
            client.sendall(f"OK 5 0 {tag} big.bin\n".encode())
            client.sendall(b"12345" if asked.startswith(b"GET") else b"")
    port = tcp_server_of(answer)
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "big.bin", cwd=directory)
    assert done.status == 1 and "changed while being sent" in done.err, done
    assert not (directory / "big.bin").exists()


def test_killed_download_is_resumed(directory):
    """kill -9 at any time loses no bytes that were written."""
    half = broken_server(CONTENT, SIZE // 2)
    netlab("ftp", "get", f"127.0.0.1:{half}", "big.bin", cwd=directory)
    with Server("ftp", "serve", "served", cwd=directory) as server:
        (directory / "big.bin.part.state").unlink()
        client = subprocess.Popen([NETLAB, "ftp", "get", server.address, "big.bin", "-q", *CARRIER],
                                  cwd=directory, env=environment())
        eventually(lambda: client.poll() is not None
                   or (directory / "big.bin.part.state").exists(), "nothing began")
        client.kill()
        client.wait()
        assert netlab("ftp", "get", server.address, "big.bin", cwd=directory).status == 0
    assert (directory / "big.bin").read_bytes() == CONTENT


def test_second_download_into_the_same_file_is_rejected(directory, server):
    port = broken_server(CONTENT, 100)
    netlab("ftp", "get", f"127.0.0.1:{port}", "big.bin", cwd=directory)
    import fcntl
    with open(directory / "big.bin.part", "rb") as part:
        fcntl.flock(part, fcntl.LOCK_EX)
        done = netlab("ftp", "get", server.address, "big.bin", cwd=directory)
    assert done.status == 1 and "another transfer writes to it" in done.err, done


def test_retry_resumes(directory, server):
    with cutting_proxy(server, "--cut-after", SIZE * 2 // 3) as proxy:
        done = netlab("ftp", "get", proxy.address, "big.bin", "--retry", "3", cwd=directory)
    assert done.status == 0 and "retrying" in done.err, done
    assert (directory / "big.bin").read_bytes() == CONTENT


def test_concurrent_downloads(directory):
    count = 3 if PRELOAD else 8
    for model in MODELS[1:]:
        with Server("ftp", "serve", "served", "--" + model, cwd=directory) as server:
            clients = [subprocess.Popen([NETLAB, "ftp", "get", server.address, "big.bin", "-q", "-o",
                                         f"{model}-{i}", *CARRIER], cwd=directory, env=environment())
                       for i in range(count)]
            assert [client.wait(TIMEOUT) for client in clients] == [0] * count
        for i in range(count):
            assert (directory / f"{model}-{i}").read_bytes() == CONTENT


def test_one_connection_serves_many_requests(directory, server):
    (directory / "served/small").write_bytes(b"12345")
    with server.connect() as client:
        client.sendall(b"STAT small\nGET small 0\nGET nothing 0\nGET small 3\n")
        answers = [read_line(client) for _ in range(2)]
        assert answers[0].startswith(b"OK 5 0 ") and answers[1] == answers[0]
        assert read_exactly(client, 5) == b"12345"
        assert read_line(client).startswith(b"ERROR no-such-file ")
        assert read_line(client).startswith(b"OK 5 3 ")
        assert read_exactly(client, 2) == b"45"


def test_events_as_json(directory):
    with Server("ftp", "serve", "served", "--json", cwd=directory) as server:
        done = netlab("ftp", "get", server.address, "big.bin", "--json", cwd=directory)
        event = json.loads(done.out.splitlines()[-1])  # after the progress events of a slow machine
        assert event["event"] == "done" and event["bytes"] == SIZE
        assert event["destination"] == "big.bin" and event["offset"] == 0
        failed = netlab("ftp", "get", server.address, "nothing", "--json", cwd=directory)
        assert failed.status == 1 and json.loads(failed.out)["event"] == "error"
        server.out.wait_for('"event":"sent"')
    assert all(json.loads(line)["event"] for line in server.out.lines)



@pytest.mark.skipif(bool(PRELOAD), reason="the transfer never stops half-way")
def test_bytes_in_a_pipe_are_not_sent_again(directory):
    """--retry cannot take back bytes that a reader of the pipe has received."""
    def half(client):
        read_line(client)
        client.sendall(b"OK 10 0 tag x\n01234")
    os.mkfifo(directory / "fifo")
    reader = subprocess.Popen(["cat", directory / "fifo"], stdout=subprocess.PIPE)
    done = netlab("ftp", "get", f"127.0.0.1:{tcp_server_of(half)}", "x", "-o", "fifo", "--retry", "2",
                  cwd=directory)
    assert done.status == 1 and "after 5 of 10 bytes" in done.err, done
    assert reader.communicate(timeout=TIMEOUT)[0] == b"01234"


# fsync(2) and fdatasync(2).
SYNC_CALLS = {"x86_64": (74, 75), "aarch64": (82, 83)}.get(os.uname().machine)


def fail_sync_calls():
    """A preexec_fn: a seccomp(2) filter makes both calls fail with EIO, which reveals that they are made."""
    load, equal, give = 0x20, 0x15, 0x06
    program = b"".join(struct.pack("HBBI", *line) for line in [
        (load, 0, 0, 0), (equal, 1, 0, SYNC_CALLS[0]), (equal, 0, 1, SYNC_CALLS[1]),
        (give, 0, 0, 0x00050000 | errno.EIO), (give, 0, 0, 0x7fff0000)])
    code = ctypes.create_string_buffer(program)
    filter_ = ctypes.create_string_buffer(struct.pack("HP", 5, ctypes.addressof(code)))
    libc = ctypes.CDLL(None)
    no_new_privileges, set_seccomp, by_filter = 38, 22, 2
    libc.prctl(no_new_privileges, 1, 0, 0, 0)
    assert libc.prctl(set_seccomp, by_filter, filter_, 0, 0) == 0


@pytest.mark.skipif(not SYNC_CALLS, reason="the numbers of its system calls are not known here")
@pytest.mark.parametrize("words", [["big.bin"], ["small"], ["big.bin", "--streams", "2"],
                                   ["-r", "-o", "all"]], ids=lambda words: "-".join(words))
def test_fsync(words, directory, server):
    """If syncing fails, so does the download; without --fsync nothing is synced."""
    (directory / "served/small").write_bytes(b"small")
    done = netlab("ftp", "get", server.address, *words, "--fsync", cwd=directory,
                  preexec=fail_sync_calls)
    assert done.status == 1 and "sync " in done.err and "Input/output error" in done.err, done
    done = netlab("ftp", "get", server.address, *words, cwd=directory, preexec=fail_sync_calls)
    assert done.status == 0, done
