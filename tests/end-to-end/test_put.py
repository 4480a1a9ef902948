"""ftp put: uploads to a writable server, interrupted and resumed."""

import fcntl
import json
import os
import socket
import stat
import subprocess

import pytest

from impaired import cutting_proxy
from running import (CARRIER, MODELS, NETLAB, PRELOAD, TIMEOUT, Server, environment,
                     eventually, netlab, noise, read_exactly, read_line, tcp_server_of)

SIZE = 200_001 if PRELOAD else 3_000_001
CONTENT = noise(SIZE)
SERVE_OPTIONS = ["--writable"]


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "served").mkdir()
    (tmp_path / "big.bin").write_bytes(CONTENT)
    return tmp_path


def put(server, *words, cwd):
    return netlab("ftp", "put", server.address, *words, cwd=cwd)


@pytest.mark.parametrize("model", MODELS)
def test_put_under_every_model(model, directory):
    os.utime(directory / "big.bin", ns=(1, 1_700_000_000_123_456_789))
    os.chmod(directory / "big.bin", 0o755)
    with Server("ftp", "serve", "served", "--writable", f"--{model}", cwd=directory) as server:
        done = put(server, "big.bin", "--as", "copy.bin", "--verify", "--fsync", cwd=directory)
        assert done.status == 0 and done.out == b"" and "verified" in done.err, done
        line = server.out.wait_for("received")
        assert line.startswith("received copy.bin from 127.0.0.1:") and f"{SIZE} bytes" in line
    copy = directory / "served/copy.bin"
    assert copy.read_bytes() == CONTENT
    assert copy.stat().st_mtime_ns == 1_700_000_000_123_456_789
    assert copy.stat().st_mode & stat.S_IXUSR
    assert [p.name for p in (directory / "served").iterdir()] == ["copy.bin"]


def test_default_name_is_the_file_name(directory, server):
    assert put(server, "./big.bin", cwd=directory).status == 0
    assert (directory / "served/big.bin").read_bytes() == CONTENT
    assert netlab("ftp", "put", cwd=directory).status == 2


def test_two_files_are_both_sent(directory, server):
    """`put HOST *.txt` with two matches: the second file is not the target name of the first."""
    for name in ("a.txt", "b.txt"):
        (directory / name).write_text(name)
    (directory / "served/b.txt").write_text("an older one")
    done = put(server, "a.txt", "b.txt", cwd=directory)
    assert done.status == 0 and "2 files sent" in done.err, done
    assert (directory / "served/a.txt").read_text() == "a.txt"
    assert (directory / "served/b.txt").read_text() == "b.txt"
    done = put(server, "a.txt", "c.txt", cwd=directory)
    assert done.status == 1 and "c.txt: No such file or directory" in done.err, done
    assert sorted(os.listdir(directory / "served")) == ["a.txt", "b.txt"]


def test_as_sets_the_remote_name(directory, server):
    (directory / "tree").mkdir()
    (directory / "tree/leaf").write_text("leaf")
    for words in (["big.bin", "--as", "one"], ["--as", "two", "big.bin", "-t", "sub"], ["-r", "tree", "--as", "three"],
                  ["-r", "tree/", "--as=four/", "-t", "sub"], ["big.bin", "--as", "sub/five"]):
        assert put(server, *words, cwd=directory).status == 0, words
    served = directory / "served"
    assert sorted(os.listdir(served)) == ["one", "sub", "three"]
    assert sorted(os.listdir(served / "sub")) == ["five", "four", "two"]
    for name in ("one", "sub/two", "sub/five"):
        assert (served / name).read_bytes() == CONTENT
    for name in ("three", "sub/four"):
        assert (served / name / "leaf").read_text() == "leaf"
    for words, why in [(["a", "b", "--as", "c"], "--as takes exactly one FILE, but 2 were given"),
                       (["a", "--as", ""], "--as: NAME must not be empty"), (["a", ""], "FILE must not be empty"),
                       (["a", "--as", "x/"], "--as: 'x/' must be the name of a file (use --into for a directory)"),
                       ([""], "FILE must not be empty")]:
        done = put(server, *words, cwd=directory)
        assert done.status == 2 and done.err == f"netlab ftp put: {why}\n", done


def test_writable_server_listens_on_loopback_by_default(directory):
    with Server("ftp", "serve", "served", "--writable", cwd=directory) as server:
        assert server.out.lines[0].startswith("listening on 127.0.0.1:")
        server.err.wait_for("uploads are allowed: listening on loopback only")
    with Server("ftp", "serve", "served", "--writable", "--bind", "0.0.0.0", cwd=directory) as server:
        assert server.out.lines[0].startswith("listening on 0.0.0.0:")
    assert netlab("ftp", "serve", "big.bin", "--writable", "-p", "0", cwd=directory).status == 2


def test_read_only_server(directory):
    with Server("ftp", "serve", "served", cwd=directory) as server:
        for words in (["big.bin"], ["-r", ".", "-t", "x"], ["big.bin", "--restart"]):
            done = put(server, *words, cwd=directory)
            assert done.status == 1 and "this server does not accept uploads" in done.err, done
    assert list((directory / "served").iterdir()) == []


def broken_put(server, name, count, content=CONTENT):
    """An upload whose connection ends after `count` bytes."""
    with server.connect() as client:
        client.sendall(f"PUT {name} {len(content)} 0 0 -\n".encode() + content[:count])
        client.shutdown(socket.SHUT_WR)
        client.recv(1)


@pytest.mark.parametrize("words", [[], ["--resume"]])
def test_resumes_an_interrupted_upload(words, directory, server):
    (directory / "served/big.bin").write_bytes(b"the old one")
    broken_put(server, "big.bin", 150_000)
    assert (directory / "served/big.bin").read_bytes() == b"the old one"
    assert (directory / "served/big.bin.part").read_bytes() == CONTENT[:150_000]
    done = put(server, "big.bin", "--json", *words, cwd=directory)
    assert done.status == 0, done
    event = json.loads(done.out.splitlines()[-1])
    assert event["offset"] == event["compared"] == 150_000 and event["bytes"] == SIZE - 150_000
    assert (directory / "served/big.bin").read_bytes() == CONTENT
    assert [p.name for p in (directory / "served").iterdir()] == ["big.bin"]


def test_damaged_tail_is_sent_again(directory, server):
    broken_put(server, "big.bin", 150_000)
    part = bytearray((directory / "served/big.bin.part").read_bytes())
    part[140_000] ^= 1
    (directory / "served/big.bin.part").write_bytes(part)
    done = put(server, "big.bin", cwd=directory)
    assert done.status == 0 and "replacing the last" in done.err, done
    assert (directory / "served/big.bin").read_bytes() == CONTENT


def test_restart_resumes_nothing(directory, server):
    broken_put(server, "big.bin", 150_000)
    assert f"{SIZE} bytes from offset 0" in put(server, "big.bin", "--restart", cwd=directory).err
    assert (directory / "served/big.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("model", MODELS[1:])
def test_stalled_upload_gives_way_to_the_next(model, directory):
    """A client that lost its connection without the server noticing can upload again before the stall
    timeout."""
    with Server("ftp", "serve", "served", "--writable", f"--{model}", cwd=directory) as server, \
            server.connect() as old:
        old.sendall(f"PUT big.bin {SIZE} 0 0 -\n".encode() + CONTENT[:150_000])
        part = directory / "served/big.bin.part"
        eventually(lambda: part.exists() and part.stat().st_size == 150_000, "it has not arrived")
        assert "another transfer writes to it" in put(server, "big.bin", cwd=directory).err
        done = put(server, "big.bin", "--retry", "9", cwd=directory)
        assert done.status == 0 and "retrying" in done.err, done
        try:
            old.sendall(CONTENT[150_000:])
            assert read_line(old).startswith(b"ERROR busy ")
        except ConnectionError:
            pass
    assert (directory / "served/big.bin").read_bytes() == CONTENT
    assert [p.name for p in (directory / "served").iterdir()] == ["big.bin"]


def test_partial_uploads_are_not_listed(directory, server):
    (directory / "served/mine.part").write_bytes(b"mine")
    broken_put(server, "big.bin", 150_000)
    eventually(lambda: (directory / "served/big.bin.part").exists(), "it has not arrived")
    assert [line.split()[-1] for line in netlab("ftp", "ls", server.address).out.decode().splitlines()
            ] == ["mine.part"]
    assert netlab("ftp", "get", server.address, "-r", "-o", "copy", cwd=directory).status == 0
    assert os.listdir(directory / "copy") == ["mine.part"]


def test_concurrent_upload_is_rejected(directory, server):
    (directory / "served/big.bin.part").write_bytes(b"")
    with open(directory / "served/big.bin.part", "rb") as part:
        fcntl.flock(part, fcntl.LOCK_EX)
        done = put(server, "big.bin", "--restart", cwd=directory)
    assert done.status == 1 and "another transfer writes to it" in done.err, done


def test_busy_files_are_retried_last(directory, server):
    """A busy file is reported and retried; the others are sent anyway."""
    for name in "abc":
        (directory / name).write_bytes(name.encode())
    (directory / "served/b.part").write_bytes(b"")
    with open(directory / "served/b.part", "rb") as part:
        fcntl.flock(part, fcntl.LOCK_EX)
        words = [NETLAB, "ftp", "put", server.address, "-t", ".", "a", "b", "c", "--retry", "9", *CARRIER]
        client = subprocess.Popen(words, cwd=directory, env=environment(), stderr=subprocess.PIPE)
        assert b"b: another transfer writes to it" in client.stderr.readline()
        assert b"retrying" in client.stderr.readline()
        assert (directory / "served/c").read_bytes() == b"c"
        done = put(server, "-t", ".", "--restart", "a", "b", "c", cwd=directory)
        assert done.status == 1 and "b: another transfer" in done.err and "1 failed" in done.err, done
    assert client.wait(TIMEOUT) == 0
    client.stderr.close()
    assert (directory / "served/b").read_bytes() == b"b"


def test_changed_part_is_compared_again(directory, server):
    """The upload is retried when the partial file has changed since it was compared."""
    (directory / "notes").write_bytes(b"hello, world\n")
    (directory / "served/hello").write_bytes(b"hello")
    with server.connect() as asker:
        asker.sendall(b"HASH hello 0 5 4096\n")
        hashed = read_line(asker) + read_line(asker)

    def lose(client):
        for answer in (b"OK 5 0 a-b-c notes.part\n", hashed, b"ERROR changed it has\n"):
            read_line(client)
            client.sendall(answer)
        client.recv(100)

    def take(client):
        read_line(client)
        client.sendall(b"ERROR no-such-file nothing is there\n")
        assert read_line(client).startswith(b"PUT notes 13 0 ")
        read_exactly(client, 13)
        client.sendall(b"OK 13 0 a-b-c notes\n")
    answers = iter([lose, take])
    port = tcp_server_of(lambda client: next(answers)(client), clients=2)
    done = netlab("ftp", "put", f"127.0.0.1:{port}", "notes", "--retry", "1", cwd=directory)
    assert done.status == 0 and "notes: it has; retrying" in done.err, done


def test_file_that_changes_while_sent_replaces_nothing(directory):
    (directory / "served/big.bin").write_bytes(b"the old one")
    with Server("ftp", "serve", "served", "--writable", "--limit-rate", "250K", cwd=directory) as server:
        (directory / "big.bin").write_bytes(CONTENT[:100_000] * 4)
        words = [NETLAB, "ftp", "put", server.address, "big.bin", "--limit-rate", "250K", *CARRIER]
        client = subprocess.Popen(words, cwd=directory, env=environment(), stderr=subprocess.PIPE)
        part = directory / "served/big.bin.part"
        eventually(lambda: part.exists() and part.stat().st_size > 0, "nothing arrived")
        with open(directory / "big.bin", "r+b") as changed:
            changed.write(b"another")
        _, error = client.communicate(timeout=TIMEOUT)
    assert client.returncode == 1 and b"changed while being sent" in error, error
    assert (directory / "served/big.bin").read_bytes() == b"the old one"


@pytest.mark.parametrize("words", [["big.bin"], ["-t", ".", "small", "big.bin"]])
def test_restart_resumes_its_own_part(words, directory, server):
    (directory / "small").write_bytes(b"small")
    (directory / "served/small").write_bytes(b"SMALL")
    (directory / "served/big.bin").write_bytes(CONTENT[:-1] + b"?")  # only its bytes differ
    (directory / "served/big.bin.part").write_bytes(bytes(100_000))
    (directory / "served/big.bin.part.state").write_text("netlab partial 1\ntag \nreplace\n")
    for name in ("small", "big.bin", "served/small", "served/big.bin"):
        os.utime(directory / name, ns=(1, 1))
    with cutting_proxy(server, "--up", f"cut-after={SIZE * 2 // 3}") as proxy:
        done = netlab("ftp", "put", proxy.address, *words, "--restart", "--retry", "5", "--json", cwd=directory)
    assert done.status == 0 and "retrying" in done.err, done
    # Only bytes in flight at the cut are requested twice; an interrupted piece is not counted.
    least = SIZE - 64 * 1024 if PRELOAD else SIZE
    assert least <= json.loads(done.out.splitlines()[-1])["bytes"] < 2 * SIZE, done
    assert (directory / "served/big.bin").read_bytes() == CONTENT
    assert len(words) == 1 or (directory / "served/small").read_bytes() == b"small"


def test_missing_file(directory, server):
    done = put(server, "absent", cwd=directory)
    assert done.status == 1 and "open absent: No such file or directory" in done.err, done
    done = put(server, "served", cwd=directory)
    assert done.status == 1 and "Is a directory" in done.err, done


def test_server_without_a_file(tmp_path):
    done = netlab("ftp", "put", "localhost:1", cwd=tmp_path)
    assert (done.status, done.err) == (1, "netlab ftp put: open localhost:1: No such file or directory "
                                          "(if it is a server, FILE is missing)\n"), done
    done = netlab("ftp", "put", "x" * 300, cwd=tmp_path)
    assert done.status == 1 and done.err.endswith(": File name too long\n"), done


def test_server_that_reports_another_size(directory):
    def answer(client):
        assert read_line(client).startswith(b"PART")
        client.sendall(b"ERROR no-such-file\n")
        assert read_line(client).startswith(b"PUT")
        left = SIZE
        while left > 0:
            left -= len(client.recv(65536))
        client.sendall(b"OK 7 0 a-b-c big.bin\n")
        client.recv(1)
    port = tcp_server_of(answer)
    done = netlab("ftp", "put", f"127.0.0.1:{port}", "big.bin", cwd=directory)
    assert done.status == 1 and f"the server has 7 of {SIZE} bytes" in done.err, done


@pytest.mark.skipif(os.geteuid() != 0, reason="a full disk needs a mount, and that needs root")
def test_full_disk_is_reported_and_files_are_kept(directory):
    disk = directory / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", disk]).returncode != 0:
        pytest.skip("no mount here")
    try:
        (directory / "large").write_bytes(noise(1_000_000))
        (disk / "large").write_bytes(b"old")
        with Server("ftp", "serve", "disk", "--writable", cwd=directory) as server:
            done = put(server, "large", cwd=directory)
            assert done.status == 1 and "No space left on device" in done.err, done
            assert (disk / "large").read_bytes() == b"old"
            (disk / "large.part").unlink()
            many = directory / "many"
            many.mkdir()
            for i in range(100):
                (many / f"f{i}").write_bytes(noise(5_000))
            done = put(server, "-r", "many", cwd=directory)
            assert done.status == 1 and "No space left on device" in done.err, done
            for path in (disk / "many").iterdir():
                if not path.name.endswith(".part"):
                    assert path.read_bytes() == (many / path.name).read_bytes()
    finally:
        subprocess.run(["umount", disk], check=True)
