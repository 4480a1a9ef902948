"""The interface that handouts and CI scripts rely on: exit status, output, help, signals."""

import json
import os
import pty
import re
import signal
import subprocess
import threading

import pytest

from running import (MODELS, NETLAB, TIMEOUT, Lines, Server, commands, environment, eventually, netlab,
                     read_line, tcp_server_of)


@pytest.mark.parametrize("words, status", [
    ("", 2), ("tcp", 2), ("tcp srve", 2), ("nothing", 2), ("tcp serve --nothing", 2),
    ("tcp serve -p 65536", 2), ("tcp serve -p -1", 2), ("tcp serve -p 080x", 2),
    ("tcp serve --fork --epoll", 2), ("tcp serve --model bamboo", 2),
    ("tcp serve --echo --reply x", 2), ("tcp serve --fork", 2), ("tcp serve --max-clients 0", 2),
    ("tcp serve --idle-timeout soon", 2), ("tcp serve extra", 2), ("tcp send localhost:99999 x", 2),
    ("tcp send [::1 x", 2), ("ftp get --offset 1 --resume", 2), ("ftp get --offset 1e3", 2),
    ("ftp get --offset 9223372036854775808", 2), ("ftp get localhost x --wire sheet", 2),
    ("ftp serve /nothing", 1), ("completion tcsh", 2), ("completion", 2), ("--help", 0),
    ("--version", 0), ("tcp --help", 0), ("tcp serve --help", 0), ("ftp get -h", 0)])
def test_exit_status(words, status):
    done = netlab(*words.split())
    assert done.status == status, done
    if status == 0:
        assert done.out and not done.err
    else:
        assert done.err and not done.out
        assert words == "" or re.fullmatch(r"netlab[ \w]*: [^\n]+\n", done.err), done


@pytest.mark.parametrize("words, meant", [
    ("tpc", "tcp"), ("tcp srve", "serve"), ("ftp gte", "get"), ("tcp serve --prot 1", "--port"),
    ("ftp get --ofset 1", "--offset"), ("dmeo", "demo")])
def test_suggestions(words, meant):
    assert f"Did you mean '{meant}'?" in netlab(*words.split()).err


def test_demo():
    done = netlab("demo")
    lines = done.out.decode().splitlines()
    assert done.status == 0 and len(lines) == 10, done
    assert lines[-1] == "10. the files are identical, byte for byte"
    done = netlab("demo", "--json")
    events = [json.loads(line) for line in done.out.splitlines()]
    assert events[-1] == {"event": "verified", "same": True}
    assert [event["event"] for event in events].count("listening") == 1


@pytest.mark.parametrize("ended_by", ["head -n 1", "sleep 0.05"])
def test_demo_removes_its_directory(ended_by, tmp_path):
    subprocess.run(["bash", "-c", f'"$0" demo | {ended_by}', NETLAB], capture_output=True,
                   env=environment(TMPDIR=str(tmp_path)), timeout=TIMEOUT)
    eventually(lambda: not list(tmp_path.iterdir()), "the demo's directory is left")


def test_first_line_and_port_file(tmp_path):
    with Server("tcp", "serve", "--echo", "--port-file", "port", cwd=tmp_path) as server:
        assert re.fullmatch(r"listening on 0\.0\.0\.0:\d+ \(tcp\)", server.out.lines[0])
        assert (tmp_path / "port").read_text() == f"{server.port}\n"
        assert not (tmp_path / "port.new").exists()
    with Server("tcp", "serve", "--echo", "--bind", "127.0.0.1", "--json") as server:
        event = json.loads(server.out.lines[0])
        assert event == {"event": "listening", "address": "127.0.0.1", "port": server.port,
                         "protocol": "tcp"}


def test_port_in_use():
    with Server("tcp", "serve", "--echo", "--bind", "127.0.0.1") as server:
        done = netlab("tcp", "serve", "--echo", "--bind", "127.0.0.1", "-p", server.port)
        assert done.status == 1
        assert done.err == f"netlab tcp serve: bind {server.address}: Address already in use\n"


def test_failures_as_json():
    done = netlab("ftp", "get", "127.0.0.1:1", "x", "--json")
    assert done.status == 1
    assert json.loads(done.out) == {"event": "error", "command": "ftp get",
                                    "message": "connect 127.0.0.1:1: Connection refused"}


def test_unknown_host_name():
    done = netlab("tcp", "send", "nobody.invalid", "x")
    assert done.status == 1 and done.err.startswith("netlab tcp send: resolve nobody.invalid: ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_client_keeps_the_part(number, tmp_path):
    began = threading.Event()
    over = threading.Event()

    def serve(client):
        read_line(client)
        client.sendall(b"OK 100 0 t big.bin\nshort")
        began.set()
        over.wait(TIMEOUT)
    port = tcp_server_of(serve)
    client = subprocess.Popen([NETLAB, "ftp", "get", f"127.0.0.1:{port}", "big.bin"], cwd=tmp_path,
                              env=environment(), stderr=subprocess.DEVNULL)
    assert began.wait(TIMEOUT)
    part = tmp_path / "big.bin.part"
    eventually(lambda: part.exists() and part.stat().st_size == 5, "nothing arrived")
    client.send_signal(number)
    assert client.wait(TIMEOUT) == -number  # a shell reports 130 or 143
    over.set()
    assert part.read_bytes() == b"short"


def test_link_named_like_a_command(tmp_path):
    (tmp_path / "ftp").symlink_to(NETLAB)
    done = subprocess.run([tmp_path / "ftp", "get", "--help"], capture_output=True, timeout=TIMEOUT)
    assert done.returncode == 0 and b"Usage: netlab ftp get" in done.stdout


def test_closed_pipe():
    done = subprocess.run(["bash", "-c", '"$0" demo | head -n 1; echo "${PIPESTATUS[0]}"', NETLAB],
                          capture_output=True, timeout=TIMEOUT, env=environment())
    assert done.stderr == b"" and done.stdout.splitlines()[-1] in (b"0", b"141"), done


def test_server_outlives_the_reader_of_its_output():
    server = subprocess.Popen([NETLAB, "tcp", "serve", "--reply", "x", "-p", "0", "--bind", "127.0.0.1"],
                              stdout=subprocess.PIPE, env=environment())
    port = int(re.search(rb":(\d+) ", server.stdout.readline())[1])
    server.stdout.close()
    try:
        for _ in range(3):
            assert netlab("tcp", "send", f"127.0.0.1:{port}", "y").out == b"x"
        server.send_signal(signal.SIGTERM)
        assert server.wait(TIMEOUT) == 0
    finally:
        server.kill()
        server.wait()


@pytest.mark.parametrize("words, colored", [
    (["--color", "always"], True), (["--color", "never"], False), ([], False)])
def test_colors(words, colored):
    done = netlab("tcp", "send", "127.0.0.1:1", "x", *words)
    assert ("\x1b[" in done.err) == colored


@pytest.mark.parametrize("no_color, colored", [("", True), ("1", False)])
def test_colors_on_a_terminal(no_color, colored):
    ours, theirs = pty.openpty()
    subprocess.run([NETLAB, "tcp", "send", "127.0.0.1:1", "x"], stderr=theirs, timeout=TIMEOUT,
                   env=environment(NO_COLOR=no_color))
    assert (b"\x1b[" in os.read(ours, 1000)) == colored
    os.close(ours)
    os.close(theirs)


def test_help_has_an_example():
    assert {"demo", "tcp serve", "ftp get"} < set(commands())
    for command in commands():
        text = netlab(*command.split(), "--help").out.decode()
        assert re.search(rf"^Example: netlab {command}", text, re.M), text
        for option in ("--json", "--trace", "--color"):
            assert option in text


def test_completions():
    def candidates(*words):
        return [line.split("\t")[0] for line in netlab("__complete", *words).out.decode().split("\n")]
    assert "serve" in candidates("tcp", "") and "tcp" in candidates("t")
    assert {"lab", "sheet"} <= set(candidates("ftp", "get", "--wire", ""))
    assert set(MODELS) <= set(candidates("tcp", "serve", "--model", ""))
    assert "--offset" in candidates("ftp", "get", "--off")
    assert {"--wire=lab", "--wire=sheet"} == set(candidates("ftp", "get", "--wire=")) - {""}


@pytest.mark.parametrize("words, completed", [
    ("ftp g", "get"), ("ftp get --wire =", "lab sheet"), ("ftp get --wire = s", "sheet"),
    ("tcp serve --model = epoll --ech", "--echo"), ("tcp serve --model=e", "--model=epoll")])
def test_completions_in_bash(words, completed):
    """With the words as bash splits a line: "=" may or may not be a separate word (COMP_WORDBREAKS)."""
    script = "\n".join([f'netlab() {{ "{NETLAB}" "$@"; }}', netlab("completion", "bash").out.decode(),
                        f"COMP_WORDS=(netlab {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))",
                        '_netlab; echo "${COMPREPLY[@]}"'])
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=TIMEOUT)
    assert done.stdout.strip() == completed, done


def test_man_page(tmp_path):
    page = netlab("__man").out.decode()
    for command in commands():
        assert f".SS netlab {command}" in page
    options = set(re.findall(r"^ *(?:-\w,)?(--[a-z-]+)", "\n".join(
        netlab(*command.split(), "--help").out.decode() for command in commands()), re.M))
    for option in options:
        assert option.replace("-", "\\-") in page, option
    (tmp_path / "netlab.1").write_text(page)
    try:
        done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", tmp_path / "netlab.1"],
                              capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("no mandoc(1)")
    assert done.stdout == ""


CALL = re.compile(r"^(\[pid \d+\] )?\d+\.\d{6} (io_uring: )?\w+\(.*\) = (-1 E\w+ \(.*\)|\d+)$")


@pytest.mark.parametrize("model", MODELS)
def test_trace(model):
    with Server("tcp", "serve", "--echo", "--trace", "--once", "--" + model) as server:
        done = netlab("tcp", "send", server.address, "hello", "--trace")
        assert server.process.wait(TIMEOUT) == 0
    for line in done.err.splitlines() + server.err.text().splitlines():
        assert CALL.match(line), line
    text = done.err
    assert "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0) = " in text
    assert f'{{sa_family=AF_INET, sin_port=htons({server.port}), sin_addr=inet_addr("127.0.0.1")}}' \
        in text
    assert 'send(' in text and '"hello", 5, MSG_NOSIGNAL) = 5' in text
    assert ', SHUT_WR) = 0' in text
    assert 'recv(' in server.err.text() and '"hello", 65536' in server.err.text()
    if model == "fork":
        assert re.search(r"\[pid \d+\] \d+\.\d+ close\(", server.err.text())


def test_no_trace_unless_asked():
    with Server("tcp", "serve", "--echo") as server:
        assert netlab("tcp", "send", server.address, "hello").err == ""
    assert server.err.text() == ""


def slow_server(release):
    def serve(client):
        read_line(client)
        client.sendall(b"OK 2000000 0 t big.bin\n")
        for _ in range(20):
            client.sendall(bytes(50_000))
            release.wait(0.1)
        client.sendall(bytes(1_000_000))
        read_line(client)
        client.sendall(b"OK 2000000 0 t big.bin\n")
    return tcp_server_of(serve)


def test_progress_bar_on_a_terminal(tmp_path):
    never = threading.Event()
    watched = f"127.0.0.1:{slow_server(never)}"
    unwatched = f"127.0.0.1:{slow_server(never)}"
    ours, theirs = pty.openpty()
    client = subprocess.Popen([NETLAB, "ftp", "get", watched, "big.bin"], stderr=theirs,
                              cwd=tmp_path, env=environment())
    shown = Lines(os.fdopen(ours, "rb"))
    done = netlab("ftp", "get", unwatched, "big.bin", "-o", "other", cwd=tmp_path)
    assert client.wait(TIMEOUT) == 0
    os.close(theirs)
    assert re.search(r"\r\[#+ +\] .* of 1\.9 MiB  .*/s  \d+ s left", shown.wait_for("left"))
    assert "\r" not in done.err and "left" not in done.err
