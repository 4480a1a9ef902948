"""One large file over TCP, from a warm cache: to /dev/null, into a new file, and only its last 1%."""

import importlib.util
import os
import sys
from pathlib import Path

from measure import Row, failed, has, leave_out, make_file, median, print_table, ratio, run_rounds

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


# Serves a directory over FTP with sendfile(2), which python3-pyftpdlib's own main() does not use.
PYFTPDLIB = """
import sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer
authorizer = DummyAuthorizer()
authorizer.add_anonymous(sys.argv[1])
FTPHandler.authorizer = authorizer
FTPServer(("127.0.0.1", int(sys.argv[2])), FTPHandler).serve_forever()
"""
FTPLIB = """
import ftplib, sys
ftp = ftplib.FTP()
ftp.connect("127.0.0.1", int(sys.argv[1]))
ftp.login()
with open(sys.argv[2], "wb") as file:
    ftp.retrbinary("RETR file.bin", file.write, 1024 * 1024)
"""


def config(text, folder, port):
    path = Path(folder) / f"config-{port}"
    path.write_text(text.format(folder=folder, port=port))
    return path


def nginx(folder):
    return lambda port: ["nginx", "-p", folder, "-c", config(NGINX, folder, port)]


def vsftpd(folder):
    return lambda port: ["vsftpd", config(VSFTPD, folder, port)]


def has_pyftpdlib(row):
    found = importlib.util.find_spec("pyftpdlib") is not None
    if not found:
        leave_out(row, ["pyftpdlib"], ["python3-pyftpdlib"])
    return found


def rows_to(destination, folder, tools):
    file = folder / "served/file.bin"
    fresh = ["sh", "-c", 'rm -f "$0"; exec "$@"', destination] if destination != "/dev/null" else []
    limit = Row("bare sendfile and recv", lambda port: [tools.bare_download, "serve", file],
                lambda port: fresh + [tools.bare_download, "get", port, destination])
    netlab = Row("netlab", lambda port: [tools.netlab, "ftp", "serve", file, "-q", "-p", port],
                 lambda port: fresh + [tools.netlab, "ftp", "get", f"127.0.0.1:{port}", "-q", "-o", destination])
    splice = Row("bare sendfile and splice", limit.server,
                 lambda port: fresh + [tools.bare_download, "splice", port, destination])
    rows = [limit, netlab, splice]
    if tools.sheet_server:
        rows.append(Row("the sheet's pair", lambda port: [tools.sheet_server, port, file],
                        lambda port: fresh + [tools.sheet_client, "127.0.0.1", port, destination],
                        prints_port=False, client_input=b"0\n"))
    if has("curl from nginx", "nginx", "curl"):
        rows.append(Row("curl from nginx", nginx(folder),
                        lambda port: fresh + ["curl", "-sfo", destination, f"http://127.0.0.1:{port}/file.bin"],
                        prints_port=False))
    if has("curl from vsftpd", "vsftpd", "curl"):
        rows.append(Row("curl from vsftpd", vsftpd(folder),
                        lambda port: fresh + ["curl", "-sfo", destination, f"ftp://127.0.0.1:{port}/file.bin"],
                        prints_port=False))
    if has("wget from nginx", "nginx", "wget"):
        rows.append(Row("wget from nginx", nginx(folder),
                        lambda port: fresh + ["wget", "-qO", destination, f"http://127.0.0.1:{port}/file.bin"],
                        prints_port=False))
    if has_pyftpdlib("ftplib from pyftpdlib"):
        rows.append(Row("ftplib from pyftpdlib",
                        lambda port: [sys.executable, "-c", PYFTPDLIB, folder / "served", port],
                        lambda port: fresh + [sys.executable, "-c", FTPLIB, port, destination], prints_port=False))
    if destination != "/dev/null":
        rows += rows_into_a_file(destination, fresh, folder, tools)
    return rows


def rows_into_a_file(destination, fresh, folder, tools):
    """Rows that need a file: several connections, and uploads."""
    name = destination.name
    rows = [Row("netlab, --streams 4", lambda port: [tools.netlab, "ftp", "serve", folder / "served", "-q", "-p", port],
                lambda port: fresh + [tools.netlab, "ftp", "get", f"127.0.0.1:{port}", "file.bin", "-q", "--streams",
                                      "4", "-o", destination]),
            Row("netlab, put", lambda port: [tools.netlab, "ftp", "serve", folder, "--writable", "-q", "-p", port],
                lambda port: fresh + [tools.netlab, "ftp", "put", f"127.0.0.1:{port}", folder / "served/file.bin",
                                      "--as", name, "-q"])]
    if has("aria2 -x4 from nginx", "nginx", "aria2c"):
        rows.append(Row("aria2 -x4 from nginx", nginx(folder),
                        lambda port: fresh + ["aria2c", "-q", "-x4", "-s4", "-k1M", "--file-allocation=none", "-d", folder,
                                              "-o", name, f"http://127.0.0.1:{port}/file.bin"], prints_port=False))
    if has("lftp pget -n 4 from vsftpd", "vsftpd", "lftp"):
        rows.append(Row("lftp pget -n 4 from vsftpd", vsftpd(folder),
                        lambda port: fresh + ["lftp", "-c", f"set net:socket-buffer 0; open ftp://127.0.0.1:{port}; "
                                              f"pget -n 4 file.bin -o {destination}"], prints_port=False))
    return rows


def rows_for_the_rest(folder, size, tools):
    """99% of the file exists already; it is recreated for each round."""
    part = folder / "new.bin"
    existing = size // 100 * 99
    first = ["sh", "-c", f'head -c {existing} {folder}/served/file.bin > "$0"; exec "$@"', part]
    rows = [Row("netlab, all that is there compared",
                lambda port: [tools.netlab, "ftp", "serve", folder / "served", "-q", "-p", port],
                lambda port: first + [tools.netlab, "ftp", "get", f"127.0.0.1:{port}", "file.bin", "-q", "--resume",
                                      "-o", part])]
    if has("curl -C - from nginx, nothing compared", "nginx", "curl"):
        rows.append(Row("curl -C - from nginx, nothing compared", nginx(folder),
                        lambda port: first + ["curl", "-sfC", "-", "-o", part, f"http://127.0.0.1:{port}/file.bin"],
                        prints_port=False))
    if has("wget -c from nginx, nothing compared", "nginx", "wget"):
        rows.append(Row("wget -c from nginx, nothing compared", nginx(folder),
                        lambda port: first + ["wget", "-qcO", part, f"http://127.0.0.1:{port}/file.bin"],
                        prints_port=False))
    if has("rsync --append-verify, all compared", "rsync"):
        rows.append(Row("rsync --append-verify, all compared", rsyncd(folder),
                        lambda port: first + ["rsync", "-q", "--append-verify", f"rsync://127.0.0.1:{port}/served/file.bin",
                                              part], prints_port=False))
    return rows


def rsyncd(folder):
    text = ("port = {port}\naddress = 127.0.0.1\nuse chroot = no\nlog file = /dev/null\n"
            "[served]\npath = {folder}/served\nread only = yes\n")
    return lambda port: ["rsync", "--daemon", "--no-detach", "--config", config(text, folder, port)]


def run(folder, tools, size, rounds):
    (folder / "served").mkdir()
    (folder / "empty").mkdir()
    make_file(folder / "served/file.bin", size)
    os.chmod(folder, 0o755)
    failures = []
    for title, destination in (("to /dev/null", "/dev/null"), ("into a new file", folder / "new.bin")):
        rows = rows_to(destination, folder, tools)
        run_rounds(rows, rounds)
        failures += failed(rows)
        report(f"{size / 2**30:g} GiB over TCP, {title}: the median of {rounds} rounds", rows, size)
    (folder / "new.bin").unlink(missing_ok=True)
    rows = rows_for_the_rest(folder, size, tools)
    run_rounds(rows, rounds)
    failures += failed(rows)
    lines = [[row.name, "fails: " + row.trouble if row.trouble else f"{median(r.seconds for r in row.rounds):.2f}"]
             for row in rows]
    print_table(f"The last hundredth of {size / 2**30:g} GiB, and making the file that has the others", ["", "seconds"],
                lines)
    (folder / "new.bin").unlink(missing_ok=True)
    (folder / "served/file.bin").unlink()
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
