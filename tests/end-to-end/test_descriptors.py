"""A server that runs out of descriptors keeps serving, does not spin, and recovers."""

import os
import time

import pytest

from running import MODELS, PATIENCE, SANITIZED, Server, eventually, processor_time, read_line

LIMIT, CLIENTS, SECONDS = 64, 200, 3
WITH_LIMIT = ["sh", "-c", f'ulimit -n {LIMIT} && exec "$@"', "sh"]


def exchange(client):
    client.sendall(b"hello\n")
    return read_line(client) == b"hello\n"


# The iterative server has one client at a time, the parent of --fork has none: neither runs out.
@pytest.mark.skipif(SANITIZED, reason="the sanitizers' checks need descriptors themselves")
@pytest.mark.parametrize("model", MODELS[2:])
def test_server_waits_and_recovers(model):
    with Server("tcp", "serve", "--echo", "--" + model, wrapper=WITH_LIMIT) as server:
        clients = [server.connect() for _ in range(CLIENTS)]
        server.err.wait_for("accept: Too many open files; retrying")
        began, before, lines = time.monotonic(), processor_time(server.pid), len(server.err.lines)
        # Meanwhile it serves its clients; 10 requests per second cost almost no CPU time.
        while time.monotonic() < began + SECONDS:
            assert exchange(clients[0])
            clients[0].settimeout(0.1)
            with pytest.raises(TimeoutError):
                clients[0].recv(1)
            clients[0].settimeout(10 * PATIENCE)
        elapsed = time.monotonic() - began
        assert processor_time(server.pid) - before < 0.05 * elapsed
        assert len(server.err.lines) - lines <= elapsed + 1, server.err.lines
        for client in clients[1:]:
            client.close()
        freed = time.monotonic()
        with server.connect() as client:
            assert exchange(client)
        assert time.monotonic() - freed < PATIENCE  # 0.2 s on an idle machine
        clients[0].close()
        eventually(lambda: len(os.listdir(f"/proc/{server.pid}/fd")) < 16, "descriptors are left")


@pytest.mark.parametrize("model", ["iterative", "fork"])
def test_models_that_do_not_run_out(model):
    with Server("tcp", "serve", "--echo", "-q", "--" + model, wrapper=WITH_LIMIT) as server:
        clients = [server.connect() for _ in range(CLIENTS)]
        for client in clients:
            assert exchange(client)
            client.close()
    assert server.err.text() == ""
