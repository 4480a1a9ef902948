"""ftp ls, and ftp get and put of many files: directories, odd names, --streams, rate limits."""

import fcntl
import filecmp
import json
import os
import socket
import stat
import subprocess
import threading
import time

import pytest

from impaired import cutting_proxy
from running import (CARRIER, MODELS, NETLAB, PRELOAD, SANITIZED, TIMEOUT, Server,
                     environment, netlab, noise, read_all, read_line, tcp_server_of,
                     with_transport)

SIZE = 300_000 if PRELOAD else 9_000_000
COUNT = 40 if PRELOAD or SANITIZED else 1000
SERVE_OPTIONS = ["--writable"]
ODD_NAMES = [b"a b", b"new\nline", b"tab\t", b"\xff\xfe", b"*", b"%41", b"-r", b"q\"uo'te", b"\x1b[31m",
             "\u00e4\u20ac".encode(), b"x" * 255, b".hidden", b"$HOME"]


def make_tree(top):
    (top / "sub/deep").mkdir(parents=True)
    (top / "empty").mkdir()
    (top / "big.bin").write_bytes(noise(SIZE))
    (top / "sub/program").write_bytes(b"#!/bin/sh\n")
    (top / "sub/program").chmod(0o755)
    for i in range(COUNT):
        (top / f"sub/deep/file{i}").write_bytes(noise(i * 7 % 5000))
    os.utime(top / "sub/deep/file1", ns=(1, 1_000_000_000_987_654_321))
    (top / "odd").mkdir()
    for name in ODD_NAMES:
        with open(os.fsencode(top / "odd") + b"/" + name, "wb") as file:
            file.write(name)


def tree(top):
    """Name, bytes, time and executable bit of everything in a directory."""
    top = os.fsencode(top)
    found = {}
    for path, _, names in os.walk(top):
        found[path[len(top):]] = None
        for name in names:
            status = os.lstat(path + b"/" + name)
            with open(path + b"/" + name, "rb") as file:
                found[path[len(top):] + b"/" + name] = (
                    file.read(), status.st_mtime_ns, status.st_mode & stat.S_IXUSR)
    return found


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "served").mkdir()
    return tmp_path


@pytest.fixture
def served(directory):
    make_tree(directory / "served")
    return directory / "served"


def done_event(done):
    return json.loads(done.out.splitlines()[-1])


class TestLs:
    def test_one_line_per_entry_sorted(self, served, directory, server):
        done = netlab("ftp", "ls", server.address)
        lines = done.out.decode().splitlines()
        assert [line.split()[-1] for line in lines] == ["big.bin", "empty", "odd", "sub"]
        assert lines[0].split()[:2] == ["file", str(SIZE)]
        assert lines[1].split()[:2] == ["folder", "-"]

    def test_json(self, served, directory, server):
        os.utime(served / "big.bin", ns=(1, 1_000_000_000_987_654_321))
        done = netlab("ftp", "ls", server.address, ".", "--json")
        assert json.loads(done.out.splitlines()[0]) == {
            "event": "entry", "name": "big.bin", "kind": "file", "size": SIZE,
            "modified": "2001-09-09T01:46:40.987654321Z"}

    def test_names_are_escaped(self, served, directory, server):
        out = netlab("ftp", "ls", server.address, "odd").out
        assert len(out.splitlines()) == len(ODD_NAMES)
        assert b"\x1b" not in out and b"\xff" not in out and b"\t" not in out

    def test_not_a_directory(self, served, server):
        for name, why in [("absent", "No such file"), ("big.bin", "Not a directory"),
                          ("..", "leads outside the served directory")]:
            done = netlab("ftp", "ls", server.address, name)
            assert done.status == 1 and why in done.err and done.out == b"", done

    @pytest.mark.skipif(bool(PRELOAD) or SANITIZED, reason="too slow")
    def test_every_entry_is_listed_once(self, directory, server):
        """Few entries are sorted; more than 10,000 are listed in the order of arrival."""
        for count in (9_999, 10_001):
            names = {f"{i:05}" for i in range(count)}
            for name in names:
                (directory / "served" / name).touch()
            done = netlab("ftp", "ls", server.address, "--json", cwd=directory)
            shown = [json.loads(line)["name"] for line in done.out.splitlines()]
            assert done.status == 0 and len(shown) == count and set(shown) == names
            assert count > 10_000 or shown == sorted(shown)

    @pytest.mark.skipif(bool(PRELOAD) or SANITIZED, reason="too slow")
    def test_large_directory_is_listed_with_bounded_memory(self, directory, server):
        for i in range(30_000):
            (directory / f"served/{i:08}{'x' * 200}").touch()
        done = netlab("ftp", "ls", server.address, cwd=directory)
        assert done.out.count(b"\n") == 30_000
        with open(f"/proc/{server.pid}/status") as status:
            peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        assert peak < 32 * 1024, f"{peak} KiB"


@pytest.mark.parametrize("model", MODELS)
def test_get_and_put_of_a_directory(model, served, directory):
    with Server("ftp", "serve", "served", "--writable", f"--{model}", cwd=directory) as server:
        done = netlab("ftp", "get", server.address, "-r", "-o", "copy", "--json", cwd=directory)
        assert done.status == 0, done
        assert done_event(done)["files"] == COUNT + len(ODD_NAMES) + 2
        assert tree(directory / "copy") == tree(served)
        done = netlab("ftp", "put", server.address, "-r", "copy", "-t", "up/again", "--json",
                      cwd=directory)
        assert done.status == 0, done
        assert done_event(done)["files"] == COUNT + len(ODD_NAMES) + 2
        assert tree(served / "up/again/copy") == tree(directory / "copy")


def test_complete_files_are_not_transferred_again(served, directory, server):
    for command, words in [("get", ["-r", "-o", "copy"]), ("put", ["-r", "copy", "-t", "up"])]:
        assert netlab("ftp", command, server.address, *words, cwd=directory).status == 0
        done = netlab("ftp", command, server.address, *words, "--json", cwd=directory)
        event = done_event(done)
        # The uploaded files are then fetched as well.
        assert event["files"] == 0 and event["complete"] == COUNT + len(ODD_NAMES) + 2, event


def test_verify_compares_existing_files(directory, server):
    """A file with the same size and time, but other bytes."""
    for name in ("one", "two", "three"):
        (directory / "served" / name).write_bytes(noise(50_000))
    assert netlab("ftp", "get", server.address, "-r", "-o", "copy", cwd=directory).status == 0
    one = directory / "copy/one"
    times = one.stat().st_mtime_ns
    one.write_bytes(noise(50_000, 2))
    os.utime(one, ns=(times, times))
    assert netlab("ftp", "get", server.address, "-r", "-o", "copy", cwd=directory).status == 0
    done = netlab("ftp", "get", server.address, "-r", "-o", "copy", "--verify", cwd=directory)
    assert done.status == 1 and "one is not the beginning of the remote file" in done.err, done
    assert "2 already complete" in done.err
    done = netlab("ftp", "put", server.address, "-r", "copy/.", "--verify", cwd=directory)
    assert done.status == 0 and "copy/./one again: the server's copy differs" in done.err, done
    assert "1 file sent" in done.err and "2 already complete" in done.err
    assert (directory / "served/one").read_bytes() == noise(50_000, 2)


@pytest.mark.parametrize("words", [["--offset", "1"], ["-o", "-"], ["-o", "/dev/null"]])
@pytest.mark.parametrize("asked", [["--verify"], ["--fsync"], ["--streams", "2"]])
def test_whole_file_options_are_rejected_for_partial_downloads(words, asked, directory):
    done = netlab("ftp", "get", "127.0.0.1:1", "x", *words, *asked, cwd=directory)
    assert done.status == 2 and "require a whole file" in done.err and done.err.count("\n") == 1, done


def test_partial_files_are_resumed_and_different_files_are_kept(served, directory, server):
    copy = directory / "copy"
    copy.mkdir()
    content = (served / "big.bin").read_bytes()
    (copy / "big.bin").write_bytes(content[:100_000])
    (copy / "sub/deep").mkdir(parents=True)
    (copy / "sub/deep/file3").write_bytes(b"mine")
    (copy / "sub/deep/file5.part").write_bytes((served / "sub/deep/file5").read_bytes()[:3])
    done = netlab("ftp", "get", server.address, "-r", "-o", "copy", cwd=directory)
    assert done.status == 1 and "1 failed" in done.err, done
    assert "file3 is not the beginning of the remote file" in done.err, done
    assert (copy / "sub/deep/file3").read_bytes() == b"mine"
    assert (copy / "big.bin").read_bytes() == content
    done = netlab("ftp", "get", server.address, "-r", "-o", "copy", "--restart", cwd=directory)
    assert done.status == 0, done
    assert tree(copy) == tree(served)


def test_files_named_like_partial_files(directory, server):
    large = noise(100_000)
    for name, content in [("x", large + b"all of it"), ("x.part", large + b"all"), ("x.part.state", b"?"),
                          ("x.part.part", large), ("x.part.part.part", b"al"),
                          ("x.part.state.new", b"!"), ("x.part.state.part", b"."), ("x.part.part.state", b"*")]:
        (directory / "served" / name).write_bytes(content)
    assert netlab("ftp", "get", server.address, "-r", "-o", "copy", cwd=directory).status == 0
    assert tree(directory / "copy") == tree(directory / "served")
    assert netlab("ftp", "put", server.address, "-r", "copy", cwd=directory).status == 0
    assert tree(directory / "served/copy") == tree(directory / "copy")


def test_foreign_files_named_like_partials_are_kept(directory, server):
    """One belongs to the user, the other is on the server."""
    for place in (directory, directory / "served"):
        (place / "movie").write_bytes(noise(100_000, 1 if place == directory else 2))
    (directory / "movie.part").write_bytes(b"mine")
    (directory / "served/movie.part").write_bytes(b"its")
    done = netlab("ftp", "get", server.address, "movie", "--restart", cwd=directory)
    assert done.status == 1 and "replace movie.part (not created by netlab: move it away)" in done.err, done
    for words in (["movie"], ["movie", "--restart"], ["-t", ".", "movie", "movie.part"]):
        done = netlab("ftp", "put", server.address, *words, cwd=directory)
        assert done.status == 1 and "not known to be an upload" in done.err, done
    assert (directory / "movie.part").read_bytes() == b"mine"
    # Naming the file explicitly sends it.
    assert (directory / "served/movie.part").read_bytes() == b"mine"
    assert (directory / "served/movie").read_bytes() == noise(100_000, 2)
    assert netlab("ftp", "get", server.address, "movie", "-o", "other", cwd=directory).status == 0


def scripted_server(*answers, listed=5):
    """A server that lists a file and then sends these replies to any request."""
    def answer(client):
        read_line(client)
        client.sendall(b"OK 0 0 a-b-c .\nfile %d 0 - x\nEND\n" % listed)
        read_line(client)
        for said in answers:
            client.sendall(said)
        client.shutdown(socket.SHUT_WR)
        read_all(client)  # unread requests would reset the connection
    return tcp_server_of(answer)


@pytest.mark.parametrize("said, why", [
    (b"", "closed the connection in the middle of a line"),
    (b"OK 5 0 a-b-c x\nhe", "the peer closed the connection after 2 of 5 bytes"),
    (b"OK 5 1 a-b-c x\nhell", "for offset 1, not 0"),
    (b"OK 9223372036854775807 0 a-b-c x\nhello", "after 5 of 9223372036854775807 bytes"),
    (b"OK 99999999999999999999 0 a-b-c x\nhello", "bad size"),
    (b"OK -5 0 a-b-c x\nhello", "bad size"),
    (b"hello\n", "malformed reply"), (b"x" * 20000, "a line of more than")])
def test_server_with_wrong_replies(said, why, directory):
    port = scripted_server(said, listed=1 << 20 if b"OK 9223372036854775807" in said else 5)
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "-r", "-o", "copy", cwd=directory)
    assert done.status == 1 and why in done.err, done
    assert set(os.listdir(directory / "copy")) <= {"x.part", "x.part.state"}


@pytest.mark.parametrize("listed", [40_000, 5], ids=["as listed", "grown since"])
def test_file_that_changes_while_sent(listed, directory):
    """A file that arrives in more than one piece is confirmed, so a mixture never gets its final name."""
    def answer(client):
        while line := read_line(client):
            if line.startswith(b"LIST"):
                client.sendall(b"OK 0 0 a-b-c .\nfile %d 1 - x\nfile 2 1 - y\nEND\n" % listed)
            elif line.startswith(b"GET x"):
                client.sendall(b"OK 40000 0 old x 1 -\n" + b"o" * 20_000 + b"n" * 20_000)
            elif line.startswith(b"GET y"):
                client.sendall(b"OK 2 0 a-b-c y 1 -\nyy")
            else:
                client.sendall(b"OK 40000 0 new x 2 -\n")
    port = tcp_server_of(answer, clients=2)
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "-r", "-o", "copy", cwd=directory)
    assert done.status == 1 and "x changed while being sent" in done.err, done
    assert not (directory / "copy/x").exists() and (directory / "copy/y").read_bytes() == b"yy"


@pytest.mark.skipif(bool(PRELOAD), reason="too many bytes to be read seven at a time")
def test_server_with_an_endless_list(directory):
    def answer(client):
        read_line(client)
        client.sendall(b"OK 0 0 a-b-c .\n")
        for _ in range(1_001):
            client.sendall(b"file 0 0 - a\n" * 1000)
    port = tcp_server_of(answer, clients=2)
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "-r", "-o", "copy", cwd=directory)
    assert done.status == 1 and "lists more than 1000000 entries" in done.err, done
    assert os.listdir(directory / "copy") == []


@pytest.mark.skipif(bool(PRELOAD), reason="too many bytes to be read seven at a time")
def test_server_with_too_many_bytes_of_names(directory):
    def answer(client):
        read_line(client)
        client.sendall(b"OK 0 0 a-b-c .\n")
        lines = (b"file 0 0 - " + b"x" * 255 + b"\n") * 1000
        for _ in range(600):
            client.sendall(lines)
    port = tcp_server_of(answer)
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "-r", "-o", "copy", cwd=directory)
    assert done.status == 1 and "more than 134217728 bytes of names" in done.err, done


def test_server_that_replies_with_another_tag(directory):
    """The reply with the rest of the file has another tag than the reply to STAT."""
    (directory / "some.part").write_bytes(b"he")

    def answer(client):
        for answered in (b"OK 5 0 a-b-c some\n", b"ERROR bad-request ?\n"):
            read_line(client)
            client.sendall(answered)

    def answer_on(client):
        read_line(client)
        client.sendall(b"OK 5 0 another some\nhello")
    (directory / "some.part.state").write_text("netlab partial 1\ntag a-b-c\n")
    answers = iter([answer, answer_on])
    port = tcp_server_of(lambda client: next(answers)(client), clients=2)
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "some", cwd=directory)
    assert done.status == 1 and "another version of the file" in done.err, done
    assert (directory / "some.part").read_bytes() == b"he"


def test_server_that_sends_more_than_announced(directory):
    port = scripted_server(b"OK 5 0 a-b-c x\nhello and more")
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "-r", "-o", "copy", cwd=directory)
    assert (directory / "copy/x").read_bytes() == b"hello"
    assert done.status == 0, done


def test_server_that_sends_nothing(directory):
    def answer(client):
        client.recv(100)
        client.recv(100)
    done = netlab("ftp", "get", f"127.0.0.1:{tcp_server_of(answer)}", "-r", "--timeout", "0.2", cwd=directory)
    assert done.status == 1 and "Connection timed out" in done.err, done


@pytest.mark.parametrize("change, works, why", [
    (lambda old: old + b"more", True, "bytes have not"),
    (lambda old: old[:100_000], False, "has changed"),
    (lambda old: old[::-1], False, "has changed")], ids=["grown", "truncated", "replaced"])
def test_remote_file_changes_between_attempts(change, works, why, directory, server):
    content = noise(200_000)
    (directory / "served/some").write_bytes(content)
    status = (directory / "served/some").stat()
    tag = f"{status.st_mtime_ns:x}-{status.st_ctime_ns:x}-{status.st_ino:x}"
    (directory / "some.part").write_bytes(content[:150_000])
    (directory / "some.part.state").write_text(f"netlab partial 1\ntag {tag}\n")
    (directory / "served/some").write_bytes(change(content))
    done = netlab("ftp", "get", server.address, "some", cwd=directory)
    assert why in done.err, done
    if works:
        assert done.status == 0 and (directory / "some").read_bytes() == change(content)
    else:
        assert done.status == 1 and "--restart" in done.err
        assert (directory / "some.part").read_bytes() == content[:150_000]


def test_several_names(served, directory, server):
    done = netlab("ftp", "get", server.address, "big.bin", "sub/program", "absent", "sub", "-o", "to",
                  cwd=directory)
    assert done.status == 1, done
    assert "absent: No such file or directory" in done.err
    assert "sub: Is a directory (--recursive fetches it)" in done.err
    assert sorted(os.listdir(directory / "to")) == ["big.bin", "program"]
    assert filecmp.cmp(directory / "to/big.bin", served / "big.bin", shallow=False)
    done = netlab("ftp", "put", server.address, "to/big.bin", "to/program", "to", "-t", "there",
                  cwd=directory)
    assert done.status == 1 and "to: Is a directory (--recursive sends it)" in done.err, done
    assert sorted(os.listdir(served / "there")) == ["big.bin", "program"]


@pytest.mark.parametrize("words", [["get", "a/x", "b/x", "-o", "c"], ["put", "a/x", "b/x/", "-t", "c"],
                                   ["get", "-r", "sub", "a/sub"]])
def test_names_that_would_collide(words, directory):
    done = netlab("ftp", words[0], "127.0.0.1:1", *words[1:], cwd=directory)
    assert done.status == 2 and "would both become" in done.err, done


def test_missing_name_is_reported_once(directory, server):
    done = netlab("ftp", "get", server.address, "-r", "absent", cwd=directory)
    assert done.status == 1 and done.err.count("absent: No such file") == 1, done
    assert "; 1 failed" in done.err, done


def test_unreadable_file_does_not_stop_the_others(directory, server):
    """Even root may not read /proc/sys/net/ipv4/route/flush."""
    route = "/proc/sys/net/ipv4/route"
    if not os.path.exists(route + "/flush"):
        pytest.skip("no such file here")
    done = netlab("ftp", "put", server.address, "-r", route, cwd=directory)
    assert done.status == 1 and "flush: Permission denied" in done.err, done
    assert "; 1 failed" in done.err, done
    assert sorted(os.listdir(directory / "served/route")) == sorted(
        name for name in os.listdir(route) if name != "flush")


def test_replies_with_long_names_do_not_deadlock(directory, server):
    top = "/".join(["\u00e4" * 120] * 7)
    (directory / "long" / top).mkdir(parents=True)
    for i in range(COUNT // 2):
        (directory / "long" / top / ("\u00fc" * 120 + str(i))).write_bytes(b"x")
    assert netlab("ftp", "put", server.address, "-r", "long", cwd=directory).status == 0
    assert netlab("ftp", "get", server.address, "-r", "long", "-o", "back", cwd=directory).status == 0
    assert tree(directory / "back/long") == tree(directory / "long")


def test_restart_resumes_its_own_part(directory, server):
    large = noise(500_000)
    for name, new, old in (("first", b"first", b"old  "), ("large", large, large[:-1] + b"?")):
        (directory / name).write_bytes(old)
        (directory / "served" / name).write_bytes(new)
        for path in (directory / name, directory / "served" / name):
            os.utime(path, ns=(1, 1))
    with cutting_proxy(server, "--cut-after", "300000") as proxy:
        done = netlab("ftp", "get", proxy.address, "first", "large", "--restart", "--retry", "5", "--json",
                      cwd=directory)
    assert done.status == 0 and "retrying" in done.err, done
    assert done_event(done)["bytes"] == 500_005, done  # no byte twice
    assert (directory / "first").read_bytes() == b"first"
    assert (directory / "large").read_bytes() == large
    assert sorted(os.listdir(directory)) == ["first", "large", "served"]


def test_links_and_devices_are_skipped(served, directory, server):
    (served / "link").symlink_to("big.bin")
    (served / "away").symlink_to("/etc")
    os.mkfifo(served / "fifo")
    done = netlab("ftp", "get", server.address, "-r", "-o", "copy", cwd=directory)
    assert done.status == 0 and "3 skipped" in done.err, done
    assert not os.path.lexists(directory / "copy/link")
    (directory / "copy/link").symlink_to("big.bin")
    os.mkfifo(directory / "copy/fifo")
    done = netlab("ftp", "put", server.address, "-r", "copy", "-t", "up", cwd=directory)
    assert done.status == 0 and "2 skipped" in done.err, done


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "/etc/passwd", "a%2Fb", "a%00b", "x" * 256])
def test_invalid_names_from_a_server(name, directory):
    def answer(client):
        read_line(client)
        client.sendall(f"OK 0 0 a-b-c .\nfile 3 0 - {name}\nEND\n".encode())
        client.recv(100)
    port = tcp_server_of(answer)
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "-r", "-o", "copy", cwd=directory)
    assert done.status == 1, done
    assert sorted(os.listdir(directory)) == ["copy", "served"] and not os.listdir(directory / "copy")


@pytest.mark.parametrize("streams", [2, 4])
def test_streams_share_a_file(streams, served, directory, server):
    done = netlab("ftp", "get", server.address, "big.bin", f"--streams={streams}", "--verify",
                  cwd=directory)
    assert done.status == 0 and "verified" in done.err, done
    assert filecmp.cmp(directory / "big.bin", served / "big.bin", shallow=False)
    assert sorted(os.listdir(directory)) == ["big.bin", "served"]


def test_streams_complete_while_the_server_stops(directory):
    """The stopping server accepts no new connection, and lets existing ones finish."""
    (directory / "served/some").write_bytes(noise(400_000))
    with Server("ftp", "serve", "served", "--grace", "20", "--limit-rate", "200000",
                cwd=directory) as server:
        with start("ftp", "get", server.address, "some", "--streams", "2", cwd=directory) as client:
            server.out.wait_for("^sending")
            server.process.terminate()
            _, error = client.communicate(timeout=TIMEOUT)
    assert client.returncode == 0, error
    assert (directory / "some").read_bytes() == noise(400_000)


def test_streams_outlast_the_idle_first_connection(directory):
    """The first connection is idle while the others fetch, for longer than the idle timeout."""
    size = 100_000 if PRELOAD else 400_000
    (directory / "served/some").write_bytes(noise(size))
    with Server("ftp", "serve", "served", "--idle-timeout", "0.6", cwd=directory) as server:
        done = netlab("ftp", "get", server.address, "some", "--streams", "2", "--limit-rate", size,
                      cwd=directory)
    assert done.status == 0, done
    assert (directory / "some").read_bytes() == noise(size)


def test_holes_of_killed_streams_are_filled(served, directory, server):
    content = (served / "big.bin").read_bytes()
    half = SIZE // 2
    # What a killed client leaves: the second half has arrived, part of the first has not.
    (directory / "big.bin.part").write_bytes(content[:100_000] + bytes(half - 100_000) + content[half:])
    status = (served / "big.bin").stat()
    tag = f"{status.st_mtime_ns:x}-{status.st_ctime_ns:x}-{status.st_ino:x}"
    (directory / "big.bin.part.state").write_text(f"netlab partial 1\ntag {tag}\nholes\n")
    done = netlab("ftp", "get", server.address, "big.bin", "--streams", "3", cwd=directory)
    assert done.status == 0 and "fetching the last" in done.err, done
    assert (directory / "big.bin").read_bytes() == content


def test_streams_stay_close_when_one_stalls(directory):
    """The other streams run only a limited distance ahead of the stalled one."""
    size, asked, over = 400 << 20, [], threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(client):
        while words := read_line(client).split():
            begin, count = (int(words[2]), int(words[3])) if words[0] == b"RANGE" else (0, 0)
            client.sendall(b"OK %d %d a-b-c x\n" % (size, begin))
            if count:
                asked.append(begin)
            if count and begin == 0:
                over.wait(TIMEOUT)
            try:
                client.sendall(bytes(count))
            except OSError:
                return  # the client has given up

    def serve():
        while not over.is_set():
            client, _ = listener.accept()
            threading.Thread(target=answer, args=(client,), daemon=True).start()
    if CARRIER:
        pytest.skip("this speaks TCP itself")
    threading.Thread(target=serve, daemon=True).start()
    done = netlab("ftp", "get", f"127.0.0.1:{listener.getsockname()[1]}", "x", "--streams", "2",
                  "--timeout", "1", cwd=directory)
    over.set()
    assert done.status == 1 and "timed out" in done.err, done
    assert 1 < len(asked) <= 9 and max(asked) < 33 << 20, asked


def test_limit_rate(directory, server):
    rate = 50_000 if PRELOAD else 200_000
    (directory / "served/some").write_bytes(noise(rate))
    for words in (["get", server.address, "some"], ["put", server.address, "some", "--as", "back"]):
        started = time.monotonic()
        assert netlab("ftp", *words, "--limit-rate", rate, cwd=directory).status == 0
        assert time.monotonic() - started > 0.8
    with Server("ftp", "serve", "served", "--limit-rate", str(rate), cwd=directory) as slow:
        started = time.monotonic()
        assert netlab("ftp", "get", slow.address, "some", "-o", "again", cwd=directory).status == 0
        assert time.monotonic() - started > 0.8
    for wrong in ("0", "", "5X", "-1", "99999999999G"):
        assert netlab("ftp", "get", "--limit-rate", wrong).status == 2


@pytest.mark.skipif(bool(PRELOAD), reason="150 KB within the stall timeout, 1 to 7 bytes at a time")
def test_client_waits_for_a_slow_server(directory):
    """The client has sent everything long before the server has read it."""
    (directory / "some").write_bytes(noise(150_000))
    with Server("ftp", "serve", "served", "--writable", "--limit-rate", "50K", "--stall-timeout", "1",
                cwd=directory) as server:
        for words in (["some"], ["-t", "directory", "some"]):
            done = netlab("ftp", "put", server.address, *words, "--timeout", "2", cwd=directory)
            assert done.status == 0, done
    assert (directory / "served/some").read_bytes() == noise(150_000)


def test_server_waits_for_a_slow_client(directory, server):
    """The client takes longer to send a batch of small files than a reply may take."""
    (directory / "some").mkdir()
    for i in range(6):
        (directory / f"some/{i}").write_bytes(bytes(500))
    done = netlab("ftp", "put", server.address, "-r", "some", "--limit-rate", "1K", "--timeout", "1",
                  cwd=directory)
    assert done.status == 0 and len(os.listdir(directory / "served/some")) == 6, done


def test_slow_server_replies_before_it_pauses(directory):
    (directory / "some").write_bytes(bytes(8000))
    with Server("ftp", "serve", "served", "--writable", "--limit-rate", "2K", "--grace", "0.1",
                cwd=directory) as server:
        done = netlab("ftp", "put", server.address, "some", "--timeout", "2", cwd=directory)
    assert done.status == 0, done


def test_progress_events(directory, server):
    size = 100_000 if PRELOAD else 500_000
    (directory / "served/some").write_bytes(noise(size))
    done = netlab("ftp", "get", server.address, "some", "--limit-rate", size // 2, "--json", cwd=directory)
    events = [json.loads(line) for line in done.out.splitlines()]
    assert [event["event"] for event in events[:-1]] == ["progress"] * (len(events) - 1)
    assert len(events) > 1 and events[0]["size"] == size and events[0]["rate"] > 0
    assert events[-1]["event"] == "done" and events[-1]["bytes"] == size


def flaky_server(content, after):
    """A lab wire server that ends each connection after `after` bytes of the file. Returns the port."""
    def answer(client):
        while line := read_line(client):
            words = line.split()
            if words[0] == b"HASH":
                client.sendall(b"ERROR bad-request\n")
                return
            offset = int(words[2]) if words[0] == b"GET" else 0
            client.sendall(f"OK {len(content)} {offset} a-b-c some\n".encode())
            if words[0] == b"GET":
                client.sendall(content[offset:offset + after])
                if offset + after < len(content):
                    return
    return tcp_server_of(answer, clients=100)


def start(*words, cwd):
    return subprocess.Popen([NETLAB, *with_transport(words)], cwd=cwd, env=environment(),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_failure_adds_nothing_to_the_bytes_of_the_file(directory):
    port = flaky_server(b"hello, world", 5)
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "some", "-o", "-", "--json", cwd=directory)
    assert done.status == 1 and done.out == b"hello" and "after 5 of 12" in done.err, done


def test_progress_resets_the_retry_count(directory):
    """--retry 1 is enough if each attempt makes progress; the summary covers all attempts."""
    port = flaky_server(noise(500_000), 150_000)
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "some", "--retry", "1", "--json", cwd=directory)
    # Without hashes, the last 64 KiB are compared each time.
    assert done.status == 0 and done.err.count("retrying") >= 3, done
    assert done_event(done)["bytes"] == 500_000 and done_event(done)["offset"] == 0, done


def test_summary_covers_all_attempts(directory, server):
    for name in ("one", "two", "three"):
        (directory / "served" / name).write_bytes(noise(200_000))
    with cutting_proxy(server, "--cut-after", "350000") as proxy:
        done = netlab("ftp", "get", proxy.address, "-r", "-o", "copy", "--retry", "3", "--json", cwd=directory)
    assert done.status == 0 and "retrying" in done.err, done
    event = done_event(done)
    assert event["files"] == 3 and event["complete"] == 0 and event["bytes"] == 600_000, event


def test_closed_pipe_is_not_retried(directory, server):
    (directory / "served/some").write_bytes(noise(500_000))
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as pipe:
        done = subprocess.run([NETLAB, *with_transport(["ftp", "get", server.address, "some", "-o", "-",
                                                 "--retry", "3"])], env=environment(), stdout=pipe,
                              stderr=subprocess.PIPE, timeout=TIMEOUT, restore_signals=False)
    assert done.returncode == 1 and b"retrying" not in done.stderr, done


def test_offset_respects_the_lock_of_another_transfer(directory, server):
    (directory / "served/some").write_bytes(noise(1000))
    (directory / "some").write_bytes(bytes(10))
    with open(directory / "some", "rb") as there:
        fcntl.flock(there, fcntl.LOCK_EX)
        done = netlab("ftp", "get", server.address, "some", "-o", "some", "--offset", "10", cwd=directory)
    assert done.status == 1 and "another transfer writes to it" in done.err, done
    assert (directory / "some").read_bytes() == bytes(10)


@pytest.mark.parametrize("destination", ["some", "-"])
def test_retry_after_a_broken_connection(destination, directory):
    content = noise(500_000)
    port = flaky_server(content, 150_000)
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "some", "-o", destination, "--retry", "10",
                  cwd=directory)
    assert done.status == 0 and "retrying" in done.err, done
    assert (done.out if destination == "-" else (directory / "some").read_bytes()) == content
