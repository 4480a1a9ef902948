"""A file over a line that is long and loses, for TCP, netlab and SRT alike: 64 MiB, or what comes in five seconds."""

import shutil
import subprocess
import time

from far_end import HERE, FarEnd, may_have_devices, tun
from measure import Running, has, make_file, median, print_table, wait_until_bound

SECONDS = 5
MBIT = 1000
QUEUE = 4000  # packets: more than a round trip's
LINES = [(20, 0.1), (20, 1), (20, 5), (100, 0.1), (100, 1), (100, 5)]  # round trip, ms; loss each way, percent


class Row:
    def __init__(self, name, server, client, congestion="cubic", **running):
        self.name, self.server, self.client, self.congestion, self.running = name, server, client, congestion, running
        self.rates = []  # Mbit/s


def rows_for(folder, tools):
    file = folder / "served/file.bin"
    new = folder / "new/file.bin"
    netlab = lambda name, congestion="cubic", words=(): Row(
        name, lambda port: [tools.netlab, "ftp", "serve", file, "-q", "-p", port, *words],
        lambda port: [tools.netlab, "ftp", "get", f"{HERE}:{port}", "-q", "-o", new, *words[:1]], congestion)
    rows = [netlab("TCP bbr", "bbr"), netlab("TCP cubic"),
            netlab("netlab --udp", words=["--udp"]),
            netlab("netlab --udp --congestion cubic", words=["--udp", "--congestion", "cubic"])]
    if has("srt-file-transmit"):
        rows.append(Row("srt-file-transmit",  # which is sent by the client
                        lambda port: ["srt-file-transmit", "-q", f"srt://{HERE}:{port}?mode=listener",
                                      f"file://{new.parent}/"],
                        lambda port: ["srt-file-transmit", "-q", f"file://{file}", f"srt://{HERE}:{port}/file.bin"],
                        prints_port=False, listening=wait_until_bound))
    return rows


def what_has_come(folder):
    return sum(path.stat().st_size for path in folder.iterdir() if path.name in ("file.bin", "file.bin.part"))


def run_round(row, line, folder, size):
    shutil.rmtree(folder / "new", ignore_errors=True)
    (folder / "new").mkdir()
    line.congestion(row.congestion)
    with Running(row.server, row.running.get("prints_port", True), *filter(None, [row.running.get("listening")])) as server:
        started = time.monotonic()
        client = subprocess.Popen(line.there(*row.client(server.port)), stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        try:
            status = client.wait(SECONDS)
        except subprocess.TimeoutExpired:
            status = 0
        seconds = time.monotonic() - started
        row.rates.append(min(what_has_come(folder / "new"), size) * 8 / 1e6 / seconds if status == 0 else 0)
        client.kill()
        client.wait()


def run(folder, tools, size, rounds, lines):
    if not may_have_devices():
        print("\nlossy: left out, for it needs TUN devices in network namespaces of its own")
        return []
    (folder / "served").mkdir(exist_ok=True)
    make_file(folder / "served/file.bin", size)
    failures = []
    for delay, loss in lines:
        rows = rows_for(folder, tools)
        with FarEnd(tun(tools.tun_link, delay / 2, loss, MBIT, QUEUE)) as line:
            for number in range(rounds):
                for i in range(len(rows)):
                    run_round(rows[(number + i) % len(rows)], line, folder, size)
        print_table(f"{size / 2**20:g} MiB, or {SECONDS} s of them, over {MBIT} Mbit/s, round trip {delay} ms, loss {loss}% "
                    f"each way: the median of {rounds} rounds", ["", "Mbit/s", "of TCP bbr's"],
                    [[row.name, f"{median(row.rates):.1f}",
                      f"{median(own / max(limit, 0.01) for own, limit in zip(row.rates, rows[0].rates)):.2f}"]
                     for row in rows])
        failures += [row.name for row in rows if not all(row.rates)]
    shutil.rmtree(folder / "new")
    (folder / "served/file.bin").unlink()
    return failures
