"""Transfers whose ends are killed repeatedly: after the last resume the file is complete, and an incomplete
file never had the final name."""

import os
import random
import shutil
import signal
import subprocess
import threading
import time

import pytest

from running import NETLAB, SANITIZED, TIMEOUT, Server, environment, netlab, noise, with_transport

SIZE = 1_500_000
RATE = "30M"
KILLS = 12 if SANITIZED else 50  # for each direction
SEED = int(os.environ.get("NETLAB_SEED", "1"))


class Transfer:
    """A server of `there` and a client in `here`; either can be killed and restarted."""

    def __init__(self, directory, words):
        self.directory, self.words = directory, words
        here, there = directory / "here", directory / "there"
        here.mkdir()
        there.mkdir()
        source, target = (there, here) if words[0] == "get" else (here, there)
        self.source, self.target = source / "file", target / "file"
        self.server = self.client = None

    def start(self):
        if self.server is None:
            self.server = Server("ftp", "serve", "there", "--writable", "--limit-rate", RATE,
                                 cwd=self.directory)
            self.server.__enter__()
        self.client = subprocess.Popen(
            [NETLAB, "ftp", self.words[0], self.server.address, *self.words[1:]],
            cwd=self.directory / "here", env=environment(), stderr=subprocess.PIPE)

    def progress(self):
        """How many bytes of the file have arrived; its full size once the client has ended."""
        if self.client.poll() is not None:
            return SIZE
        part = self.target.with_name(self.target.name + ".part")
        try:
            return part.stat().st_size
        except FileNotFoundError:
            return SIZE if self.target.exists() else 0

    def kill_client(self):
        self.client.kill()
        self.client.communicate()

    def kill_server(self):
        self.server.process.kill()
        self.server.process.wait()
        self.server = None

    def stop(self):
        if self.server:
            self.server.__exit__(None)


@pytest.mark.parametrize("words", [["get", "file"], ["get", "file", "--streams", "2"], ["put", "file", "--retry", "9"]],
                         ids=lambda words: "-".join(words[::2]))
def test_kill_either_end_at_any_moment(words, tmp_path):
    rng = random.Random(SEED)
    transfer = Transfer(tmp_path, words)
    target = transfer.target
    kills = 0
    version = 0
    while kills < KILLS:
        # A new version of the file, and attempts to transfer it until one succeeds.
        version += 1
        content = noise(SIZE, version)
        transfer.source.write_bytes(content)
        target.unlink(missing_ok=True)
        moment = 0
        for _ in range(10):
            transfer.start()
            moment = min(SIZE, moment + rng.randrange(SIZE // 3))
            end = time.monotonic() + TIMEOUT
            while transfer.progress() < moment and time.monotonic() < end:
                pass
            if transfer.client.poll() is not None:
                break
            victim = rng.choice(["client", "server", "both"])
            kills += 1
            if victim != "client":
                transfer.kill_server()
            # A client with --retry would keep trying.
            if victim != "server" or "--retry" in words:
                transfer.kill_client()
            else:
                _, error = transfer.client.communicate(timeout=TIMEOUT)
                assert transfer.client.returncode in (0, 1), error
            if target.exists():
                assert target.read_bytes() == content, f"seed {SEED}: half a file after kill {kills}"
        else:
            transfer.start()
        _, error = transfer.client.communicate(timeout=TIMEOUT)
        assert transfer.client.returncode == 0, f"seed {SEED}: {error.decode()}"
        assert target.read_bytes() == content, f"seed {SEED}: another file after kill {kills}"
        assert not list(target.parent.glob("file.part*"))
    transfer.stop()


def kill_at_rename(*words):
    """A command that is killed when it renames its first complete file to the final name."""
    if not shutil.which("strace"):
        pytest.skip("no strace")
    return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=renameat,renameat2:signal=KILL", *words]


@pytest.mark.parametrize("again", [[], ["--restart"]], ids=" ".join)
def test_small_file_is_fetched_after_the_client_was_killed(again, tmp_path):
    """The .part of a small file has no .state that marks it as netlab's."""
    transfer = Transfer(tmp_path, ["get", "-r"])
    part = transfer.target.with_name("file.part")
    transfer.source.write_bytes(b"content")
    with Server("ftp", "serve", "there", cwd=tmp_path) as server:
        words = [NETLAB, *with_transport(["ftp", "get", "-r", server.address])]
        killed = subprocess.run(kill_at_rename(*words), cwd=tmp_path / "here", env=environment())
        assert killed.returncode == -signal.SIGKILL
        assert part.read_bytes() == b"content" and not transfer.target.exists()
        done = netlab("ftp", "get", server.address, "-r", *again, cwd=tmp_path / "here")
        assert done.status == 0, done
    assert transfer.target.read_bytes() == b"content"
    assert [path.name for path in transfer.target.parent.iterdir()] == ["file"]


def test_changed_small_file_does_not_replace_a_possibly_foreign_part(tmp_path):
    transfer = Transfer(tmp_path, ["get", "file"])
    transfer.source.write_bytes(b"another")
    part = transfer.target.with_name("file.part")
    part.write_bytes(b"content")
    with Server("ftp", "serve", "there", cwd=tmp_path) as server:
        get = lambda *words: netlab("ftp", "get", server.address, "file", *words, cwd=tmp_path / "here")
        done = get()
        assert done.status == 1 and "move it away to fetch the whole file" in done.err, done
        done = get("--restart")
        assert done.status == 1 and "not created by netlab: move it away" in done.err, done
        assert part.read_bytes() == b"content"
        part.unlink()
        assert get().status == 0


@pytest.mark.parametrize("again", [[], ["--restart"], ["-t", "."]], ids=" ".join)
def test_small_file_is_uploaded_after_the_server_was_killed(again, tmp_path):
    transfer = Transfer(tmp_path, ["put", "file"])
    transfer.source.write_bytes(b"content")
    killed = Server("ftp", "serve", "there", "--writable", cwd=tmp_path, status=-signal.SIGKILL,
                    wrapper=kill_at_rename())
    with killed as server:
        assert netlab("ftp", "put", server.address, "file", cwd=tmp_path / "here").status == 1
        server.process.wait(TIMEOUT)
    assert transfer.target.with_name("file.part").read_bytes() == b"content"
    with Server("ftp", "serve", "there", "--writable", cwd=tmp_path) as server:
        done = netlab("ftp", "put", server.address, "file", *again, cwd=tmp_path / "here")
        assert done.status == 0, done
    assert transfer.target.read_bytes() == b"content"
    assert [path.name for path in transfer.target.parent.iterdir()] == ["file"]


class Reader:
    """Reads the file in a tight loop and records contents that are neither the old nor the new version."""

    def __init__(self, path, *versions):
        self.path, self.versions = path, versions
        self.others, self.seen = [], set()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.read)

    def read(self):
        while not self.over.is_set() and not self.others:
            content = self.path.read_bytes()
            if content in self.versions:
                self.seen.add(self.versions.index(content))
            else:
                self.others.append(len(content))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join(TIMEOUT)


@pytest.mark.parametrize("words", [["get", "file", "--restart"], ["put", "file"]], ids=["get", "put"])
def test_old_file_stays_until_the_new_one_is_complete(words, tmp_path):
    rng = random.Random(SEED)
    transfer = Transfer(tmp_path, words)
    target = transfer.target
    versions = [noise(SIZE, 0), noise(SIZE, 1)]
    transfer.source.write_bytes(versions[1])
    target.write_bytes(versions[0])
    with Reader(target, *versions) as reader:
        for _ in range(KILLS // 4):
            transfer.start()
            moment = rng.randrange(SIZE)
            end = time.monotonic() + TIMEOUT
            while (transfer.client.poll() is None and transfer.progress() < moment
                   and time.monotonic() < end):
                pass
            if rng.choice([True, False]):
                transfer.kill_server()
            transfer.kill_client()
            if target.read_bytes() == versions[1]:
                break
            assert not reader.others, f"seed {SEED}"
        transfer.words = [*words, "--retry", "9"]
        transfer.start()
        _, error = transfer.client.communicate(timeout=TIMEOUT)
        assert transfer.client.returncode == 0, error
        assert target.read_bytes() == versions[1]
    assert reader.others == [] and 0 in reader.seen, (reader.others, f"seed {SEED}")
    transfer.stop()
