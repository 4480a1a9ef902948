"""An echo over TCP under each serving model, against the same model written by hand (docs/models.md)."""

import json

from measure import Row, failed, has, median, print_table, ratio, run_rounds
from models_page import compile_server, servers

MODELS = {"Iterative": "iterative", "fork": "fork", "Threads": "threads", "epoll": "epoll",
          "io_uring": "uring"}


def per_second(one_round):
    return json.loads(one_round.output)["per_s"]


def bare_servers(folder):
    """{model: program} for each model that compiles here."""
    programs = {}
    for heading, code in servers():
        try:
            programs[MODELS[heading]] = compile_server(heading, code, folder)
        except Exception:  # no liburing, no C compiler
            print(f"(left out, because its bare server does not compile: {heading})")
    return programs


def rows_for(model, bare, load, tools):
    client = lambda port: [tools.load, port, *load]
    rows = [Row(f"bare {model}", lambda port: [bare], client),
            Row(f"netlab --{model}",
                lambda port: [tools.netlab, "tcp", "serve", "--echo", "-q", "--" + model, "-p", port,
                              "--max-clients", 100000], client)]
    if model == "epoll":
        if has("socat, fork", "socat"):
            rows.append(Row("socat, fork", lambda port: ["socat", f"TCP4-LISTEN:{port},bind=127.0.0.1,fork,"
                                                         "reuseaddr,backlog=4096", "PIPE"], client, False))
        if has("ncat -k -e cat", "ncat"):
            rows.append(Row("ncat -k -e cat", lambda port: ["ncat", "-lk", "-m", "2000", "-e", "/bin/cat",
                                                            "127.0.0.1", str(port)], client, False))
    return rows


def run(folder, tools, counts, seconds, rounds):
    bare = bare_servers(folder)
    failures = []
    for clients in counts:
        lines = []
        for model, program in bare.items():
            if model == "iterative" and clients > 1:
                continue  # it would serve only the first client
            rows = rows_for(model, program, ["keep", clients, seconds], tools)
            run_rounds(rows, rounds)
            lines += report(rows)
            failures += failed(rows)
        print_table(f"Exchanges of 64 bytes, {clients} clients at once: the median of {rounds} rounds",
                    HEADER, lines)
    lines = []
    for model, program in bare.items():
        rows = rows_for(model, program, ["once", 8, seconds], tools)
        run_rounds(rows, rounds)
        lines += report(rows)
        failures += failed(rows)
    print_table(f"Connections, 8 at once, each with one exchange: the median of {rounds} rounds", HEADER, lines)
    return failures


HEADER = ["", "per second", "of the bare loop's", "p50 us", "p99 us", "server CPU us each", "clients served"]


def report(rows):
    lines = []
    for row in rows:
        if row.trouble:
            lines.append([row.name, "fails: " + row.trouble, "", "", "", "", ""])
            continue
        figure = lambda key: median(json.loads(r.output)[key] for r in row.rounds)
        cost = median(r.server_cpu * 1e6 / max(1, per_second(r) * r.seconds) for r in row.rounds)
        lines.append([row.name, f"{figure('per_s'):.0f}", f"{ratio(row, rows[0], per_second):.2f}",
                      f"{figure('p50_us'):.0f}", f"{figure('p99_us'):.0f}", f"{cost:.1f}" if cost >= 1 else "(not known)",  # the CPU time of killed children
                      f"{figure('served'):.0f}"])
    return lines
