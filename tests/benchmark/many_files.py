"""Many small files over TCP, from a warm cache into a new folder."""

import shutil

from download import nginx, rsyncd
from measure import Row, failed, has, median, print_table, ratio, run_rounds
from running import noise

FILE_SIZE = 4096


def rows(folder, names, tools):
    served, new = folder / "served", folder / "new"
    fresh = ["sh", "-c", 'rm -rf "$0"; mkdir "$0"; exec "$@"', new]
    urls = folder / "urls"
    serve = lambda *words: lambda port: [tools.netlab, "ftp", "serve", *words, "-q", "-p", port]

    def curl(port):
        urls.write_text("".join(f"url=http://127.0.0.1:{port}/{name}\noutput={new}/{name}\n" for name in names))
        return fresh + ["curl", "-sf", "-K", urls]

    def wget(port):
        urls.write_text("".join(f"http://127.0.0.1:{port}/{name}\n" for name in names))
        return fresh + ["wget", "-q", "-P", new, "-i", urls]

    all_rows = [
        Row("netlab, get -r", serve(served),
            lambda port: fresh + [tools.netlab, "ftp", "get", f"127.0.0.1:{port}", "-r", "-q", "-o", new]),
        Row("netlab, put -r", serve(folder, "--writable"),
            lambda port: fresh + [tools.netlab, "ftp", "put", f"127.0.0.1:{port}", "-r", served, "-q", "-t", "new"])]
    if has("tar through socat", "tar", "socat"):
        all_rows.append(Row(
            "tar through socat", lambda port: ["socat", f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork",
                                               f"SYSTEM:tar -C {served} -cf - ."],
            lambda port: fresh + ["sh", "-c", f"socat -u TCP:127.0.0.1:{port} - | tar -C {new} -xf -"],
            prints_port=False))
    if has("rsync from its daemon", "rsync"):
        all_rows.append(Row("rsync from its daemon", rsyncd(folder),
                            lambda port: fresh + ["rsync", "-rtq", f"rsync://127.0.0.1:{port}/served/", new],
                            prints_port=False))
    if has("curl from nginx, one connection", "nginx", "curl"):
        all_rows.append(Row("curl from nginx, one connection", nginx(folder), curl, prints_port=False))
    if has("wget from nginx, one connection", "nginx", "wget"):
        all_rows.append(Row("wget from nginx, one connection", nginx(folder), wget, prints_port=False))
    return all_rows


def run(folder, tools, count, rounds):
    served = folder / "served"
    shutil.rmtree(served, ignore_errors=True)
    served.mkdir()
    folder.chmod(0o755)
    names = [f"file{i:05}" for i in range(count)]
    for i, name in enumerate(names):
        (served / name).write_bytes(noise(FILE_SIZE, i))
    all_rows = rows(folder, names, tools)
    run_rounds(all_rows, rounds)
    lines = []
    for row in all_rows:
        if row.trouble:
            lines.append([row.name, "fails: " + row.trouble, "", ""])
            continue
        lines.append([row.name, f"{count / median(r.seconds for r in row.rounds):.0f}",
                      f"{1 / ratio(row, all_rows[0], lambda r: r.seconds):.2f}",
                      f"{median(r.server_cpu + r.client_cpu for r in row.rounds) / count * 1e6:.0f}"])
    print_table(f"{count} files of {FILE_SIZE} bytes into a new folder: the median of {rounds} rounds",
                ["", "files/s", "rate, of netlab's get", "CPU us a file"], lines)
    shutil.rmtree(folder / "new", ignore_errors=True)
    return failed(all_rows)
