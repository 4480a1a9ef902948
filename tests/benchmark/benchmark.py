#!/usr/bin/python3
"""Compares netlab with bare loops and third-party programs in one run, and prints tables.

    benchmark.py --netlab PROGRAM --tools DIRECTORY [--peers DIRECTORY] [--rounds N] [--quick] [PART...]

The parts: download, files, echo, udp, reliable, lossy, shared, memory. --tools is the directory of the programs
built from this directory. If possible, everything runs in a network namespace under TCP cubic, regardless of the
machine's setting. Wall times vary by tens of percent between rounds; ratios are medians of the ratios within each
round, and CPU seconds vary least."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

sys.dont_write_bytecode = True
import download  # noqa: E402
import echo  # noqa: E402
import lossy  # noqa: E402
import many_files  # noqa: E402
import memory  # noqa: E402
import reliable  # noqa: E402
import shared  # noqa: E402
import udp  # noqa: E402

PARTS = ["download", "files", "echo", "udp", "reliable", "lossy", "shared", "memory"]
INSIDE = "NETLAB_BENCHMARK_INSIDE"
# The second address is for in.tftpd, which resolves no names if loopback is the only interface.
CUBIC = ("ip link set lo up && ip addr replace 192.0.2.1/32 dev lo && ip route replace local 127.0.0.1 dev lo table local proto kernel scope host "
         "src 127.0.0.1 congctl cubic")


def enter_namespace():
    """Restarts this program in a new network namespace; returns if that is not possible."""
    if os.environ.get(INSIDE) or not shutil.which("unshare") or not shutil.which("ip"):
        return
    unshare = ["unshare", "--net"] if os.getuid() == 0 else ["unshare", "--net", "--map-root-user"]
    if subprocess.run([*unshare, "sh", "-c", CUBIC], capture_output=True).returncode != 0:
        return
    again = [*unshare, "sh", "-c", f'{CUBIC}; exec "$@"', "sh", sys.executable, *sys.argv]
    os.environ[INSIDE] = "1"
    os.execvp(again[0], again)


def congestion_control():
    if os.environ.get(INSIDE):
        return "cubic, in a network namespace"
    return Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip() + ", the machine's own"


def sheet_programs(peers, folder):
    """The lab sheets' own programs, compiled; None for each if they are not available."""
    names = ["server_broken_ftp", "client_broken_ftp", "server_udp"]
    if not peers or not shutil.which("cc") or not all(Path(peers, name + ".c").exists() for name in names):
        print("(left out, because cc is missing or --peers does not name their directory: the lab sheets' programs)")
        return None, None, None
    for name in names:
        subprocess.run(["cc", "-O2", "-w", Path(peers, name + ".c"), "-o", folder / name], check=True)
    return [folder / name for name in names]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--netlab", required=True)
    parser.add_argument("--tools", required=True)
    parser.add_argument("--peers", default="")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="only check that it runs: the figures are meaningless")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parsed = parser.parse_args()
    if unknown := set(parsed.parts) - set(PARTS):
        parser.error(f"no part is called {', '.join(unknown)}")
    return parsed


def main():
    options = arguments()
    enter_namespace()
    parts = options.parts or PARTS
    rounds = 1 if options.quick else options.rounds
    # A file system in memory if there is one, so the disk is not measured.
    directory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="netlab-benchmark-", dir=directory) as name:
        folder = Path(name)
        sheet_server, sheet_client, sheet_udp = sheet_programs(options.peers, folder)
        tools = SimpleNamespace(netlab=options.netlab, bare_download=Path(options.tools, "bare_download"),
                                load=Path(options.tools, "load"), sheet_server=sheet_server,
                                sheet_client=sheet_client, sheet_udp=sheet_udp,
                                bare_udp_echo=Path(options.tools, "bare_udp_echo"),
                                load_udp=Path(options.tools, "load_udp"),
                                bare_segments=Path(options.tools, "bare_segments"),
                                tun_link=Path(options.tools, "tun_link"))
        print(f"{os.cpu_count()} cores, Linux {os.uname().release}, TCP congestion control: {congestion_control()}")
        failures = []
        if "download" in parts:
            failures += download.run(folder, tools, 2**24 if options.quick else 2**30, rounds)
        if "files" in parts:
            failures += many_files.run(folder, tools, 100 if options.quick else 10000, rounds)
        if "echo" in parts:
            failures += echo.run(folder, tools, [1, 10] if options.quick else [1, 100, 1000], 0.05 if options.quick else 1,
                     rounds)
        if "udp" in parts:
            failures += udp.run(tools, 0.05 if options.quick else 1, rounds)
        if "reliable" in parts:
            failures += reliable.run(folder, tools, 2**24 if options.quick else 2**30, rounds)
        if "lossy" in parts:
            failures += lossy.run(folder, tools, 2**20 if options.quick else 2**26, rounds,
                                  lossy.LINES[:1] if options.quick else lossy.LINES)
        if "shared" in parts:
            failures += shared.run(folder, tools, 1 if options.quick else 20, rounds,
                                   shared.PAIRS[:1] if options.quick else shared.PAIRS)
        if "memory" in parts:
            failures += memory.run(folder, tools, 100 if options.quick else 10000)
    # Failures of third-party programs do not count: their versions may differ.
    return int(any(name.startswith(("netlab", "bare")) for name in failures))


if __name__ == "__main__":
    sys.exit(main())
