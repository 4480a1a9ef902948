"""How two downloads share a line: a bottleneck of 10 Mbit/s in the kernel (tc-tbf(8))."""

import shutil
import subprocess
import time
from contextlib import ExitStack

from far_end import TCP, Bottleneck, may_have_devices, tun, veth
from measure import Running, make_file, median, print_table, received

RATE, LATENCY = "10mbit", "50ms"
ROUND_TRIPS = [0, 20]  # ms
BEFORE = 0.2  # fraction of the time before measuring, until both rates are stable

UDP = {name: ["--udp", "--congestion", name] for name in ("bbr", "cubic", "newreno")}
WORDS = UDP | dict.fromkeys(TCP, [])
PAIRS = [(name, name) for name in UDP] + [(name, tcp) for name in UDP for tcp in TCP]
PAIRS += [("TCP cubic", "TCP cubic"), ("TCP bbr", "TCP cubic")]


def run_pair(folder, tools, line, pair, seconds):
    """How many bytes each download received in the same time."""
    shutil.rmtree(folder / "new", ignore_errors=True)
    (folder / "new").mkdir()
    destinations = [folder / "new/first", folder / "new/second"]
    for sender, name in zip(line.senders, pair):
        sender.congestion(TCP.get(name, "cubic"))
    serve = lambda sender, words: lambda port: sender.there(tools.netlab, "ftp", "serve", folder / "served/file.bin",
                                                            "-q", "-p", port, *words)
    with ExitStack() as servers:
        clients = []
        for sender, name, destination in zip(line.senders, pair, destinations):
            server = servers.enter_context(Running(serve(sender, WORDS[name]), True))
            clients.append(line.there(tools.netlab, "ftp", "get", f"{sender.address}:{server.port}", "-q", "-o", destination,
                                      *WORDS[name][:1]))
        running = [subprocess.Popen(client) for client in clients]
        time.sleep(seconds * BEFORE)  # paces: the measurement
        before = [received(destination) for destination in destinations]
        time.sleep(seconds * (1 - BEFORE))  # paces: the measurement
        after = [received(destination) for destination in destinations]
        for client in running:
            client.kill()
            client.wait()
    return [end - start for start, end in zip(before, after)]


def jain(a, b):
    """Jain's index of fairness: 1 is equal, 1/2 is all for one."""
    return (a + b) ** 2 / (2 * (a * a + b * b)) if a + b > 0 else 0


def summary(shares, seconds):
    first = [a / max(a + b, 1) for a, b in shares]
    return [f"{min(first):.2f}", f"{max(first):.2f}", f"{min(jain(a, b) for a, b in shares):.2f}",
            f"{median((a + b) * 8 / 1e6 / seconds for a, b in shares):.1f}"]


def run(folder, tools, seconds, rounds, pairs):
    if not may_have_devices():
        print("\nshared: left out, because it needs devices in network namespaces")
        return []
    (folder / "served").mkdir(exist_ok=True)
    make_file(folder / "served/file.bin", 2**27)
    failures = []
    for round_trip in ROUND_TRIPS:
        lines = []
        devices = tun(tools.tun_link, round_trip / 2, 0, 10000, 100000) if round_trip else veth
        with Bottleneck(devices, RATE, LATENCY) as line:
            for pair in pairs:
                shares = [run_pair(folder, tools, line, pair, seconds) for _ in range(rounds)]
                lines.append([" and ".join(pair), *summary(shares, seconds * (1 - BEFORE))])
                failures += [f"netlab shared: {pair}" for a, b in shares if a + b == 0]
        print_table(f"Two downloads for {seconds} s over a bottleneck of {RATE}, queue of {LATENCY}, round trip "
                    f"{round_trip} ms: {rounds} rounds", ["", "share of the first, least", "most", "Jain's index, least",
                                                         "Mbit/s together"], lines)
    shutil.rmtree(folder / "new")
    (folder / "served/file.bin").unlink()
    return failures
