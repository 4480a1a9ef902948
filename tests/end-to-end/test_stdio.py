"""Standard input, output and error: closed, full, without a reader, or a file."""

import json
import os
import re
import shutil
import signal
import subprocess

import pytest

from running import (NETLAB, PRELOAD, TIMEOUT, Server, environment, netlab, noise, read_all,
                     tcp_server_of)

CONTENT = noise(20_000 if PRELOAD else 400_000)
SERVE_OPTIONS = ["-q"]
small_only = pytest.mark.skipif(bool(PRELOAD), reason="64 MiB, 1 to 7 bytes at a time")


def shell(script, cwd=None, **names):
    """Runs `script` in bash, with $netlab set."""
    return subprocess.run(["bash", "-c", script], cwd=cwd, capture_output=True, text=True,
                          timeout=TIMEOUT, env=environment(netlab=NETLAB, **names))


@pytest.mark.parametrize("command", [
    "ftp get $at big.bin -o -", "tcp send $talker x", "--help",
    pytest.param("demo", marks=small_only)])
def test_closed_pipe_ends_it_quietly(command, server):
    """`netlab ... | head` ends netlab with SIGPIPE and without a message, as for other programs."""
    def talk(client):
        while True:
            client.sendall(b"more and more\n" * 1000)
    done = shell(f'"$netlab" {command} | head -c 5 > /dev/null; echo "${{PIPESTATUS[0]}}"',
                 at=server.address, talker=f"127.0.0.1:{tcp_server_of(talk)}")
    assert done.stderr == ""
    # A short output may be in the pipe completely before the reader exits.
    ended = [str(128 + signal.SIGPIPE)] + (["0"] if command in ("demo", "--help") else [])
    assert done.stdout.strip() in ended, done


@pytest.mark.parametrize("redirection", [">&-", "<&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_are_not_reused(redirection, directory, server):
    """The first descriptors that netlab opens must not become standard output or error."""
    done = shell(f'"$netlab" ftp get $at big.bin -o copy --trace {redirection}; echo $? > status',
                 cwd=directory, at=server.address)
    assert (directory / "status").read_text() == "0\n", done
    assert (directory / "copy").read_bytes() == CONTENT
    assert sorted(path.name for path in directory.iterdir()) == ["copy", "served", "status"]


def test_download_to_a_closed_standard_output_fails(directory, server):
    done = shell('"$netlab" ftp get $at big.bin -o - >&-', cwd=directory, at=server.address)
    assert done.returncode == 1 and "standard output: Bad file descriptor" in done.stderr, done


@pytest.mark.parametrize("command, what", [
    ("ftp get $at big.bin -o -", "write standard output"),
    pytest.param("demo", "write standard output", marks=small_only),
    ("ftp get $at big.bin -o copy --json", "write standard output"),
    ("completion bash", "write standard output"), ("tcp send $talker x", "write standard output")])
def test_full_standard_output_is_a_failure(command, what, directory, server):
    talker = tcp_server_of(lambda client: (read_all(client), client.sendall(b"answer")))
    done = shell(f'"$netlab" {command} > /dev/full', cwd=directory, at=server.address,
                 talker=f"127.0.0.1:{talker}")
    assert done.returncode == 1 and f"{what}: No space left on device\n" in done.stderr, done


def test_server_with_a_full_standard_output_exits(directory):
    """Scripts wait for the first line, so failing to print it is fatal."""
    done = shell('timeout 60 "$netlab" ftp serve served -p 0 > /dev/full', cwd=directory)
    assert done.returncode == 1, done
    assert done.stderr == "netlab ftp serve: write standard output: No space left on device\n"


def test_results_on_stdout_and_messages_on_stderr(directory, server):
    """Results on standard output, everything else on standard error."""
    done = netlab("ftp", "get", server.address, "big.bin", "-o", "copy", cwd=directory)
    assert done.out == b"" and re.fullmatch(
        rf"copy: {len(CONTENT)} bytes from offset 0 in \d+\.\d+ s\n", done.err)
    done = netlab("ftp", "get", server.address, "big.bin", "-o", "-", "-q")
    assert done.out == CONTENT and done.err == ""
    done = netlab("ftp", "get", server.address, "big.bin", "-o", "-", "--json")
    assert done.out == CONTENT
    with Server("tcp", "serve", "--reply", "x") as talker:
        netlab("tcp", "send", talker.address, "y")
        talker.out.wait_for("^sent 1 bytes")
    assert talker.err.text() == ""


@pytest.mark.parametrize("words, status", [
    (["tcp", "send", "127.0.0.1:1", "x"], 1), (["ftp", "get", "127.0.0.1:1", "x"], 1),
    (["ftp", "serve", "/nothing"], 1), (["tcp", "serve", "--bind", "192.0.2.1"], 1),
    (["ftp", "get", "nobody.invalid", "x"], 1), (["ftp", "get", "127.0.0.1:x", "x"], 2),
    (["completion", "tcsh"], 2), pytest.param(["demo"], 0, marks=small_only),
    (["completion", "bash"], 0)])
def test_json_lines_in_success_and_failure(words, status):
    done = netlab(*words, "--json")
    assert done.status == status, done
    events = [json.loads(line) for line in done.out.splitlines()]
    assert events and all(isinstance(event, dict) and event["event"] for event in events)
    if status != 0:
        assert events[-1]["event"] == "error" and events[-1]["command"] in " ".join(words)
        assert done.err == f"netlab {events[-1]['command']}: {events[-1]['message']}\n"


def test_names_that_are_not_utf8_are_valid_json(directory):
    name = os.fsdecode(b"\xff\xfe\"\\\n")
    (directory / "served" / name).write_bytes(b"x")
    with Server("ftp", "serve", "served", "--json", cwd=directory) as server:
        done = netlab("ftp", "get", server.address, name, "-o", "copy", "--json", cwd=directory)
        assert done.status == 0 and json.loads(done.out)["bytes"] == 1
        json.loads(server.out.wait_for('"sent"'))


def test_port_file_appears_atomically(directory):
    """A reader in a tight loop sees no file, the old port, or the new port, but no partial content."""
    port_file = directory / "port"
    for old in (None, "1\n"):
        if old:
            port_file.write_text(old)
        process = subprocess.Popen(
            [NETLAB, "tcp", "serve", "--echo", "-p", "0", "--port-file", port_file],
            stdout=subprocess.PIPE, env=environment())
        seen = set()
        while process.poll() is None and seen <= {None, "1\n"}:
            try:
                seen.add(port_file.read_text())
            except FileNotFoundError:
                seen.add(None)
        process.send_signal(signal.SIGTERM)
        out = process.communicate(timeout=TIMEOUT)[0]
        port = re.search(rb":(\d+) \(tcp\)", out)[1].decode()
        assert seen <= {None, old, port + "\n"} and port + "\n" in seen
        assert sorted(path.name for path in directory.iterdir()) == ["port", "served"]
        port_file.unlink()


def test_resume_after_a_full_disk(directory, server):
    """The part that was kept is the beginning; with free space, the same command completes it."""
    if not shutil.which("unshare"):
        pytest.skip("no unshare(1)")
    (directory / "small").mkdir()
    (directory / "served/large.bin").write_bytes(noise(300_000))
    done = subprocess.run(["unshare", "-rm", "bash", "-c", f'''
mount -t tmpfs -o size=64k none small || exit 77
cd small
for attempt in first second; do "$netlab" ftp get {server.address} large.bin; echo $attempt $?; done
mount -o remount,size=1m . || exit 77
"$netlab" ftp get {server.address} large.bin; echo third $?
cmp large.bin ../served/large.bin && ls -A'''], cwd=directory, capture_output=True, text=True,
                          timeout=TIMEOUT, env=environment(netlab=NETLAB))
    if done.returncode == 77 or "unshare:" in done.stderr:
        pytest.skip("no mount namespace here: " + done.stderr.strip())
    assert done.stdout.splitlines() == ["first 1", "second 1", "third 0", "large.bin"], done
    assert done.stderr.count("No space left on device") == 2
