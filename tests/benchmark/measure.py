"""Runs servers and clients against each other, round by round, and measures their cost."""

import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "end-to-end"))
from running import eventually, free_port, noise, wait_until_bound, wait_until_listening  # noqa: E402

CLIENT_TIMEOUT = 300  # timeout of a client, in seconds


@dataclass
class Row:
    """The commands of a server and its client, as functions of the server's port."""
    name: str
    server: Callable[[int], list]
    client: Callable[[int], list]
    prints_port: bool = True  # otherwise it listens on the given port
    client_input: bytes = b""
    listening: Callable[[int], None] = wait_until_listening
    rounds: list = field(default_factory=list)
    trouble: str = ""


@dataclass
class Round:
    seconds: float
    server_cpu: float
    client_cpu: float
    output: str


# The Debian packages of programs whose package has another name.
PACKAGES = {"aria2c": "aria2", "in.tftpd": "tftpd-hpa", "srt-file-transmit": "srt-tools", "uftpd": "uftp"}
announced = set()


def has(row, *programs):
    """Whether the programs of a row are installed. If not, prints once which are missing."""
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        leave_out(row, missing, [PACKAGES.get(program, program) for program in missing])
    return not missing


def leave_out(row, missing, packages):
    if row not in announced:
        verb = "are" if len(missing) > 1 else "is"
        print(f"(left out, because {' and '.join(missing)} {verb} not installed: {row}; "
              f"apt install {' '.join(dict.fromkeys(packages))})", flush=True)
    announced.add(row)


def make_file(path, size):
    """`size` is rounded down to MiB."""
    block = noise(1024 * 1024)
    with open(path, "wb") as file:
        for _ in range(size // len(block)):
            file.write(block)


def received(path):
    """How many bytes have arrived of a file that netlab or another program downloads."""
    return sum(p.stat().st_size for p in path.parent.iterdir() if p.name in (path.name, path.name + ".part"))


def run_round(row):
    """Starts the server, runs the client to its end, stops the server."""
    with Running(row.server, row.prints_port, row.listening) as server:
        started = time.monotonic()
        client = subprocess.Popen([str(word) for word in row.client(server.port)], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        output, errors = client.communicate(row.client_input, timeout=CLIENT_TIMEOUT)
        seconds = time.monotonic() - started
        client_cpu = children_cpu()
        if client.returncode != 0:
            raise RuntimeError(errors.decode(errors="replace").strip() or f"status {client.returncode}")
    return Round(seconds, children_cpu() - client_cpu, client_cpu - server.cpu_before, output.decode(errors="replace"))


def children_cpu():
    """CPU seconds of all children that have been waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class Running:
    """A server, stopped at the end of the block."""

    def __init__(self, command, prints_port, listening=wait_until_listening):
        self.cpu_before = children_cpu()
        self.port = 0 if prints_port else free_port()
        words = [str(word) for word in command(self.port)]
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE if prints_port else subprocess.DEVNULL)
        if prints_port:
            line = self.process.stdout.readline().decode()
            port = re.search(r":(\d+) |^(\d+)$", line)
            if not port:
                self.__exit__()
                raise RuntimeError(f"{words[0]} does not listen")
            self.port = int(port[1] or port[2])
        else:
            listening(self.port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def run_rounds(rows, count, once=run_round):
    """Each round runs every row once, in rotating order, so that disturbances affect all rows alike."""
    for number in range(count):
        for i in range(len(rows)):
            row = rows[(number + i) % len(rows)]
            if row.trouble:
                continue
            try:
                row.rounds.append(once(row))
            except (RuntimeError, AssertionError, OSError, subprocess.SubprocessError) as error:
                row.trouble = str(error).splitlines()[0]


def failed(rows):
    """The names of the rows that failed."""
    return [row.name for row in rows if row.trouble]


def median(values):
    return statistics.median(values)


def ratio(row, limit, figure):
    """The median of the ratios within each round."""
    return median(figure(own) / figure(other) for own, other in zip(row.rounds, limit.rounds))


def print_table(title, header, lines):
    print(f"\n{title}\n")
    print("| " + " | ".join(header) + " |")
    print("|" + " --- |" * len(header))
    for line in lines:
        print("| " + " | ".join(line) + " |")
    sys.stdout.flush()
