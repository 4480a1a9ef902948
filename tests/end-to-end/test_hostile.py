"""A malicious server cannot write outside the directory, send escapes to the terminal or exceed the deadline.
A malicious client cannot read outside the served directory, even while its links change."""

import os
import socket
import struct
import threading
import time

import pytest

from running import (MODELS, PATIENCE, PRELOAD, SANITIZED, TIMEOUT, Server, netlab, read_all,
                     read_exactly, read_line, tcp_server_of)

pytestmark = pytest.mark.skipif(bool(PRELOAD), reason="the tests depend on timing")
CONTENT = b"0123456789" * 1000
OK = b"OK %d 0 tag big.bin\n" % len(CONTENT)


def reset(client):
    """Ends the connection with RST (SO_LINGER of zero)."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def get(answer, *words, cwd):
    port = tcp_server_of(answer)
    began = time.monotonic()
    done = netlab("ftp", "get", f"127.0.0.1:{port}", *words, cwd=cwd)
    assert done.status == 1 and done.out == b"", done
    assert done.err.startswith("netlab ftp get: ") and done.err.count("\n") == 1, done
    assert all(character.isprintable() for character in done.err[:-1]), done
    assert len(done.err) < 2000
    return done, time.monotonic() - began


def files(directory):
    return sorted(path.name for path in directory.rglob("*"))


RESETS = {
    "at once": lambda client: None,
    "after the request": read_line,
    "in the answer": lambda client: (read_line(client), client.sendall(OK[:9])),
    "after the answer": lambda client: (read_line(client), client.sendall(OK)),
    "in the file": lambda client: (read_line(client), client.sendall(OK + CONTENT[:5000])),
    "after the file": lambda client: (read_line(client), client.sendall(OK + CONTENT),
                                      read_line(client)),
}


@pytest.mark.parametrize("when", RESETS)
@pytest.mark.parametrize("end", [reset, socket.socket.close], ids=["reset", "closed"])
def test_connection_ends_at_any_time(when, end, tmp_path):
    """The file never gets its final name; the .part has what arrived."""
    done, _ = get(lambda client: (RESETS[when](client), end(client)), "big.bin", cwd=tmp_path)
    assert set(files(tmp_path)) <= {"big.bin.part", "big.bin.part.state"}, done
    part = tmp_path / "big.bin.part"
    assert not part.exists() or CONTENT.startswith(part.read_bytes())
    if when == "after the file":
        assert part.read_bytes() == CONTENT


@pytest.mark.parametrize("wire", [["big.bin"], ["--wire", "sheet", "-o", "big.bin"]])
def test_failed_restart_keeps_the_file(wire, tmp_path):
    """--restart replaces the file with a complete one or not at all."""
    (tmp_path / "big.bin").write_bytes(b"mine")
    get(lambda client: (read_exactly(client, 2), client.sendall(b"OK"), reset(client)), *wire,
        "--restart", cwd=tmp_path)
    assert (tmp_path / "big.bin").read_bytes() == b"mine"


def send_forever(client, piece):
    read_line(client)
    while True:
        client.sendall(piece)


@pytest.mark.parametrize("piece", [b"O" * 65536, b"\n" * 65536, b"\0" * 65536, b"OK " * 20000],
                         ids=["letters", "empty lines", "NUL", "words"])
def test_endless_reply(piece, tmp_path):
    _, took = get(lambda client: send_forever(client, piece), "big.bin", cwd=tmp_path)
    assert took < 2 * PATIENCE and files(tmp_path) == []


def trickle(client, text):
    read_line(client)
    for byte in text * 1000:
        client.sendall(bytes([byte]))
        threading.Event().wait(0.02)


def test_trickling_reply_does_not_extend_the_deadline(tmp_path):
    done, took = get(lambda client: trickle(client, b"O"), "big.bin", "--timeout", "0.5", cwd=tmp_path)
    assert "timed out" in done.err and 0.4 < took < 2 * PATIENCE


LINES = {
    "negative size": b"OK -1 0 t x", "a size of letters": b"OK many 0 t x", "no size": b"OK",
    "a size beyond 63 bits": b"OK 9223372036854775808 0 t x", "no tag": b"OK 5 0",
    "a tag too long": b"OK 5 0 " + b"t" * 65 + b" x", "no name": b"OK 5 0 t", "a plus": b"OK +5 0 t x",
    "two spaces": b"OK  5 0 t x", "half a code": b"OK 5 0 t %4", "no answer": b"HTTP/1.1 200 OK",
    "nothing": b"", "NUL": b"\0", "escapes": b"ERROR \x1b[2J \x1b]0;x\x07",
    "C1": b"ERROR failed \xc2\x9b2J\x9b", "long": b"ERROR failed " + b"x" * 16000,
    "an offset of its own": b"OK 5 1 t x", "an error without a word": b"ERROR",
}


@pytest.mark.parametrize("what", LINES)
def test_invalid_reply_line(what, tmp_path):
    def answer(client):
        read_line(client)
        client.sendall(LINES[what] + b"\n12345")
        client.shutdown(socket.SHUT_WR)
        read_all(client)
    get(answer, "big.bin", cwd=tmp_path)
    assert files(tmp_path) == []


@pytest.mark.parametrize("name", [
    b"..", b".", b"../x", b"/", b"a/..", b"%2E%2E", b"..%2F..%2Fx%2F", b"%00", b"x%00y", b"*"])
def test_name_from_the_server_cannot_lead_outside(name, tmp_path):
    """Without NAME and -o, the file is stored under the last component of the server's name, or not at all."""
    (tmp_path / "inside").mkdir()

    def answer(client):
        for line in client.makefile("rb"):
            client.sendall(b"OK 5 0 t " + name + b"\n" + (b"12345" if line[:1] == b"G" else b""))
    netlab("ftp", "get", f"127.0.0.1:{tcp_server_of(answer)}", cwd=tmp_path / "inside")
    assert set(files(tmp_path)) <= {"inside", "x"}
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("model", MODELS)
def test_changing_links_cannot_lead_outside(model, tmp_path):
    """A link alternates between a target inside and one outside, as fast as possible."""
    for name, text in (("served/in", b"inside"), ("outside", b"SECRET")):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "file").write_bytes(text)
    link, over = tmp_path / "served/link", threading.Event()
    link.symlink_to("in")

    def flip():
        fresh = tmp_path / "served/fresh"
        while not over.is_set():
            for target in ("../outside", "in"):
                fresh.symlink_to(target)
                os.rename(fresh, link)

    flipper = threading.Thread(target=flip)
    flipper.start()
    answers = set()
    try:
        with Server("ftp", "serve", "served", "-q", "--" + model, cwd=tmp_path) as server:
            with server.connect() as client:
                for _ in range(200 if SANITIZED else 2000):
                    client.sendall(b"GET link/file 0\n")
                    line = read_line(client).split()
                    answers.add(read_exactly(client, int(line[1])) if line[0] == b"OK" else line[1])
    finally:
        over.set()
        flipper.join(TIMEOUT)
    assert answers <= {b"inside", b"not-allowed", b"failed"}


def hostile_names():
    """Several hundred names that lead outside, from various depths and with various prefixes."""
    tails = ["secret", "outside/file", "etc/passwd", ""]
    for prefix in ("", "in/", "in/../", "./", "link/", "absolute/", "in//"):
        for climb in ("..", "../..", "../../..", "..//..", "../in/../..", "/..", "//"):
            for tail in tails:
                yield f"{prefix}{climb}/{tail}"
    for name in ("link", "absolute", "out", "loop", "proc/self/root/etc/passwd"):
        for tail in tails:
            yield f"{name}/{tail}"
            yield f"in/../{name}/{tail}"


def encoded(name):
    return "".join(f"%{byte:02X}" for byte in os.fsencode(name))


@pytest.mark.parametrize("model", MODELS)
def test_hundreds_of_names_cannot_lead_outside(model, tmp_path):
    (tmp_path / "served/in").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/file").write_bytes(b"SECRET")
    (tmp_path / "secret").write_bytes(b"SECRET")
    for name, target in (("link", "../outside"), ("absolute", tmp_path), ("out", "../secret"),
                         ("loop", "loop"), ("proc", "/proc")):
        (tmp_path / "served" / name).symlink_to(target)
    names = [name for name in hostile_names() if name.rstrip("/")]
    assert len(names) > 200
    with Server("ftp", "serve", "served", "-q", "--" + model, cwd=tmp_path) as server:
        for method in ("GET", "STAT"):
            with server.connect() as client:
                for name in names:
                    offset = " 0" if method == "GET" else ""
                    client.sendall(f"{method} {encoded(name)}{offset}\n".encode())
                    answer = read_line(client)
                    assert answer.startswith((b"ERROR n", b"ERROR is-a-folder ")), (name, answer)
