"""Interoperability with the lab sheets' own programs."""

import subprocess

import pytest

from running import (MODELS, PRELOAD, TIMEOUT, Server, free_port, netlab, noise, peer,
                     wait_until_listening)

CONTENT = noise(20_000 if PRELOAD else 300_000)


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "source_file.txt").write_bytes(CONTENT)
    return tmp_path


def run(program, *words, input):
    done = subprocess.run([program, *map(str, words)], input=input, capture_output=True,
                          timeout=TIMEOUT)
    assert done.returncode == 0, done
    return done.stdout


class ServerInC:
    """One of the sheets' servers, stopped at the end of the block."""

    def __init__(self, program, *words):
        self.port = free_port()
        self.process = subprocess.Popen([program, str(self.port), *map(str, words)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.address = f"127.0.0.1:{self.port}"

    def __enter__(self):
        wait_until_listening(self.port)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


# The sheet's programs treat the result of one recv(2) as the message.
in_one_piece = pytest.mark.skipif(bool(PRELOAD), reason="netlab sends in pieces here")


@in_one_piece
@pytest.mark.parametrize("model", MODELS)
def test_the_sheets_client(model, directory):
    client = peer("client", directory)
    with Server("tcp", "serve", "--reply", "hello from netlab", "--" + model) as server:
        printed = run(client, "127.0.0.1", server.port, input=b"hello from C\n")
        assert printed.endswith(b"Data Sent\nhello from netlab\n")
        server.out.wait_for(r"received 12 bytes from 127\.0\.0\.1:\d+: hello from C$")


@in_one_piece
def test_the_sheets_server(directory):
    with ServerInC(peer("server", directory)) as server:
        server.process.stdin.write(b"hello from C\n")
        server.process.stdin.flush()
        answer = netlab("tcp", "send", server.address, "hello from netlab")
        assert (answer.status, answer.out) == (0, b"hello from C"), answer
        assert b"hello from netlab\n" in server.process.communicate(timeout=TIMEOUT)[0]


@pytest.mark.parametrize("model", MODELS)
def test_the_sheets_download_client(model, directory):
    client = peer("client_broken_ftp", directory)
    with Server("ftp", "serve", "source_file.txt", "--" + model, cwd=directory) as server:
        def fetch(name, commands):
            run(client, "127.0.0.1", server.port, directory / name, input=commands)
            return (directory / name).read_bytes()
        assert fetch("whole", b"0\n") == CONTENT
        (directory / "part").write_bytes(CONTENT[:1000])
        assert fetch("part", b"2\n") == CONTENT
        assert fetch("rest", b"1\n12345\n") == CONTENT[12345:]
        assert fetch("beyond", b"1\n2147483647\n") == b""
        server.out.wait_for("offset 2147483647 is beyond the end")
        assert fetch("negative", b"1\n-1\n") == b""
        server.out.wait_for(r'bad offset "-1')
        assert fetch("unknown", b"7\n") == b""
        server.out.wait_for("unknown command")


def test_the_sheets_download_server(directory):
    with ServerInC(peer("server_broken_ftp", directory), directory / "source_file.txt") as server:
        def fetch(*words):
            # The server sleeps for a second after each client before it accepts the next.
            return netlab("ftp", "get", server.address, "--wire", "sheet", *words, cwd=directory)
        assert fetch("-o", "whole").status == 0
        assert (directory / "whole").read_bytes() == CONTENT
        (directory / "part").write_bytes(CONTENT[:1000])
        assert fetch("-o", "part", "--resume").status == 0
        assert (directory / "part").read_bytes() == CONTENT
        assert fetch("-o", "-", "--offset", "12345").out == CONTENT[12345:]
        (directory / "other").write_bytes(b"something else")
        refused = fetch("-o", "other", "--resume")
        assert refused.status == 1 and "is not the beginning" in refused.err
        # The client must detect an error before it connects: otherwise this server would spin forever.
        refused = fetch("-o", "nothing", "--offset", "5")
        assert refused.status == 1 and "hole" in refused.err
        assert fetch("-o", "again", "--restart").status == 0


def test_offsets_too_long_for_the_sheets_server_are_rejected(directory):
    refused = netlab("ftp", "get", "127.0.0.1:1", "--wire", "sheet", "--offset", "1000000000",
                     "-o", "x", cwd=directory)
    assert refused.status == 2 and "999999999" in refused.err
