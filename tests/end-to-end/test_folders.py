"""ftp ls, and ftp get and ftp put of many files: whole folders, odd names, streams, rates."""

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

from running import (CARRIER, MODELS, NETLAB, PRELOAD, SANITIZED, TIMEOUT, Server, carried,
                     cutting_proxy, environment, netlab, noise, read_all, read_line, tcp_server_of)

SIZE = 300_000 if PRELOAD else 9_000_000
COUNT = 40 if PRELOAD or SANITIZED else 1000
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
    """Name, bytes, time and executable bit of all that is in a folder."""
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
def folder(tmp_path):
    (tmp_path / "served").mkdir()
    return tmp_path


@pytest.fixture
def served(folder):
    make_tree(folder / "served")
    return folder / "served"


@pytest.fixture
def server(folder):
    with Server("ftp", "serve", "served", "--writable", cwd=folder) as running:
        yield running


def done_event(done):
    return json.loads(done.out.splitlines()[-1])


class TestLs:
    def test_a_line_an_entry_sorted(self, served, folder, server):
        done = netlab("ftp", "ls", server.address)
        lines = done.out.decode().splitlines()
        assert [line.split()[-1] for line in lines] == ["big.bin", "empty", "odd", "sub"]
        assert lines[0].split()[:2] == ["file", str(SIZE)]
        assert lines[1].split()[:2] == ["folder", "-"]

    def test_json(self, served, folder, server):
        os.utime(served / "big.bin", ns=(1, 1_000_000_000_987_654_321))
        done = netlab("ftp", "ls", server.address, ".", "--json")
        assert json.loads(done.out.splitlines()[0]) == {
            "event": "entry", "name": "big.bin", "kind": "file", "size": SIZE,
            "modified": "2001-09-09T01:46:40.987654321Z"}

    def test_names_never_reach_the_terminal_raw(self, served, folder, server):
        out = netlab("ftp", "ls", server.address, "odd").out
        assert len(out.splitlines()) == len(ODD_NAMES)
        assert b"\x1b" not in out and b"\xff" not in out and b"\t" not in out

    def test_what_is_no_folder(self, served, server):
        for name, why in [("absent", "No such file"), ("big.bin", "Not a directory"),
                          ("..", "leads out of the folder")]:
            done = netlab("ftp", "ls", server.address, name)
            assert done.status == 1 and why in done.err and done.out == b"", done

    @pytest.mark.skipif(bool(PRELOAD) or SANITIZED, reason="too slow")
    def test_of_many_entries_each_is_there_once(self, folder, server):
        """Sorted while they are few, as they come when they are more."""
        for count in (9_999, 10_001):
            names = {f"{i:05}" for i in range(count)}
            for name in names:
                (folder / "served" / name).touch()
            done = netlab("ftp", "ls", server.address, "--json", cwd=folder)
            shown = [json.loads(line)["name"] for line in done.out.splitlines()]
            assert done.status == 0 and len(shown) == count and set(shown) == names
            assert count > 10_000 or shown == sorted(shown)

    @pytest.mark.skipif(bool(PRELOAD) or SANITIZED, reason="too slow")
    def test_a_large_folder_streams_with_bounded_memory(self, folder, server):
        for i in range(30_000):
            (folder / f"served/{i:08}{'x' * 200}").touch()
        done = netlab("ftp", "ls", server.address, cwd=folder)
        assert done.out.count(b"\n") == 30_000
        with open(f"/proc/{server.pid}/status") as status:
            peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        assert peak < 32 * 1024, f"{peak} KiB"


@pytest.mark.parametrize("model", MODELS)
def test_a_whole_folder_comes_and_goes(model, served, folder):
    with Server("ftp", "serve", "served", "--writable", f"--{model}", cwd=folder) as server:
        done = netlab("ftp", "get", server.address, "-r", "-o", "copy", "--json", cwd=folder)
        assert done.status == 0, done
        assert done_event(done)["files"] == COUNT + len(ODD_NAMES) + 2
        assert tree(folder / "copy") == tree(served)
        done = netlab("ftp", "put", server.address, "-r", "copy", "-t", "up/again", "--json",
                      cwd=folder)
        assert done.status == 0, done
        assert done_event(done)["files"] == COUNT + len(ODD_NAMES) + 2
        assert tree(served / "up/again/copy") == tree(folder / "copy")


def test_what_is_there_already_is_not_sent_again(served, folder, server):
    for command, words in [("get", ["-r", "-o", "copy"]), ("put", ["-r", "copy", "-t", "up"])]:
        assert netlab("ftp", command, server.address, *words, cwd=folder).status == 0
        done = netlab("ftp", command, server.address, *words, "--json", cwd=folder)
        event = done_event(done)
        # What was uploaded is there to be fetched as well.
        assert event["files"] == 0 and event["complete"] == COUNT + len(ODD_NAMES) + 2, event


def test_verify_compares_what_is_there_already(folder, server):
    """Its size and its time say that it is the same, its bytes do not."""
    for name in ("one", "two", "three"):
        (folder / "served" / name).write_bytes(noise(50_000))
    assert netlab("ftp", "get", server.address, "-r", "-o", "copy", cwd=folder).status == 0
    one = folder / "copy/one"
    times = one.stat().st_mtime_ns
    one.write_bytes(noise(50_000, 2))
    os.utime(one, ns=(times, times))
    assert netlab("ftp", "get", server.address, "-r", "-o", "copy", cwd=folder).status == 0
    done = netlab("ftp", "get", server.address, "-r", "-o", "copy", "--verify", cwd=folder)
    assert done.status == 1 and "one is not the beginning of the remote file" in done.err, done
    assert "2 there already" in done.err
    done = netlab("ftp", "put", server.address, "-r", "copy/.", "--verify", cwd=folder)
    assert done.status == 0 and "one differs from what the server has of it" in done.err, done
    assert "1 file sent" in done.err and "2 there already" in done.err
    assert (folder / "served/one").read_bytes() == noise(50_000, 2)


@pytest.mark.parametrize("words", [["--offset", "1"], ["-o", "-"], ["-o", "/dev/null"]])
@pytest.mark.parametrize("asked", [["--verify"], ["--fsync"], ["--streams", "2"]])
def test_what_is_for_a_whole_file_is_refused_for_less(words, asked, folder):
    done = netlab("ftp", "get", "127.0.0.1:1", "x", *words, *asked, cwd=folder)
    assert done.status == 2 and "are for a whole file" in done.err and done.err.count("\n") == 1, done


def test_what_is_partly_there_is_resumed_and_what_differs_is_left(served, folder, server):
    copy = folder / "copy"
    copy.mkdir()
    content = (served / "big.bin").read_bytes()
    (copy / "big.bin").write_bytes(content[:100_000])
    (copy / "sub/deep").mkdir(parents=True)
    (copy / "sub/deep/file3").write_bytes(b"mine")
    (copy / "sub/deep/file5.part").write_bytes((served / "sub/deep/file5").read_bytes()[:3])
    done = netlab("ftp", "get", server.address, "-r", "-o", "copy", cwd=folder)
    assert done.status == 1 and "1 failed" in done.err, done
    assert "file3 is not the beginning of the remote file" in done.err, done
    assert (copy / "sub/deep/file3").read_bytes() == b"mine"
    assert (copy / "big.bin").read_bytes() == content
    done = netlab("ftp", "get", server.address, "-r", "-o", "copy", "--restart", cwd=folder)
    assert done.status == 0, done
    assert tree(copy) == tree(served)


def test_a_file_that_is_called_as_a_partial_one(folder, server):
    large = noise(100_000)
    for name, content in [("x", large + b"all of it"), ("x.part", large + b"all"), ("x.part.state", b"?"),
                          ("x.part.part", large), ("x.part.part.part", b"al"),
                          ("x.part.state.new", b"!"), ("x.part.state.part", b"."), ("x.part.part.state", b"*")]:
        (folder / "served" / name).write_bytes(content)
    assert netlab("ftp", "get", server.address, "-r", "-o", "copy", cwd=folder).status == 0
    assert tree(folder / "copy") == tree(folder / "served")
    assert netlab("ftp", "put", server.address, "-r", "copy", cwd=folder).status == 0
    assert tree(folder / "served/copy") == tree(folder / "copy")


def test_a_file_that_happens_to_be_called_as_a_partial_is_left(folder, server):
    """One of the user's here, and one of somebody's there."""
    for place in (folder, folder / "served"):
        (place / "movie").write_bytes(noise(100_000, 1 if place == folder else 2))
    (folder / "movie.part").write_bytes(b"mine")
    (folder / "served/movie.part").write_bytes(b"its")
    done = netlab("ftp", "get", server.address, "movie", "--restart", cwd=folder)
    assert done.status == 1 and "replace movie.part (nothing says that netlab made it: move it away)" in done.err, done
    for words in (["movie"], ["movie", "--restart"], ["-t", ".", "movie", "movie.part"]):
        done = netlab("ftp", "put", server.address, *words, cwd=folder)
        assert done.status == 1 and "nothing says that it is an upload's" in done.err, done
    assert (folder / "movie.part").read_bytes() == b"mine"
    # Whoever names it sends it.
    assert (folder / "served/movie.part").read_bytes() == b"mine"
    assert (folder / "served/movie").read_bytes() == noise(100_000, 2)
    assert netlab("ftp", "get", server.address, "movie", "-o", "other", cwd=folder).status == 0


def lying_server(*answers, listed=5):
    """One that lists a file, and then says this, whatever it is asked."""
    def answer(client):
        read_line(client)
        client.sendall(b"OK 0 0 a-b-c .\nfile %d 0 - x\nEND\n" % listed)
        read_line(client)
        for said in answers:
            client.sendall(said)
        client.shutdown(socket.SHUT_WR)
        read_all(client)  # a request that nobody reads would reset the connection
    return tcp_server_of(answer)


@pytest.mark.parametrize("said, why", [
    (b"", "finished in the middle of a line"),
    (b"OK 5 0 a-b-c x\nhe", "the peer finished after 2 of 5 bytes"),
    (b"OK 5 1 a-b-c x\nhell", "another offset"),
    (b"OK 9223372036854775807 0 a-b-c x\nhello", "after 5 of 9223372036854775807 bytes"),
    (b"OK 99999999999999999999 0 a-b-c x\nhello", "bad size"),
    (b"OK -5 0 a-b-c x\nhello", "bad size"),
    (b"hello\n", "not an answer"), (b"x" * 20000, "a line of more than")])
def test_a_server_that_lies(said, why, folder):
    port = lying_server(said, listed=1 << 20 if b"OK 9223372036854775807" in said else 5)
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "-r", "-o", "copy", cwd=folder)
    assert done.status == 1 and why in done.err, done
    assert set(os.listdir(folder / "copy")) <= {"x.part", "x.part.state"}


@pytest.mark.parametrize("listed", [40_000, 5], ids=["as listed", "grown since"])
def test_a_file_that_changes_while_it_is_sent(listed, folder):
    """Whatever comes in more than one piece is confirmed: a mixture is never there."""
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
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "-r", "-o", "copy", cwd=folder)
    assert done.status == 1 and "x has changed while it was sent" in done.err, done
    assert not (folder / "copy/x").exists() and (folder / "copy/y").read_bytes() == b"yy"


@pytest.mark.skipif(bool(PRELOAD), reason="they are too many to be read seven bytes at a time")
def test_a_server_that_lists_for_ever(folder):
    def answer(client):
        read_line(client)
        client.sendall(b"OK 0 0 a-b-c .\n")
        for _ in range(1_001):
            client.sendall(b"file 0 0 - a\n" * 1000)
    port = tcp_server_of(answer, clients=2)
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "-r", "-o", "copy", cwd=folder)
    assert done.status == 1 and "lists more than 1000000 entries" in done.err, done
    assert os.listdir(folder / "copy") == []


@pytest.mark.skipif(bool(PRELOAD), reason="they are too many to be read seven bytes at a time")
def test_a_server_whose_names_have_no_end(folder):
    def answer(client):
        read_line(client)
        client.sendall(b"OK 0 0 a-b-c .\n")
        lines = (b"file 0 0 - " + b"x" * 255 + b"\n") * 1000
        for _ in range(600):
            client.sendall(lines)
    port = tcp_server_of(answer)
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "-r", "-o", "copy", cwd=folder)
    assert done.status == 1 and "names of more than 134217728 bytes" in done.err, done


def test_a_server_that_answers_of_another_state(folder):
    """Once it has told which state it sends the rest of."""
    (folder / "some.part").write_bytes(b"he")

    def answer(client):
        for answered in (b"OK 5 0 a-b-c some\n", b"ERROR bad-request ?\n"):
            read_line(client)
            client.sendall(answered)

    def answer_on(client):
        read_line(client)
        client.sendall(b"OK 5 0 another some\nhello")
    (folder / "some.part.state").write_text("netlab partial 1\ntag a-b-c\n")
    answers = iter([answer, answer_on])
    port = tcp_server_of(lambda client: next(answers)(client), clients=2)
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "some", cwd=folder)
    assert done.status == 1 and "another state of the file" in done.err, done
    assert (folder / "some.part").read_bytes() == b"he"


def test_a_server_that_sends_more(folder):
    port = lying_server(b"OK 5 0 a-b-c x\nhello and more")
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "-r", "-o", "copy", cwd=folder)
    assert (folder / "copy/x").read_bytes() == b"hello"
    assert done.status == 0, done


def test_a_server_that_sends_nothing(folder):
    def answer(client):
        client.recv(100)
        client.recv(100)
    done = netlab("ftp", "get", f"127.0.0.1:{tcp_server_of(answer)}", "-r", "--timeout", "0.2", cwd=folder)
    assert done.status == 1 and "Connection timed out" in done.err, done


@pytest.mark.parametrize("change, works, why", [
    (lambda old: old + b"more", True, "as they were"),
    (lambda old: old[:100_000], False, "has changed"),
    (lambda old: old[::-1], False, "has changed")], ids=["grown", "truncated", "replaced"])
def test_the_remote_file_between_two_tries(change, works, why, folder, server):
    content = noise(200_000)
    (folder / "served/some").write_bytes(content)
    status = (folder / "served/some").stat()
    tag = f"{status.st_mtime_ns:x}-{status.st_ctime_ns:x}-{status.st_ino:x}"
    (folder / "some.part").write_bytes(content[:150_000])
    (folder / "some.part.state").write_text(f"netlab partial 1\ntag {tag}\n")
    (folder / "served/some").write_bytes(change(content))
    done = netlab("ftp", "get", server.address, "some", cwd=folder)
    assert why in done.err, done
    if works:
        assert done.status == 0 and (folder / "some").read_bytes() == change(content)
    else:
        assert done.status == 1 and "--restart" in done.err
        assert (folder / "some.part").read_bytes() == content[:150_000]


def test_several_names(served, folder, server):
    done = netlab("ftp", "get", server.address, "big.bin", "sub/program", "absent", "sub", "-o", "to",
                  cwd=folder)
    assert done.status == 1, done
    assert "absent: No such file or directory" in done.err
    assert "sub: Is a directory (--recursive fetches it)" in done.err
    assert sorted(os.listdir(folder / "to")) == ["big.bin", "program"]
    assert filecmp.cmp(folder / "to/big.bin", served / "big.bin", shallow=False)
    done = netlab("ftp", "put", server.address, "to/big.bin", "to/program", "to", "-t", "there",
                  cwd=folder)
    assert done.status == 1 and "to: Is a directory (--recursive sends it)" in done.err, done
    assert sorted(os.listdir(served / "there")) == ["big.bin", "program"]


@pytest.mark.parametrize("words", [["get", "a/x", "b/x", "-o", "c"], ["put", "a/x", "b/x/", "-t", "c"],
                                   ["get", "-r", "sub", "a/sub"]])
def test_two_names_that_would_be_one(words, folder):
    done = netlab("ftp", words[0], "127.0.0.1:1", *words[1:], cwd=folder)
    assert done.status == 2 and "would both become" in done.err, done


def test_a_name_that_is_not_there_is_told_once(folder, server):
    done = netlab("ftp", "get", server.address, "-r", "absent", cwd=folder)
    assert done.status == 1 and done.err.count("absent: No such file") == 1, done
    assert "; 1 failed" in done.err, done


def test_one_that_cannot_be_read_does_not_keep_the_others(folder, server):
    """Not even root may read /proc/sys/net/ipv4/route/flush."""
    route = "/proc/sys/net/ipv4/route"
    if not os.path.exists(route + "/flush"):
        pytest.skip("no such file here")
    done = netlab("ftp", "put", server.address, "-r", route, cwd=folder)
    assert done.status == 1 and "flush: Permission denied" in done.err, done
    assert "; 1 failed" in done.err, done
    assert sorted(os.listdir(folder / "served/route")) == sorted(
        name for name in os.listdir(route) if name != "flush")


def test_answers_of_long_names_block_nobody(folder, server):
    top = "/".join(["\u00e4" * 120] * 7)
    (folder / "long" / top).mkdir(parents=True)
    for i in range(COUNT // 2):
        (folder / "long" / top / ("\u00fc" * 120 + str(i))).write_bytes(b"x")
    assert netlab("ftp", "put", server.address, "-r", "long", cwd=folder).status == 0
    assert netlab("ftp", "get", server.address, "-r", "long", "-o", "back", cwd=folder).status == 0
    assert tree(folder / "back/long") == tree(folder / "long")


def test_restart_goes_on_from_its_own_beginning(folder, server):
    large = noise(500_000)
    for name, new, old in (("first", b"first", b"old  "), ("large", large, large[:-1] + b"?")):
        (folder / name).write_bytes(old)
        (folder / "served" / name).write_bytes(new)
        for path in (folder / name, folder / "served" / name):
            os.utime(path, ns=(1, 1))
    address = cutting_proxy(server, [300_000])
    done = netlab("ftp", "get", address, "first", "large", "--restart", "--retry", "5", "--json",
                  cwd=folder)
    assert done.status == 0 and "trying again" in done.err, done
    assert done_event(done)["bytes"] == 500_005, done  # nothing twice
    assert (folder / "first").read_bytes() == b"first"
    assert (folder / "large").read_bytes() == large
    assert sorted(os.listdir(folder)) == ["first", "large", "served"]


def test_links_and_devices_are_left_out(served, folder, server):
    (served / "link").symlink_to("big.bin")
    (served / "away").symlink_to("/etc")
    os.mkfifo(served / "fifo")
    done = netlab("ftp", "get", server.address, "-r", "-o", "copy", cwd=folder)
    assert done.status == 0 and "3 skipped" in done.err, done
    assert not os.path.lexists(folder / "copy/link")
    (folder / "copy/link").symlink_to("big.bin")
    os.mkfifo(folder / "copy/fifo")
    done = netlab("ftp", "put", server.address, "-r", "copy", "-t", "up", cwd=folder)
    assert done.status == 0 and "2 skipped" in done.err, done


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "/etc/passwd", "a%2Fb", "a%00b", "x" * 256])
def test_names_that_a_server_makes_up(name, folder):
    def answer(client):
        read_line(client)
        client.sendall(f"OK 0 0 a-b-c .\nfile 3 0 - {name}\nEND\n".encode())
        client.recv(100)
    port = tcp_server_of(answer)
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "-r", "-o", "copy", cwd=folder)
    assert done.status == 1, done
    assert sorted(os.listdir(folder)) == ["copy", "served"] and not os.listdir(folder / "copy")


@pytest.mark.parametrize("streams", [2, 4])
def test_streams_share_a_file(streams, served, folder, server):
    done = netlab("ftp", "get", server.address, "big.bin", f"--streams={streams}", "--verify",
                  cwd=folder)
    assert done.status == 0 and "verified" in done.err, done
    assert filecmp.cmp(folder / "big.bin", served / "big.bin", shallow=False)
    assert sorted(os.listdir(folder)) == ["big.bin", "served"]


def test_streams_end_well_while_the_server_stops(folder):
    """It takes no new connection, and lets those that are there finish."""
    (folder / "served/some").write_bytes(noise(400_000))
    with Server("ftp", "serve", "served", "--grace", "20", "--limit-rate", "200000",
                cwd=folder) as server:
        with start("ftp", "get", server.address, "some", "--streams", "2", cwd=folder) as client:
            server.out.wait_for("^sending")
            server.process.terminate()
            _, error = client.communicate(timeout=TIMEOUT)
    assert client.returncode == 0, error
    assert (folder / "some").read_bytes() == noise(400_000)


def test_streams_outlast_the_connection_that_asked(folder):
    """The first one is idle while the others fetch, for longer than the server allows."""
    size = 100_000 if PRELOAD else 400_000
    (folder / "served/some").write_bytes(noise(size))
    with Server("ftp", "serve", "served", "--idle-timeout", "0.6", cwd=folder) as server:
        done = netlab("ftp", "get", server.address, "some", "--streams", "2", "--limit-rate", size,
                      cwd=folder)
    assert done.status == 0, done
    assert (folder / "some").read_bytes() == noise(size)


def test_streams_that_left_holes_are_resumed(served, folder, server):
    content = (served / "big.bin").read_bytes()
    half = SIZE // 2
    # As a kill leaves it: the second half came, a piece of the first did not.
    (folder / "big.bin.part").write_bytes(content[:100_000] + bytes(half - 100_000) + content[half:])
    status = (served / "big.bin").stat()
    tag = f"{status.st_mtime_ns:x}-{status.st_ctime_ns:x}-{status.st_ino:x}"
    (folder / "big.bin.part.state").write_text(f"netlab partial 1\ntag {tag}\nholes\n")
    done = netlab("ftp", "get", server.address, "big.bin", "--streams", "3", cwd=folder)
    assert done.status == 0 and "fetched again" in done.err, done
    assert (folder / "big.bin").read_bytes() == content


def test_streams_lose_little_when_one_stalls(folder):
    """The others do not run ahead of it for all of the file."""
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
                return  # it has given up

    def serve():
        while not over.is_set():
            client, _ = listener.accept()
            threading.Thread(target=answer, args=(client,), daemon=True).start()
    if CARRIER:
        pytest.skip("this speaks TCP itself")
    threading.Thread(target=serve, daemon=True).start()
    done = netlab("ftp", "get", f"127.0.0.1:{listener.getsockname()[1]}", "x", "--streams", "2",
                  "--timeout", "1", cwd=folder)
    over.set()
    assert done.status == 1 and "timed out" in done.err, done
    assert 1 < len(asked) <= 9 and max(asked) < 33 << 20, asked


def test_a_rate_is_kept(folder, server):
    rate = 50_000 if PRELOAD else 200_000
    (folder / "served/some").write_bytes(noise(rate))
    for words in (["get", server.address, "some"], ["put", server.address, "some", "--as", "back"]):
        started = time.monotonic()
        assert netlab("ftp", *words, "--limit-rate", rate, cwd=folder).status == 0
        assert time.monotonic() - started > 0.8
    with Server("ftp", "serve", "served", "--limit-rate", str(rate), cwd=folder) as slow:
        started = time.monotonic()
        assert netlab("ftp", "get", slow.address, "some", "-o", "again", cwd=folder).status == 0
        assert time.monotonic() - started > 0.8
    for wrong in ("0", "", "5X", "-1", "99999999999G"):
        assert netlab("ftp", "get", "--limit-rate", wrong).status == 2


@pytest.mark.skipif(bool(PRELOAD), reason="150 KB within a stall time-out, 1 to 7 bytes at a time")
def test_a_slow_server_is_waited_for(folder):
    """The client has sent all long before the server has taken it."""
    (folder / "some").write_bytes(noise(150_000))
    with Server("ftp", "serve", "served", "--writable", "--limit-rate", "50K", "--stall-timeout", "1",
                cwd=folder) as server:
        for words in (["some"], ["-t", "folder", "some"]):
            done = netlab("ftp", "put", server.address, *words, "--timeout", "2", cwd=folder)
            assert done.status == 0, done
    assert (folder / "served/some").read_bytes() == noise(150_000)


def test_a_slow_client_has_its_time(folder, server):
    """It gathers small files for longer than an answer may take."""
    (folder / "some").mkdir()
    for i in range(6):
        (folder / f"some/{i}").write_bytes(bytes(500))
    done = netlab("ftp", "put", server.address, "-r", "some", "--limit-rate", "1K", "--timeout", "1",
                  cwd=folder)
    assert done.status == 0 and len(os.listdir(folder / "served/some")) == 6, done


def test_a_slow_server_answers_before_it_rests(folder):
    (folder / "some").write_bytes(bytes(8000))
    with Server("ftp", "serve", "served", "--writable", "--limit-rate", "2K", "--grace", "0.1",
                cwd=folder) as server:
        done = netlab("ftp", "put", server.address, "some", "--timeout", "2", cwd=folder)
    assert done.status == 0, done


def test_progress_events(folder, server):
    size = 100_000 if PRELOAD else 500_000
    (folder / "served/some").write_bytes(noise(size))
    done = netlab("ftp", "get", server.address, "some", "--limit-rate", size // 2, "--json", cwd=folder)
    events = [json.loads(line) for line in done.out.splitlines()]
    assert [event["event"] for event in events[:-1]] == ["progress"] * (len(events) - 1)
    assert len(events) > 1 and events[0]["size"] == size and events[0]["rate"] > 0
    assert events[-1]["event"] == "done" and events[-1]["bytes"] == size


def flaky_server(content, after):
    """Speaks the lab wire, and ends each connection after so many bytes of the file."""
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
    return subprocess.Popen([NETLAB, *carried(words)], cwd=cwd, env=environment(),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_a_failure_says_nothing_behind_the_files_bytes(folder):
    port = flaky_server(b"hello, world", 5)
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "some", "-o", "-", "--json", cwd=folder)
    assert done.status == 1 and done.out == b"hello" and "after 5 of 12" in done.err, done


def test_retries_are_counted_anew_after_progress(folder):
    """One retry is enough when each attempt brings something; the summary is of all of them."""
    port = flaky_server(noise(500_000), 150_000)
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "some", "--retry", "1", "--json", cwd=folder)
    # The last 64 KiB are compared each time, where there are no hashes.
    assert done.status == 0 and done.err.count("trying again") >= 3, done
    assert done_event(done)["bytes"] == 500_000 and done_event(done)["offset"] == 0, done


def test_the_summary_of_many_is_of_all_attempts(folder, server):
    for name in ("one", "two", "three"):
        (folder / "served" / name).write_bytes(noise(200_000))
    address = cutting_proxy(server, [300_000])
    done = netlab("ftp", "get", address, "-r", "-o", "copy", "--retry", "3", "--json", cwd=folder)
    assert done.status == 0 and "trying again" in done.err, done
    event = done_event(done)
    assert event["files"] == 3 and event["complete"] == 0 and event["bytes"] == 600_000, event


def test_a_reader_that_has_gone_is_no_trouble_of_the_network(folder, server):
    (folder / "served/some").write_bytes(noise(500_000))
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as pipe:
        done = subprocess.run([NETLAB, *carried(["ftp", "get", server.address, "some", "-o", "-",
                                                 "--retry", "3"])], env=environment(), stdout=pipe,
                              stderr=subprocess.PIPE, timeout=TIMEOUT, restore_signals=False)
    assert done.returncode == 1 and b"trying again" not in done.stderr, done


def test_two_at_an_offset_of_one_file(folder, server):
    (folder / "served/some").write_bytes(noise(1000))
    (folder / "some").write_bytes(bytes(10))
    with open(folder / "some", "rb") as there:
        fcntl.flock(there, fcntl.LOCK_EX)
        done = netlab("ftp", "get", server.address, "some", "-o", "some", "--offset", "10", cwd=folder)
    assert done.status == 1 and "another transfer writes to it" in done.err, done
    assert (folder / "some").read_bytes() == bytes(10)


@pytest.mark.parametrize("destination", ["some", "-"])
def test_retry_heals_a_connection_that_breaks(destination, folder):
    content = noise(500_000)
    port = flaky_server(content, 150_000)
    done = netlab("ftp", "get", f"127.0.0.1:{port}", "some", "-o", destination, "--retry", "10",
                  cwd=folder)
    assert done.status == 0 and "trying again" in done.err, done
    assert (done.out if destination == "-" else (folder / "some").read_bytes()) == content
