"""Helpers that run the real netlab binary: a Server for the length of a test, netlab() for a command to its end."""

import functools
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

NETLAB = os.environ.get("NETLAB", str(Path(__file__).parents[2] / "build/src/netlab"))
# Factor for all timeouts: sanitizers are slow.
PATIENCE = float(os.environ.get("NETLAB_PATIENCE", "1"))
# A library that makes every read and write short; only netlab's processes load it.
PRELOAD = os.environ.get("NETLAB_PRELOAD", "")
SANITIZED = PATIENCE > 1
MODELS = ["iterative", "fork", "threads", "epoll", "uring"]
TIMEOUT = 30 * PATIENCE
# Options that choose the transport of file transfers, to run the same tests over UDP.
CARRIER = os.environ.get("NETLAB_CARRIER", "").split()
# Loss rate of a proxy between client and server, in both directions; empty: no proxy.
LOSS = os.environ.get("NETLAB_LOSS", "")
TRANSFER_COMMANDS = [("ftp", verb) for verb in ("serve", "get", "put", "ls")]


def with_transport(words):
    """The words of a command, with the options for its transport."""
    return [*words, *CARRIER] if tuple(words[:2]) in TRANSFER_COMMANDS else list(words)


def environment(**more):
    """The environment without NOTIFY_SOCKET: a server would report its readiness to our own service manager."""
    names = {name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"} | more
    if PRELOAD:
        names["LD_PRELOAD"] = PRELOAD
    return names


def eventually(condition, why, seconds=TIMEOUT):
    """Waits until the condition holds, and returns its value."""
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < end, why
        time.sleep(0.005)  # polls: not every condition has an event


class Lines:
    """The lines of a process's output, as they arrive."""

    def __init__(self, stream):
        self.lines = []
        self.stream = stream
        self.changed = threading.Condition()
        self.ended = False
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        try:
            for line in self.stream:
                with self.changed:
                    self.lines.append(line.decode(errors="replace").rstrip("\n"))
                    self.changed.notify_all()
        except OSError:
            pass  # EIO: a terminal whose other end is closed
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait_for(self, pattern, seconds=TIMEOUT):
        """Waits for a line that the pattern matches, and returns the first one."""
        def found():
            return next((line for line in self.lines if re.search(pattern, line)), None)
        with self.changed:
            self.changed.wait_for(lambda: found() is not None or self.ended, seconds)
            assert found() is not None, f"no line with {pattern!r} among {self.lines}"
            return found()

    def text(self):
        self.reader.join(TIMEOUT)
        return "\n".join(self.lines)


# Runs its arguments as a service that receives its listening socket as descriptor 3 (sd_listen_fds(3)).
ACTIVATED = ["sh", "-c", 'export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@"', "sh"]


def as_descriptor_3(passed):
    """A preexec_fn that makes the socket descriptor 3."""
    def move():
        os.dup2(passed.fileno(), 3)
        os.set_inheritable(3, True)
    return move


def stop(process):
    """Stops a server unless it has ended, and returns its exit status."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(TIMEOUT)
    finally:
        process.kill()


class Server:
    """netlab WORDS... -p 0, or with a passed socket. Stopped at the end of the block; its exit status must
    then be `status`."""

    def __init__(self, *words, cwd=None, status=0, stdin=subprocess.DEVNULL, wrapper=(), passed=None,
                 **more):
        self.status = status
        words = with_transport(words)
        command = [*wrapper, NETLAB, *words, "-p", "0"]
        if passed:
            command = [*ACTIVATED, *wrapper, NETLAB, *words]
        self.process = subprocess.Popen(
            command, cwd=cwd, stdin=stdin, env=environment(**more), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, close_fds=passed is None,
            preexec_fn=as_descriptor_3(passed) if passed else None)
        self.out = Lines(self.process.stdout)
        self.err = Lines(self.process.stderr)
        self.port = 0
        self.proxy = None

    def __enter__(self):
        try:
            line = self.out.wait_for(r"listening")
        except AssertionError:
            self.process.kill()
            if "io_uring" in self.err.text():
                pytest.skip("io_uring is forbidden here")
            raise
        self.port = int(re.search(r'[":](\d+)[ ,]', line)[1])
        if LOSS:
            self.proxy = subprocess.Popen(
                [NETLAB, "impair", "udp", "0", str(self.port), "--loss", LOSS, "--seed", "1"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environment())
            line = Lines(self.proxy.stdout).wait_for("listening")
            self.port = int(re.search(r":(\d+) ", line)[1])
        return self

    def __exit__(self, kind, *_):
        if self.proxy:
            stop(self.proxy)
        status = stop(self.process)
        if kind is None:
            assert status == self.status, self.err.text()
            assert "Sanitizer" not in self.err.text(), self.err.text()

    @property
    def pid(self):
        return self.process.pid

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def connect(self):
        if CARRIER:
            pytest.skip("this speaks TCP itself")
        return socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT)


class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def __repr__(self):
        return f"status {self.status}, out {self.out[:300]!r}, err {self.err[:2000]!r}"


def netlab(*words, cwd=None, input=b"", preexec=None, **more):
    """Runs netlab to its end."""
    done = subprocess.run([NETLAB, *map(str, with_transport(words))], cwd=cwd, input=input, capture_output=True,
                          timeout=TIMEOUT, env=environment(**more), preexec_fn=preexec)
    assert b"Sanitizer:" not in done.stderr, done.stderr.decode()
    return Result(done.returncode, done.stdout, done.stderr.decode(errors="replace"))


@functools.cache
def commands():
    """All commands, e.g. "tcp serve", as the help lists them."""
    def listed(*group):
        text = netlab(*group, "--help").out.decode()
        return re.findall(r"^  ([a-z]+) ", text.partition("\nCommands:\n")[2], re.M)
    return [" ".join([first, *rest]) for first in listed() for rest in [[name] for name in listed(first)] or [[]]]


def tcp_server_of(answer, clients=1):
    """Runs a server in a thread that calls `answer(connection)` for each client. Returns the port."""
    if CARRIER:
        pytest.skip("this speaks TCP itself")
    listener = socket.create_server(("127.0.0.1", 0))

    def run():
        with listener:
            for _ in range(clients):
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(TIMEOUT)
                    try:
                        answer(connection)
                    except OSError:
                        pass
    threading.Thread(target=run, daemon=True).start()
    return listener.getsockname()[1]


def read_line(connection):
    line = b""
    while not line.endswith(b"\n"):
        byte = connection.recv(1)
        if not byte:
            break
        line += byte
    return line


def read_exactly(connection, size):
    """Not MSG_WAITALL: Python's timeout makes the socket non-blocking."""
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            break
        data += piece
    return data


def read_all(connection):
    return b"".join(iter(lambda: connection.recv(65536), b""))


def noise(size, seed=1):
    """Random bytes, the same for the same seed."""
    import random
    return random.Random(seed).randbytes(size)


def peer(name, directory):
    """Compiles one of the lab sheets' own programs; skips the test if they are not available."""
    sources = os.environ.get("NETLAB_PEERS")
    if not sources or not Path(sources, name + ".c").exists():
        pytest.skip("the lab sheets' programs are not available (-Dpeers=DIRECTORY)")
    if not shutil.which("cc"):
        pytest.skip("no C compiler")
    program = Path(directory) / name
    subprocess.run(["cc", "-O1", "-w", Path(sources, name + ".c"), "-o", program], check=True)
    return program


def resident(pid):
    """Resident memory of the process, in KiB."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])


def processor_time(pid):
    """CPU seconds of the process and its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children(pid):
    """{pid: state} of the children of a process."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rsplit(")", 1)[1].split()[:2]
        except OSError:
            continue
        if int(parent) == pid:
            found[int(path.parent.name)] = state
    return found


def free_port():
    """A free port, for programs that do not support port 0."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def wait_until_listening(port):
    """Does not connect: the sheet's server would take the connection for its client."""
    eventually(lambda: is_in("tcp", f":{port:04X} 00000000:0000 0A"), f"no server listens on {port}")


def wait_until_bound(port):
    """The same for UDP."""
    eventually(lambda: is_in("udp", f":{port:04X} 00000000:0000 07"), f"no socket is bound to {port}")


def is_in(table, words):
    return any(words in line for line in Path("/proc/net", table).read_text().splitlines())
