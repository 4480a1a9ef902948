"""One large file over UDP on a clean loopback, into a new file: a bare loop, netlab and third-party programs."""

import shutil

from download import report
from measure import Row, failed, has, make_file, received, run_round, run_rounds, wait_until_bound


def rows_for(folder, tools):
    file = folder / "served/file.bin"
    new = folder / "new/file.bin"
    netlab = lambda name, *words: Row(
        name, lambda port: [tools.netlab, "ftp", "serve", file, "-q", "-p", port, *words[:1]],
        lambda port: [tools.netlab, "ftp", "get", f"127.0.0.1:{port}", "-q", "-o", new, *words])
    other = lambda name, server, client: Row(name, server, client, prints_port=False, listening=wait_until_bound)
    rows = [Row("bare segments of 1472 bytes", lambda port: [tools.bare_segments, "serve", file],
                lambda port: [tools.bare_segments, "get", port, new]),
            netlab("netlab --udp", "--udp"),
            netlab("netlab --udp --mss 1472", "--udp", "--mss", "1472"),
            netlab("netlab --udp --congestion cubic", "--udp", "--congestion", "cubic"),
            netlab("netlab over TCP")]
    if has("atftp, blocks of 64 KiB, two at a time", "atftp", "atftpd"):
        rows.append(other("atftp, blocks of 64 KiB, two at a time",
                          lambda port: ["atftpd", "--daemon", "--no-fork", "--bind-address", "127.0.0.1", "--port", port,
                                        "--user", "root.root", folder / "served"],
                          lambda port: ["atftp", "--option", "blksize 65464", "--option", "windowsize 2", "-g",
                                        "-r", "file.bin", "-l", new, "127.0.0.1", port]))
    if has("curl from tftpd-hpa, blocks of 64 KiB", "in.tftpd", "curl"):
        rows.append(other("curl from tftpd-hpa, blocks of 64 KiB",
                          lambda port: ["in.tftpd", "-Ls", "-u", "root", "--address", f"127.0.0.1:{port}", folder / "served"],
                          lambda port: ["curl", "-sf", "--tftp-blksize", "65464", "-o", new,
                                        f"tftp://127.0.0.1:{port}/file.bin"]))
    if has("srt-file-transmit", "srt-file-transmit"):
        rows.append(other("srt-file-transmit",
                          lambda port: ["srt-file-transmit", "-q", f"srt://127.0.0.1:{port}?mode=listener",
                                        f"file://{new.parent}/"],
                          lambda port: ["srt-file-transmit", "-q", f"file://{file}",
                                        f"srt://127.0.0.1:{port}/file.bin"]))
    if has("uftp", "uftp", "uftpd"):
        rows.append(other("uftp", lambda port: ["uftpd", "-d", "-I", "lo", "-p", port, "-B", "4000000", "-D", new.parent],
                          lambda port: ["uftp", "-R", "-1", "-I", "lo", "-M", "127.0.0.1", "-P", "127.0.0.1",
                                        "-p", port, "-B", "4000000", file]))
    return rows


def run_whole(row, new, size):
    """Also checks the size, because some programs report success for incomplete transfers."""
    new.unlink(missing_ok=True)
    done = run_round(row)
    bytes_received = received(new)
    if bytes_received != size:
        raise RuntimeError(f"{bytes_received} bytes arrived")
    return done


def run(folder, tools, size, rounds):
    (folder / "new").mkdir()
    (folder / "served").mkdir(exist_ok=True)
    make_file(folder / "served/file.bin", size)
    rows = rows_for(folder, tools)
    run_rounds(rows, rounds, lambda row: run_whole(row, folder / "new/file.bin", size))
    report(f"{size / 2**30:g} GiB over UDP, into a new file: the median of {rounds} rounds", rows, size)
    shutil.rmtree(folder / "new")
    (folder / "served/file.bin").unlink()
    return failed(rows)
