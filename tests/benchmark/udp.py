"""A datagram echo, compared with a bare loop, the lab sheet's server, sockperf, socat and ncat."""

from echo import report
from measure import Row, failed, has, print_table, run_rounds, wait_until_bound

HEADER = ["", "per second", "of the bare loop's", "p50 us", "p99 us", "server CPU us each", "clients served"]


def rows_for(load, tools):
    client = lambda port: [tools.load_udp, port, *load]
    other = lambda name, server: Row(name, server, client, prints_port=False, listening=wait_until_bound)
    rows = [Row("bare recvmmsg and sendmmsg", lambda port: [tools.bare_udp_echo], client),
            Row("netlab", lambda port: [tools.netlab, "udp", "echo", "-q", "-p", port], client),
            Row("netlab --threads", lambda port: [tools.netlab, "udp", "echo", "-q", "--threads", "-p", port],
                client)]
    if tools.sheet_udp:
        rows.append(other("the sheet's server", lambda port: [tools.sheet_udp, port]))
    if has("sockperf server", "sockperf"):
        rows.append(other("sockperf server", lambda port: ["sockperf", "server", "-i", "127.0.0.1", "-p", port]))
    if has("socat, fork", "socat"):
        rows.append(other("socat, fork", lambda port: ["socat", f"UDP4-LISTEN:{port},bind=127.0.0.1,fork", "PIPE"]))
    if has("ncat -e cat", "ncat"):
        rows.append(other("ncat -e cat", lambda port: ["ncat", "-ulk", "-m", "2000", "-e", "/bin/cat", "127.0.0.1",
                                                       port]))
    return rows


def run(tools, seconds, rounds):
    failures = []
    for clients, window in ((1, 1), (32, 4)):
        rows = rows_for([clients, window, seconds], tools)
        run_rounds(rows, rounds)
        failures += failed(rows)
        print_table(f"Datagrams of 64 bytes, {clients} clients with {window} in flight each: the median of "
                    f"{rounds} rounds", HEADER, report(rows))
    return failures
