"""A file over a long, lossy line with TCP, netlab and SRT: 64 MiB, or what arrives within five seconds."""

import shutil
import subprocess
import time

from far_end import HERE, TCP, FarEnd, may_have_devices, tun
from measure import (Row, Running, failed, has, make_file, median, print_table, ratio, received, run_rounds,
                     wait_until_bound)

SECONDS = 5
MBIT = 1000
QUEUE = 4000  # packets: more than the bandwidth-delay product
LINES = [(20, 0.1), (20, 1), (20, 5), (100, 0.1), (100, 1), (100, 5)]  # round trip, ms; loss each way, percent


def rows_for(folder, tools):
    file = folder / "served/file.bin"
    new = folder / "new/file.bin"
    netlab = lambda name, *words: Row(
        name, lambda port: [tools.netlab, "ftp", "serve", file, "-q", "-p", port, *words],
        lambda port: [tools.netlab, "ftp", "get", f"{HERE}:{port}", "-q", "-o", new, *words[:1]])
    rows = [*map(netlab, TCP), netlab("netlab --udp", "--udp"),
            netlab("netlab --udp --congestion cubic", "--udp", "--congestion", "cubic")]
    if has("srt-file-transmit", "srt-file-transmit"):
        rows.append(Row("srt-file-transmit",  # the client sends
                        lambda port: ["srt-file-transmit", "-q", f"srt://{HERE}:{port}?mode=listener",
                                      f"file://{new.parent}/"],
                        lambda port: ["srt-file-transmit", "-q", f"file://{file}", f"srt://{HERE}:{port}/file.bin"],
                        prints_port=False, listening=wait_until_bound))
    return rows


def megabits(row, line, folder, size):
    """The rate in Mbit/s, until the end of the file or of the time."""
    shutil.rmtree(folder / "new", ignore_errors=True)
    (folder / "new").mkdir()
    line.congestion(TCP.get(row.name, "cubic"))
    with Running(row.server, row.prints_port, row.listening) as server:
        started = time.monotonic()
        client = subprocess.Popen(line.there(*row.client(server.port)), stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        try:
            status = client.wait(SECONDS)
        except subprocess.TimeoutExpired:
            status = 0
        seconds = time.monotonic() - started
        bytes_received = min(received(folder / "new/file.bin"), size)
        client.kill()
        client.wait()
    if status != 0 or bytes_received == 0:
        raise RuntimeError(f"status {status}, {bytes_received} bytes")
    return bytes_received * 8 / 1e6 / seconds


def cells(row, limit):
    if row.trouble:
        return [row.name, "fails: " + row.trouble, ""]
    share = "" if limit.trouble else f"{ratio(row, limit, float):.2f}"
    return [row.name, f"{median(row.rounds):.1f}", share]


def run(folder, tools, size, rounds, lines):
    if not may_have_devices():
        print("\nlossy: left out, because it needs TUN devices in network namespaces")
        return []
    (folder / "served").mkdir(exist_ok=True)
    make_file(folder / "served/file.bin", size)
    failures = []
    for delay, loss in lines:
        rows = rows_for(folder, tools)
        with FarEnd(tun(tools.tun_link, delay / 2, loss, MBIT, QUEUE)) as line:
            run_rounds(rows, rounds, lambda row: megabits(row, line, folder, size))
        print_table(f"{size / 2**20:g} MiB, or {SECONDS} s of them, over {MBIT} Mbit/s, round trip {delay} ms, loss {loss}% "
                    f"each way: the median of {rounds} rounds", ["", "Mbit/s", "of TCP bbr's"],
                    [cells(row, rows[0]) for row in rows])
        failures += failed(rows)
    shutil.rmtree(folder / "new")
    (folder / "served/file.bin").unlink()
    return failures
