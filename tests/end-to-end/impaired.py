"""netlab impair as a proxy between a test's client and its server."""

import json
import subprocess

import pytest

from running import CARRIER, NETLAB, Lines, environment, stop


class Impair:
    """netlab impair KIND 0 FORWARD WORDS...; stopped at the end of the block. `summary` then has its
    counters, by direction."""

    def __init__(self, kind, port, *words):
        self.kind = kind
        self.process = subprocess.Popen(
            [NETLAB, "impair", kind, "0", str(port), "--json", *map(str, words)], env=environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.out = Lines(self.process.stdout)
        self.err = Lines(self.process.stderr)
        self.summary = {}

    def __enter__(self):
        event = json.loads(self.out.wait_for("listening"))
        assert event["protocol"] == f"impair {self.kind}"
        self.port = event["port"]
        self.address = f"127.0.0.1:{self.port}"
        return self

    def forwarding(self):
        return json.loads(self.out.wait_for("forwarding"))

    def __exit__(self, kind, *_):
        status = stop(self.process)
        if kind is None:
            assert status == 0 and self.err.text() == "", self.err.text()
            events = [json.loads(line) for line in self.out.text().splitlines()]
            self.summary = {event.get("direction"): event for event in events if event["event"] == "summary"}
            self.clients = next((event for event in events if event["event"] == "clients"), None)


def cutting_proxy(server, *words):
    """A proxy in front of a file server. `words` are options of impair tcp, e.g. --cut-after."""
    if CARRIER:
        pytest.skip("the proxy speaks TCP")
    return Impair("tcp", server.port, *words)
