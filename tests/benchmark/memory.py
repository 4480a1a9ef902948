"""The cost of connected clients to a server: of silent ones, and of ones that are idle after an exchange."""

import subprocess
import time
from pathlib import Path

from download import nginx
from measure import Running, eventually, has, print_table
from running import resident


def accepted(port):
    """The number of accepted connections to the port: only these have an inode."""
    # proc(5): sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
    lines = [line.split() for table in ("tcp", "tcp6")
             for line in Path("/proc/net", table).read_text().splitlines()[1:]]
    return sum(words[1].endswith(f":{port:04X}") and words[3] == "01" and words[9] != "0" for words in lines)


def run(folder, tools, clients):
    servers = {f"netlab --{model}": (lambda port, model=model: [
        tools.netlab, "tcp", "serve", "--echo", "-q", "--" + model, "-p", port, "--max-clients", 100000], True)
        for model in ("epoll", "uring", "threads")}
    if has("nginx", "nginx"):
        servers["nginx"] = (nginx(folder), False)
    failures = []
    for title, mode in (("that send nothing", "silent"), ("that are idle after one exchange", "idle")):
        lines = []
        for name, (command, prints_port) in servers.items():
            request = HTTP_REQUEST if name == "nginx" else "a message of about the same length as a request"
            try:
                lines.append([name, *measure(command, prints_port, clients, tools, mode, request)])
            except (RuntimeError, AssertionError) as error:
                lines.append([name, f"fails: {error}", "", ""])
                failures.append(name)
        print_table(f"{clients} clients {title}", ["", "resident MiB", "KiB each", "seconds to open all"], lines)
    return failures


HTTP_REQUEST = "HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def measure(command, prints_port, clients, tools, mode, request):
    with Running(command, prints_port) as server:
        before = resident(server.process.pid)
        started = time.monotonic()
        load = subprocess.Popen([tools.load, str(server.port), mode, str(clients), request],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            if load.stdout.readline() != b"connected\n":
                raise RuntimeError("not all could connect")
            eventually(lambda: accepted(server.port) == clients, "not all were accepted", seconds=20)
            seconds = time.monotonic() - started
            after = resident(server.process.pid)
        finally:
            load.communicate()
    return f"{after / 1024:.1f}", f"{(after - before) / clients:.2f}", f"{seconds:.2f}"
