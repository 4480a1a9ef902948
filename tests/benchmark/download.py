"""One large file over TCP, from a warm cache, to nowhere and into a new file."""

import os
import shutil
from pathlib import Path

from measure import Row, failed, median, print_table, ratio, run_rounds
from running import noise

NGINX = """daemon off; master_process off; worker_processes 1; error_log /dev/null; pid {folder}/nginx.pid;
events {{ worker_connections 20000; }}
http {{ access_log off; sendfile on; tcp_nopush on;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port}; root {folder}/served; }} }}
"""
VSFTPD = """listen=YES
listen_port={port}
listen_address=127.0.0.1
background=NO
run_as_launching_user=YES
anonymous_enable=YES
no_anon_password=YES
anon_root={folder}/served
use_sendfile=YES
xferlog_enable=NO
seccomp_sandbox=NO
secure_chroot_dir={folder}/empty
"""


def config(text, folder, port):
    path = Path(folder) / f"config-{port}"
    path.write_text(text.format(folder=folder, port=port))
    return path


def nginx(folder):
    return lambda port: ["nginx", "-p", folder, "-c", config(NGINX, folder, port)]


def rows_to(destination, folder, tools):
    file = folder / "served/file.bin"
    fresh = ["sh", "-c", 'rm -f "$0"; exec "$@"', destination] if destination != "/dev/null" else []
    limit = Row("bare sendfile and recv", lambda port: [tools.bare_download, "serve", file],
                lambda port: fresh + [tools.bare_download, "get", port, destination])
    netlab = Row("netlab", lambda port: [tools.netlab, "ftp", "serve", file, "-q", "-p", port],
                 lambda port: fresh + [tools.netlab, "ftp", "get", f"127.0.0.1:{port}", "-q", "-o", destination])
    rows = [limit, netlab]
    if tools.sheet_server:
        rows.append(Row("the sheet's pair", lambda port: [tools.sheet_server, port, file],
                        lambda port: fresh + [tools.sheet_client, "127.0.0.1", port, destination],
                        prints_port=False, client_input=b"0\n"))
    if shutil.which("nginx") and shutil.which("curl"):
        rows.append(Row("curl from nginx", nginx(folder),
                        lambda port: fresh + ["curl", "-sfo", destination, f"http://127.0.0.1:{port}/file.bin"],
                        prints_port=False))
    if shutil.which("vsftpd") and shutil.which("curl"):
        rows.append(Row("curl from vsftpd", lambda port: ["vsftpd", config(VSFTPD, folder, port)],
                        lambda port: fresh + ["curl", "-sfo", destination, f"ftp://127.0.0.1:{port}/file.bin"],
                        prints_port=False))
    return rows


def run(folder, tools, size, rounds):
    (folder / "served").mkdir()
    (folder / "empty").mkdir()
    block = noise(1024 * 1024)
    with open(folder / "served/file.bin", "wb") as file:
        for _ in range(size // len(block)):
            file.write(block)
    os.chmod(folder, 0o755)
    failures = []
    for title, destination in (("to /dev/null", "/dev/null"), ("into a new file", folder / "new.bin")):
        rows = rows_to(destination, folder, tools)
        run_rounds(rows, rounds)
        failures += failed(rows)
        report(f"{size / 2**30:g} GiB over TCP, {title}: the median of {rounds} rounds", rows, size)
    (folder / "new.bin").unlink(missing_ok=True)
    return failures


def report(title, rows, size):
    gib = size / 2**30
    lines = []
    for row in rows:
        if row.trouble:
            lines.append([row.name, "fails: " + row.trouble, "", "", "", ""])
            continue
        cpu = lambda figure: f"{median(map(figure, row.rounds)) / gib:.2f}"
        lines.append([row.name, f"{size / 1e6 / median(r.seconds for r in row.rounds):.0f}",
                      f"{1 / ratio(row, rows[0], lambda r: r.seconds):.2f}",
                      cpu(lambda r: r.server_cpu + r.client_cpu), cpu(lambda r: r.server_cpu),
                      cpu(lambda r: r.client_cpu)])
    print_table(title, ["", "MB/s", "rate, of the bare pair's", "CPU s/GiB", "server", "client"], lines)
