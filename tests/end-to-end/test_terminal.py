"""netlab at a terminal: in its own session, with standard input, output and error on a pty."""

import fcntl
import os
import pty
import re
import signal
import socket
import subprocess
import termios
import threading
import time

import pytest

from running import (NETLAB, PATIENCE, PRELOAD, TIMEOUT, Server, environment, eventually, netlab,
                     noise, read_all, read_line, tcp_server_of)


class Terminal:
    """netlab with its own terminal; `shown` has every byte that it printed."""

    def __init__(self, *words, cwd=None, **more):
        self.ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [NETLAB, *map(str, words)], stdin=theirs, stdout=theirs, stderr=theirs, cwd=cwd,
            env=environment(**more), start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(theirs)
        self.shown = b""
        self.changed = threading.Condition()
        self.ended = False
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.reader.join(TIMEOUT)
        os.close(self.ours)

    def read(self):
        while True:
            try:
                piece = os.read(self.ours, 4096)
            except OSError:  # EIO: the other end is closed
                piece = b""
            with self.changed:
                self.shown += piece
                self.ended = not piece
                self.changed.notify_all()
            if not piece:
                return

    def wait_for(self, pattern, times=1):
        """Waits for the n-th match of the pattern, n = `times`, and returns it."""
        def found():
            return list(re.finditer(pattern, self.shown))[times - 1:]
        with self.changed:
            self.changed.wait_for(lambda: found() or self.ended, TIMEOUT)
            assert found(), f"{pattern!r} is not in {self.shown!r}"
            return found()[0]

    def type(self, text):
        os.write(self.ours, text)

    def end(self):
        """Waits for the end. Returns the exit status and everything that was shown."""
        status = self.process.wait(TIMEOUT)
        self.reader.join(TIMEOUT)
        return status, self.shown


class ServerAtTerminal(Terminal):
    def __init__(self, *words):
        super().__init__("tcp", "serve", "-p", "0", "--bind", "127.0.0.1", *words)
        self.port = int(self.wait_for(rb"listening on 127\.0\.0\.1:(\d+) \(tcp\)")[1])
        self.address = f"127.0.0.1:{self.port}"


CTRL_C, CTRL_D = b"\x03", b"\x04"


def refuses(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT).close()
        return False
    except ConnectionError:
        return True


def send_in_background(address, message):
    return subprocess.Popen([NETLAB, "tcp", "send", address, message], stdout=subprocess.PIPE,
                            env=environment())


def test_server_prompts_for_each_reply():
    with ServerAtTerminal() as server:
        for turn, (message, reply) in enumerate([("one", b"first"), ("two", b"second")], 1):
            client = send_in_background(server.address, message)
            server.wait_for(rb"received 3 bytes from 127\.0\.0\.1:\d+: " + message.encode())
            server.wait_for(rb"ENTER MESSAGE FOR CLIENT\r\n", turn)
            server.type(reply + b"\n")
            assert client.communicate(timeout=TIMEOUT)[0] == reply
            server.wait_for(rb"sent \d+ bytes to 127\.0\.0\.1:\d+: " + reply)
        server.type(CTRL_C)
        assert server.end()[0] == 0


def test_ctrl_d_skips_one_reply():
    """Ctrl-D at the prompt sends no reply; the prompt for the next client waits for a line again."""
    with ServerAtTerminal() as server:
        client = send_in_background(server.address, "one")
        server.wait_for(rb"ENTER MESSAGE FOR CLIENT\r\n")
        server.type(CTRL_D)
        assert client.communicate(timeout=TIMEOUT)[0] == b""
        client = send_in_background(server.address, "two")
        server.wait_for(rb"ENTER MESSAGE FOR CLIENT\r\n", 2)
        server.type(b"an answer\n")
        assert client.communicate(timeout=TIMEOUT)[0] == b"an answer"


@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_at_the_reply_prompt(presses):
    """The server ends within five seconds even if a session cannot react; at once on a second Ctrl-C."""
    with ServerAtTerminal() as server:
        client = send_in_background(server.address, "hello")
        server.wait_for(rb"ENTER MESSAGE FOR CLIENT")
        began = time.monotonic()
        server.type(CTRL_C)
        if presses == 2:
            # Two pending signals merge into one: the first was handled when the listener is closed.
            eventually(lambda: refuses(server.port), "still accepts clients")
            server.type(CTRL_C)
        assert server.end()[0] == 0
        assert time.monotonic() - began <= (5.5 if presses == 1 else 3) * PATIENCE
        client.wait(TIMEOUT)


def test_server_escapes_received_messages():
    with ServerAtTerminal("--reply", "x") as server:
        netlab("tcp", "send", server.address, input=b"\x1b[2J\x07\xc2\x9b31m\xe4\xb8\xad\n")
        server.wait_for(rb": \\x1b\[2J\\x07\\xc2\\x9b31m\xe4\xb8\xad\\n\r\n")
        server.type(CTRL_C)
        assert b"\x1b" not in server.end()[1]


def test_client_prompts_and_shows_the_reply():
    with Server("tcp", "serve", "--reply", "hello yourself") as server:
        with Terminal("tcp", "send", server.address) as client:
            client.wait_for(rb"ENTER MESSAGE FOR SERVER\r\n")
            client.type(b"hello\n")
            status, shown = client.end()
        assert status == 0 and shown.endswith(b"\r\nhello yourself\r\n"), shown
        server.out.wait_for("received 5 bytes .*: hello$")


@pytest.mark.parametrize("answer, shown", [
    (b"one\n\ttwo\n", b"one\r\n\ttwo\r\n"), (b"one\ntwo", b"one\r\ntwo\r\n"), (b"", b"\r\n"),
    (b"a\r\n\x1b[2J", b"a\\r\r\n\\x1b[2J\r\n"), (b"end\n\xe2", b"end\r\n\\xe2\r\n")])
def test_reply_with_several_lines(answer, shown):
    def say(client):
        read_all(client)
        client.sendall(answer)
    with Terminal("tcp", "send", f"127.0.0.1:{tcp_server_of(say)}", "x") as client:
        status, seen = client.end()
    assert status == 0 and seen.expandtabs() == shown.expandtabs()  # the terminal expands tabs


def test_ctrl_c_ends_the_client():
    with Server("tcp", "serve", "--echo") as server:
        with Terminal("tcp", "send", server.address) as client:
            client.wait_for(rb"ENTER MESSAGE FOR SERVER\r\n")
            client.type(CTRL_C)
            assert client.end()[0] == -signal.SIGINT


def test_reply_in_pieces_is_shown_unchanged():
    """No line breaks and no broken characters where the network divided the text."""
    text = "\u00fc\u4e2d".encode() * 3000
    shown_first = threading.Event()

    def answer(client):
        read_all(client)
        client.sendall(text[:1001])  # in the middle of a character
        shown_first.wait(TIMEOUT)
        client.sendall(text[1001:])

    with Terminal("tcp", "send", f"127.0.0.1:{tcp_server_of(answer)}", "x") as client:
        client.wait_for(text[:900])
        shown_first.set()
        status, shown = client.end()
    assert status == 0 and shown.replace(b"\r\n", b"") == text
    assert shown.count(b"\r\n") == 1


@pytest.mark.parametrize("hostile", [b"\x1b]0;title\x07", b"\x9b2J", b"\xc2\x9b2J", b"\r\x7f\x08"])
def test_client_escapes_error_texts(hostile, tmp_path):
    def refuse(client):
        read_line(client)
        client.sendall(b"ERROR failed " + hostile + b"\n")

    with Terminal("ftp", "get", f"127.0.0.1:{tcp_server_of(refuse)}", "x", "--color", "never",
                  cwd=tmp_path) as client:
        status, shown = client.end()
    assert status == 1 and shown.endswith(b"\r\n")
    text = shown[:-2].decode()  # valid UTF-8
    assert all(character.isprintable() for character in text), shown


def test_file_names_are_escaped(tmp_path):
    (tmp_path / "served").mkdir()
    name = "\x1b[31mred\n.bin"
    (tmp_path / "served" / name).write_bytes(b"content")
    with Server("ftp", "serve", "served", cwd=tmp_path) as server:
        with Terminal("ftp", "get", server.address, name, "-o", "x", cwd=tmp_path) as client:
            assert client.end()[0] == 0
        with Terminal("ftp", "get", server.address, name, cwd=tmp_path) as client:
            status, shown = client.end()
        assert status == 0 and b"\x1b" not in shown
        server.out.wait_for(r"sent \\x1b\[31mred\\n\.bin to ")


def slow(size, seconds):
    """A lab wire server that takes `seconds` to send a file. Returns its address."""
    content = noise(size)

    def answer(client):
        line = read_line(client)
        while line:
            client.sendall(b"OK %d 0 tag big.bin\n" % size)
            if line.startswith(b"GET"):
                began = time.monotonic()
                for at in range(0, size, size // 50):
                    while (left := began + seconds * at / size - time.monotonic()) > 0:
                        threading.Event().wait(left)
                    client.sendall(content[at:at + size // 50])
            line = read_line(client)
    return f"127.0.0.1:{tcp_server_of(answer)}"


@pytest.mark.skipif(bool(PRELOAD), reason="every transfer is slow")
@pytest.mark.parametrize("seconds, words, bar", [
    (1.6, [], True), (0, [], False), (1.6, ["-q"], False), (1.6, ["--json"], False)])
def test_progress_bar(seconds, words, bar, tmp_path):
    with Terminal("ftp", "get", slow(1_000_000, seconds), "big.bin", *words,
                  cwd=tmp_path) as client:
        status, shown = client.end()
    assert status == 0 and (b"\x1b[K" in shown) == bar, shown
    if bar:
        assert re.search(rb"\r\[#+ *\] \d[^\r]* of 976\.6 KiB  \d[^\r]*/s  \d+ s left\x1b\[K", shown)
        # At the end, the line about the file has replaced the bar.
        assert re.search(rb"\r\x1b\[Kbig\.bin: 1000000 bytes from offset 0 in [\d.]+ s\r\n$", shown)


@pytest.mark.parametrize("words, environment_, colored", [
    ([], {}, True), ([], {"NO_COLOR": "1"}, False), ([], {"NO_COLOR": ""}, True),
    (["--color", "never"], {}, False), (["--color", "always"], {"NO_COLOR": "1"}, True)])
def test_colors(words, environment_, colored):
    with Terminal("tcp", "send", "127.0.0.1:1", "x", *words, **environment_) as client:
        status, shown = client.end()
    assert status == 1 and (b"\x1b[" in shown) == colored
    plain = re.sub(rb"\x1b\[[\d;]*m", b"", shown)
    assert plain == b"netlab tcp send: connect 127.0.0.1:1: Connection refused\r\n"


def test_pipe_gets_the_bytes_and_terminal_the_summary(tmp_path):
    """`netlab ftp get ... -o - | cmp`: standard output has the file, the terminal has the summary."""
    (tmp_path / "file").write_bytes(b"\x1b[2Jcontent")
    with Server("ftp", "serve", "file", cwd=tmp_path) as server:
        ours, theirs = pty.openpty()
        done = subprocess.run([NETLAB, "ftp", "get", server.address, "-o", "-"], timeout=TIMEOUT,
                              stdout=subprocess.PIPE, stderr=theirs, env=environment())
        assert done.stdout == b"\x1b[2Jcontent"
        assert os.read(ours, 1000).startswith(b"-: 11 bytes from offset 0 in")
        os.close(ours)
        os.close(theirs)
