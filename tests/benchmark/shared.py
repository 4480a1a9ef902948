"""Who gets how much of a line that two downloads share: the kernel's own bottleneck (tc-tbf(8)) of 10 Mbit/s."""

import shutil
import subprocess
import time

from far_end import HERE, FarEnd, bottleneck, may_have_devices
from measure import Running, make_file, median, print_table

RATE, LATENCY = "10mbit", "50ms"
BEFORE = 0.2  # of the time, until both are at their pace

UDP = {name: ["--udp", "--congestion", name] for name in ("cubic", "newreno", "bbr")}
# Name, the words of each one's transport, TCP's congestion control.
PAIRS = [(f"{name} and {name}", words, words, "cubic") for name, words in UDP.items()]
PAIRS += [(f"{name} and TCP {tcp}", words, [], tcp) for name, words in UDP.items() for tcp in ("cubic", "bbr")]
PAIRS += [("TCP cubic and TCP cubic", [], [], "cubic")]


def received(path):
    return sum(p.stat().st_size for p in path.parent.iterdir() if p.name in (path.name, path.name + ".part"))


def run_pair(folder, tools, line, first, second, seconds):
    """How many bytes each got, in the same time."""
    shutil.rmtree(folder / "new", ignore_errors=True)
    (folder / "new").mkdir()
    places = [folder / "new/first", folder / "new/second"]
    serve = lambda words: (lambda port: [tools.netlab, "ftp", "serve", folder / "served/file.bin", "-q", "-p", port, *words])
    with Running(serve(first), True) as one, Running(serve(second), True) as other:
        clients = [subprocess.Popen(line.there(tools.netlab, "ftp", "get", f"{HERE}:{server.port}", "-q", "-o", place,
                                               *words[:1]))
                   for server, place, words in zip((one, other), places, (first, second))]
        time.sleep(seconds * BEFORE)
        before = [received(place) for place in places]
        time.sleep(seconds * (1 - BEFORE))
        after = [received(place) for place in places]
        for client in clients:
            client.kill()
            client.wait()
    return [end - start for start, end in zip(before, after)]


def jain(a, b):
    """Jain's index of fairness: 1 is equal, 1/2 is all for one."""
    return (a + b) ** 2 / (2 * (a * a + b * b)) if a + b > 0 else 0


def run(folder, tools, seconds, rounds):
    if not may_have_devices():
        print("\nshared: left out, for it needs devices in network namespaces of its own")
        return []
    (folder / "served").mkdir(exist_ok=True)
    make_file(folder / "served/file.bin", 2**27)
    lines, failures = [], []
    with FarEnd(bottleneck(RATE, LATENCY)) as line:
        for name, first, second, congestion in PAIRS:
            line.congestion(congestion)
            shares = [run_pair(folder, tools, line, first, second, seconds) for _ in range(rounds)]
            lines.append([name, f"{median(a / max(a + b, 1) for a, b in shares):.2f}",
                          f"{median(jain(a, b) for a, b in shares):.2f}",
                          f"{median((a + b) * 8 / 1e6 / (seconds * (1 - BEFORE)) for a, b in shares):.1f}"])
            failures += [f"netlab shared: {name}" for a, b in shares if a + b == 0]
    print_table(f"Two downloads over a bottleneck of {RATE}, queue of {LATENCY}, for {seconds} s: the median of {rounds} "
                "rounds", ["", "share of the first", "Jain's index", "Mbit/s together"], lines)
    shutil.rmtree(folder / "new")
    (folder / "served/file.bin").unlink()
    return failures
