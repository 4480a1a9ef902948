"""netlab as a service: socket activation, readiness notification, sandboxing, systemd units."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from running import (ACTIVATED, MODELS, NETLAB, TIMEOUT, Server, as_descriptor_3, environment,
                     free_port, netlab, noise, processor_time, read_all, read_exactly,
                     wait_until_listening)

CONTENT = noise(100_000)


def listening(host="127.0.0.1", family=socket.AF_INET):
    return socket.create_server((host, 0), family=family, backlog=10)


def port_of(passed):
    return passed.getsockname()[1]


def ask(port, message=b"hello", host="127.0.0.1"):
    with socket.create_connection((host, port), timeout=TIMEOUT) as client:
        client.sendall(message)
        client.shutdown(socket.SHUT_WR)
        return read_all(client)


def activated(*words, passed, wrapper=ACTIVATED):
    """Runs netlab to its end, with this as descriptor 3."""
    return subprocess.run([*wrapper, NETLAB, *words], capture_output=True, text=True, timeout=TIMEOUT,
                          env=environment(), close_fds=False, preexec_fn=as_descriptor_3(passed))


@pytest.mark.parametrize("model", MODELS)
class TestModels:
    def test_serves_the_passed_socket(self, model):
        with listening() as passed:
            with Server("tcp", "serve", "--echo", "--" + model, passed=passed) as server:
                assert server.port == port_of(passed)
                assert ask(server.port) == b"hello"
                assert ask(server.port, CONTENT) == CONTENT

    def test_leaves_the_socket_listening(self, model):
        """shutdown(2) would also stop systemd's socket from listening."""
        with listening() as passed:
            with Server("tcp", "serve", "--echo", "--" + model, passed=passed) as server:
                assert ask(server.port) == b"hello"
            with socket.create_connection(passed.getsockname(), timeout=TIMEOUT) as client:
                client.sendall(b"early")
                with Server("tcp", "serve", "--echo", "--" + model, passed=passed):
                    client.shutdown(socket.SHUT_WR)
                    assert read_all(client) == b"early"

    def test_once(self, model):
        with listening() as passed, Server("tcp", "serve", "--reply", "bye", "--once", "--" + model,
                                           passed=passed) as server:
            assert ask(server.port) == b"bye"
            assert server.process.wait(TIMEOUT) == 0

    def test_files(self, model, tmp_path):
        (tmp_path / "file").write_bytes(CONTENT)
        with listening() as passed, Server("ftp", "serve", ".", "--" + model, cwd=tmp_path,
                                           passed=passed) as server:
            assert netlab("ftp", "get", server.address, "file", "-o", "-").out == CONTENT

    @pytest.mark.parametrize("blocking", [True, False])
    def test_does_not_spin_while_idle(self, model, blocking):
        """With either state of O_NONBLOCK: the wrong one would make accept block or spin."""
        with listening() as passed:
            passed.setblocking(blocking)
            with Server("tcp", "serve", "--echo", "--" + model, passed=passed) as server:
                assert ask(server.port) == b"hello"
                before = processor_time(server.pid)
                with socket.create_connection(passed.getsockname()) as client:
                    client.settimeout(0.5)
                    with pytest.raises(TimeoutError):
                        client.recv(1)
                assert processor_time(server.pid) - before < 0.25, "busy while idle"


def test_guess_over_tcp():
    with listening() as passed, Server("guess", "serve", "--tcp", "--numbers", "6-6",
                                       passed=passed) as server:
        assert netlab("guess", "play", server.address, "--tcp", "--guess", "6").status == 0


def test_both_families():
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as passed, \
            Server("tcp", "serve", "--echo", passed=passed) as server:
        server.out.wait_for(rf"listening on 0\.0\.0\.0:{server.port} \(tcp\)")
        server.out.wait_for(rf"listening on \[::\]:{server.port} \(tcp\)")
        assert ask(server.port) == ask(server.port, host="::1") == b"hello"


def test_ipv6_only_is_announced_as_such():
    with listening("::", socket.AF_INET6) as passed, \
            Server("tcp", "serve", "--echo", passed=passed) as server:
        assert ask(server.port, host="::1") == b"hello"
        assert server.out.lines[0] == f"listening on [::]:{server.port} (tcp)"


@pytest.mark.parametrize("words", [["udp", "echo"], ["guess", "serve", "--numbers", "6-6"]])
def test_datagrams(words):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as passed:
        passed.bind(("127.0.0.1", 0))
        with Server(*words, passed=passed) as server:
            assert server.port == port_of(passed)
            if words[0] == "udp":
                assert netlab("udp", "send", server.address, "over").out == b"over\n"
            else:
                assert netlab("guess", "play", server.address, "--guess", "6").status == 0


def test_bind_and_port_are_ignored_with_a_warning():
    with listening() as passed:
        with Server("tcp", "serve", "--echo", "-p", "1", passed=passed) as server:
            server.err.wait_for("--bind and --port ignored: using the inherited socket "
                                f"127.0.0.1:{server.port}")
        with Server("tcp", "serve", "--echo", "-p", str(port_of(passed)), passed=passed) as server:
            pass
        assert server.err.text() == ""


def unconnected():
    return socket.socket()


def datagrams():
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.bind(("127.0.0.1", 0))
    return bound


def local():
    there = socket.socket(socket.AF_UNIX)
    there.bind("")
    there.listen()
    return there


def device():
    return open("/dev/null", "rb")


NOT_FOR = {"streams": ["tcp", "serve", "--echo"], "datagrams": ["udp", "echo"]}


@pytest.mark.parametrize("kind, make", [
    ("streams", unconnected), ("streams", datagrams), ("streams", local), ("streams", device),
    ("datagrams", listening), ("datagrams", local), ("datagrams", device)])
def test_unsuitable_descriptor_is_rejected(kind, make):
    with make() as passed:
        done = activated(*NOT_FOR[kind], passed=passed)
    needed = "a listening TCP socket" if kind == "streams" else "a bound UDP socket"
    assert done.returncode == 1 and done.stdout == "", done
    assert done.stderr == (f"netlab {' '.join(NOT_FOR[kind][:2])}: descriptor 3, passed with "
                           f"LISTEN_FDS, is not {needed}\n")


@pytest.mark.parametrize("count", ["2", "-1", "x", "1 "])
def test_more_than_one_socket_is_rejected(count):
    wrapper = ["sh", "-c", f'export LISTEN_PID=$$ LISTEN_FDS="{count}"; exec "$@"', "sh"]
    with listening() as passed:
        done = activated("tcp", "serve", "--echo", passed=passed, wrapper=wrapper)
    assert done.returncode == 1, done
    assert done.stderr == f"netlab tcp serve: LISTEN_FDS is '{count}': this server accepts only one socket\n"


@pytest.mark.parametrize("words", [["tcp", "serve", "--echo"], ["ftp", "serve", "."]])
def test_missing_descriptor_is_rejected(words):
    """Nor is the descriptor number used for one of netlab's own."""
    wrapper = ["sh", "-c", 'export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@" 3<&-', "sh"]
    with listening() as passed:
        done = activated(*words, passed=passed, wrapper=wrapper)
    assert done.returncode == 1, done
    assert done.stderr == f"netlab {words[0]} serve: LISTEN_FDS is 1, but descriptor 3 was not passed\n"


def test_threads_over_udp_need_more_than_one_socket():
    if os.cpu_count() == 1:
        pytest.skip("one core, one socket")
    with datagrams() as passed:
        done = activated("udp", "echo", "--threads", passed=passed)
    assert done.returncode == 2 and "only one was inherited" in done.stderr, done


@pytest.mark.parametrize("variables", [
    {"LISTEN_FDS": "1"}, {"LISTEN_PID": "1", "LISTEN_FDS": "1"}, {"LISTEN_PID": "", "LISTEN_FDS": "1"},
    {"LISTEN_PID": "x", "LISTEN_FDS": "1"}])
def test_variables_for_another_process_are_ignored(variables):
    with Server("tcp", "serve", "--echo", **variables) as server:
        assert ask(server.port) == b"hello"


def test_passed_descriptor_closes_on_exec():
    """The descriptor is close-on-exec."""
    with listening() as passed, Server("tcp", "serve", "--echo", passed=passed) as server:
        flags = Path(f"/proc/{server.pid}/fdinfo/3").read_text().split("flags:\t")[1].split()[0]
        assert int(flags, 8) & os.O_CLOEXEC


def test_systemd_socket_activate():
    """systemd-socket-activate(1) starts netlab when the first client connects."""
    if not shutil.which("systemd-socket-activate"):
        pytest.skip("no systemd-socket-activate(1)")
    port = free_port()
    starter = subprocess.Popen(["systemd-socket-activate", "-l", f"127.0.0.1:{port}", NETLAB, "tcp",
                                "serve", "--echo", "--once"], env=environment(),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        wait_until_listening(port)
        assert ask(port) == b"hello"
        assert starter.wait(TIMEOUT) == 0
        assert f"listening on 127.0.0.1:{port} (tcp)".encode() in starter.stdout.read()
    finally:
        starter.kill()


class Manager:
    """Receives the notifications of a service (sd_notify(3))."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(TIMEOUT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def receive(self):
        return self.socket.recv(4096)

    def has_no_more(self):
        self.socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            self.receive()
        return True


PLACES = {"path": lambda directory: (f"{directory}/notify", f"{directory}/notify"),
          "abstract": lambda directory: (f"\0netlab{directory}", f"@netlab{directory}")}
SERVERS = {"tcp": ["tcp", "serve", "--echo"], "udp": ["udp", "echo"],
           "ftp": ["ftp", "serve", "."], "guess": ["guess", "serve", "--tcp"]}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("words", SERVERS.values(), ids=SERVERS)
def test_notifies_ready_and_stopping(words, place, tmp_path):
    address, name = PLACES[place](tmp_path)
    with Manager(address) as manager:
        with Server(*words, cwd=tmp_path, NOTIFY_SOCKET=name) as server:
            assert manager.receive() == b"READY=1"
            server.out.wait_for("listening")
        assert manager.receive() == b"STOPPING=1"
        assert manager.has_no_more()


@pytest.mark.parametrize("model", MODELS)
def test_notifies_stopping_before_its_sessions_end(model, tmp_path):
    with Manager(f"{tmp_path}/notify") as manager, \
            Server("tcp", "serve", "--echo", "--grace", str(TIMEOUT), "--" + model,
                   NOTIFY_SOCKET=f"{tmp_path}/notify") as server:
        assert manager.receive() == b"READY=1"
        with server.connect() as client:
            client.sendall(b"hello")
            assert client.recv(5) == b"hello"
            server.process.terminate()
            assert manager.receive() == b"STOPPING=1"
            client.sendall(b"still there")
            assert read_exactly(client, 11) == b"still there"
        assert server.process.wait(TIMEOUT) == 0
        assert manager.has_no_more()


@pytest.mark.parametrize("name, why", [
    ("{}/nobody", "connect: No such file or directory"), ("@netlab{}", "connect: Connection refused"),
    ("notify", "must start with / or @: Invalid argument"), ("/" + "x" * 107, "connect: File name too long"),
    ("vsock:2:1234", "must start with / or @: Invalid argument")])
def test_unreachable_manager_is_not_fatal(name, why, tmp_path):
    name = name.format(tmp_path)
    with Server("tcp", "serve", "--echo", NOTIFY_SOCKET=name) as server:
        assert ask(server.port) == b"hello"
    assert server.err.text() == f"netlab: NOTIFY_SOCKET {name}: {why}"


def test_manager_that_disappears_is_not_fatal(tmp_path):
    with Manager(f"{tmp_path}/notify") as manager:
        with Server("tcp", "serve", "--echo", NOTIFY_SOCKET=f"{tmp_path}/notify") as server:
            assert manager.receive() == b"READY=1"
            manager.socket.close()
    assert server.err.text() == "netlab: NOTIFY_SOCKET: send STOPPING=1: Connection refused"


def test_manager_that_does_not_read_does_not_block(tmp_path):
    with Manager(f"{tmp_path}/notify"), \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.connect(f"{tmp_path}/notify")
        other.setblocking(False)
        with pytest.raises(BlockingIOError):
            while True:
                other.send(b"much")
        with Server("tcp", "serve", "--echo", NOTIFY_SOCKET=f"{tmp_path}/notify") as server:
            assert ask(server.port) == b"hello"
            server.err.wait_for("NOTIFY_SOCKET: send READY=1: Resource temporarily unavailable")


@pytest.mark.parametrize("model", MODELS)
def test_file_server_reports_its_sandbox(model, tmp_path):
    (tmp_path / "served").mkdir()
    (tmp_path / "served/file").write_bytes(CONTENT)
    with Server("ftp", "serve", "served", "-v", "--port-file", "port", "--" + model,
                cwd=tmp_path) as server:
        line = server.err.wait_for("confined")
        if "not confined" in line:
            pytest.skip(line)
        assert line.startswith(f"netlab: confined to {tmp_path}/served (Landlock ABI "), line
        assert "): reads files beneath it" in line and line.endswith("; no new privileges"), line
        assert netlab("ftp", "get", server.address, "file", "-o", "-").out == CONTENT
        assert (tmp_path / "port").read_text() == f"{server.port}\n"  # written before the sandbox was entered


def test_single_file_may_be_replaced(tmp_path):
    """A file is replaced by renaming, so the sandbox must allow its directory."""
    (tmp_path / "file").write_bytes(b"first")
    with Server("ftp", "serve", "file", cwd=tmp_path) as server:
        assert netlab("ftp", "get", server.address, "-o", "-").out == b"first"
        (tmp_path / "new").write_bytes(b"second")
        os.replace(tmp_path / "new", tmp_path / "file")
        assert netlab("ftp", "get", server.address, "-o", "-").out == b"second"
    assert "confined" not in server.err.text(), "only printed with -v"


@pytest.mark.parametrize("words", SERVERS.values(), ids=SERVERS)
def test_no_new_privileges(words, tmp_path):
    with Server(*words, cwd=tmp_path) as server:
        assert "NoNewPrivs:\t1\n" in Path(f"/proc/{server.pid}/status").read_text()


UNITS = Path(__file__).resolve().parents[2] / "docs/systemd"


def exec_start():
    text = (UNITS / "netlab-ftp.service").read_text()
    return next(line.split("=", 1)[1] for line in text.splitlines() if line.startswith("ExecStart="))


def test_command_of_the_unit_works(tmp_path):
    (tmp_path / "file").write_bytes(CONTENT)
    program, *words = exec_start().replace("/srv/netlab", str(tmp_path)).split()
    assert Path(program).name == "netlab"
    with listening() as passed, Manager(f"{tmp_path}/notify") as manager, \
            Server(*words, passed=passed, NOTIFY_SOCKET=f"{tmp_path}/notify") as server:
        assert manager.receive() == b"READY=1"
        assert netlab("ftp", "get", server.address, "file", "-o", "-").out == CONTENT


@pytest.fixture
def units(tmp_path):
    """The units, edited to start the netlab under test."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze(1)")
    for name in ("netlab-ftp.service", "netlab-ftp.socket"):
        text = (UNITS / name).read_text().replace(exec_start().split()[0], NETLAB)
        (tmp_path / name).write_text(text)
    return tmp_path


def analyze(*words, cwd):
    done = subprocess.run(["systemd-analyze", *words], cwd=cwd, capture_output=True, text=True,
                          timeout=TIMEOUT)
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd-analyze(1) is too old: " + done.stderr.strip())
    return done


def test_systemd_analyze_verifies_the_units(units):
    done = analyze("verify", "--man=no", "./netlab-ftp.service", "./netlab-ftp.socket", cwd=units)
    assert done.returncode == 0 and "netlab" not in done.stderr, done


def test_systemd_analyze_reports_low_exposure(units):
    """At most 1.0 of 10."""
    done = analyze("security", "--offline=true", "--no-pager", "--threshold=10", "./netlab-ftp.service",
                   cwd=units)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("model,error", [*((model, "ENOSYS") for model in MODELS), ("epoll", "EPERM")])
def test_files_are_served_without_openat2(model, error, tmp_path):
    """systemd's RestrictSUIDSGID= (in the unit) rejects openat2(2) with ENOSYS; older container runtimes
    reject it with EPERM."""
    sub = tmp_path / "served/sub"
    sub.mkdir(parents=True)
    (sub / "file").write_bytes(CONTENT)
    (sub / "link").symlink_to("../sub/file")
    (tmp_path / "secret").write_text("secret")
    (sub / "out").symlink_to("../../secret")
    wrapper = [sys.executable, Path(__file__).with_name("without_openat2.py"), error]
    with Server("ftp", "serve", "served", "--writable", f"--{model}", cwd=tmp_path, wrapper=wrapper) as server:
        def run(verb, *words):
            return netlab("ftp", verb, server.address, *words, cwd=tmp_path)
        for name in ("sub/file", "sub/link", "sub/../sub/./file"):
            done = run("get", name, "-o", "-")
            assert done.status == 0 and done.out == CONTENT, done
        for name in ("sub/out", "../secret", "/etc/passwd", str(tmp_path / "served/sub/file")):
            done = run("get", name, "-o", "-")
            assert done.status == 1 and done.out == b"" and "leads outside the served directory" in done.err, done
        assert b"file" in run("ls", "sub").out
        assert run("get", "-r", "-o", "copy").status == 0
        assert (tmp_path / "copy/sub/file").read_bytes() == CONTENT
        assert run("put", "copy/sub/file", "--as", "sub/new").status == 0
        assert run("put", "-r", "copy", "--as", "again").status == 0
        assert run("put", "copy/sub/file", "--as", "sub/out/new").status == 1
    assert (sub / "new").read_bytes() == (tmp_path / "served/again/sub/file").read_bytes() == CONTENT
    assert (tmp_path / "secret").read_text() == "secret"


def test_writable_server_accepts_the_passed_socket(tmp_path):
    """The creator of the socket has chosen its address, as --bind does."""
    (tmp_path / "served").mkdir()
    (tmp_path / "file").write_bytes(CONTENT)
    with listening("0.0.0.0") as passed, Server("ftp", "serve", "served", "--writable", "-v",
                                                cwd=tmp_path, passed=passed) as server:
        assert server.out.lines[0].startswith("listening on 0.0.0.0:")
        assert netlab("ftp", "put", server.address, "file", cwd=tmp_path).status == 0
    assert (tmp_path / "served/file").read_bytes() == CONTENT
    messages = server.err.text()
    assert "loopback" not in messages and "ignored" not in messages, messages
    if "not confined" not in messages:
        assert "): reads and writes files beneath it" in messages, messages
