"""guess serve and guess play: the guessing game, over UDP and TCP."""

import json
import re
import socket
import threading

import pytest

from running import MODELS, TIMEOUT, Server, netlab

OVER = {"udp": [], "tcp": ["--tcp"]}


def play(server, over, *words, **more):
    return netlab("guess", "play", server.address, *OVER[over], *words, **more)


@pytest.mark.parametrize("over", OVER)
def test_won_and_lost(over):
    with Server("guess", "serve", "--numbers", "1-2", "--tries", "2", *OVER[over]) as server:
        won = play(server, over, "--guess", "1", "2")
        assert won.status == 0
        lines = won.out.decode().splitlines()
        assert lines[0] == "Guess a number from 1 to 2. You have 2 tries."
        assert re.fullmatch(r'You win: "[12]" is right\.', lines[-1]), won
    with Server("guess", "serve", "--numbers", "1-1000000000", *OVER[over]) as server:
        lost = play(server, over, "--guess", "1")
        assert lost.status == 3
        assert re.search(rb'You lose: "1" is wrong\. It was \d+\.\n$', lost.out), lost


def test_guesses_from_standard_input():
    with Server("guess", "serve", "--numbers", "7-7") as server:
        done = play(server, "udp", input=b"nonsense\n7\n")
        assert done.status == 0
        assert done.out.decode().splitlines()[1] == 'Not a number from 7 to 7: "nonsense".'
        assert play(server, "udp", input=b"").status == 3


def test_json():
    with Server("guess", "serve", "--numbers", "7-7") as server:
        events = [json.loads(line) for line in play(server, "udp", "--guess", "7", "--json").out.splitlines()]
    assert [event["event"] for event in events] == ["question", "answer", "end"]
    assert events[-1]["won"] is True


@pytest.mark.parametrize("model", MODELS)
def test_same_seed_gives_the_same_secrets_under_every_model(model):
    """The secrets must also match where each game has its own process."""
    outputs = []
    for _ in range(2):
        with Server("guess", "serve", "--tcp", "--numbers", "1-1000000", "--seed", "5", "--" + model) as server:
            outputs.append([play(server, "tcp", "--guess", "1").out for _ in range(3)])
    assert outputs[0] == outputs[1]
    assert len(set(outputs[0])) == 3


def connect_player(server):
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(TIMEOUT)
    client.connect(("127.0.0.1", server.port))

    def say(text):
        client.send(text)
        return client.recv(1000).decode()
    return say


def test_player_in_ten_lines_of_code():
    """Two players at once, each in a separate game."""
    with Server("guess", "serve", "--numbers", "1-6", "--tries", "6") as server:
        one, other = connect_player(server), connect_player(server)
        assert one(b"hello") == other(b"hello") == "Guess a number from 1 to 6. You have 6 tries."
        answers = [one(b"%d\n" % guess) for guess in range(1, 7)]
        won = next(i for i, answer in enumerate(answers) if answer.startswith("You win"))
        assert all(answer.startswith("Too low") for answer in answers[:won])
        # The turns of one player do not count for the other.
        assert re.match(r'Too (low|high): "1"\. 5 tries left\.|You win', other(b"1"))


def test_proxy_protocol_needs_tcp():
    done = netlab("guess", "serve", "--proxy-protocol", "-p", "0")
    assert done.status == 2 and "--proxy-protocol requires TCP" in done.err, done


def test_duplicate_datagram_is_one_turn():
    with Server("guess", "serve", "--numbers", "1-1000000", "--tries", "2", "--seed", "1") as server:
        say = connect_player(server)
        assert say(b"hello") == say(b"hello")
        first = say(b"1")
        assert first.endswith("1 try left.") and say(b"1") == first
        last = say(b"2")
        assert last.startswith("You lose") and say(b"2") == last and say(b"1") == first


class Proxy:
    """A proxy between a player and the server; `forwarded(message, to_server)` returns what it sends on."""

    def __init__(self, port):
        self.server = ("127.0.0.1", port)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(TIMEOUT)
        self.port = self.socket.getsockname()[1]
        self.player = None
        self.before = {True: [], False: []}
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        try:
            while True:
                message, sender = self.socket.recvfrom(65536)
                to_server = sender != self.server
                if to_server:
                    self.player = sender
                for sent in self.forwarded(message, to_server):
                    self.socket.sendto(sent, self.server if to_server else self.player)
                self.before[to_server].append(message)
        except OSError:
            self.socket.close()


class Lossy(Proxy):
    """Drops every second datagram in each direction."""

    def forwarded(self, message, to_server):
        return [message] if len(self.before[to_server]) % 2 == 1 else []


class Repeating(Proxy):
    """Duplicates each reply, late: just before the next one."""

    def forwarded(self, message, to_server):
        return [message] if to_server else [*self.before[to_server][-1:], message]


def test_player_copes_with_lost_datagrams():
    with Server("guess", "serve", "--numbers", "5-5", "--tries", "3") as server:
        done = netlab("guess", "play", f"127.0.0.1:{Lossy(server.port).port}", "--guess", "5", "--timeout", "2")
        assert done.status == 0, done
        assert done.out.decode().splitlines()[-1] == 'You win: "5" is right.'


def test_duplicate_reply_is_not_taken_for_the_next():
    with Server("guess", "serve", "--numbers", "1-1000000", "--tries", "3", "--seed", "1") as server:
        done = netlab("guess", "play", f"127.0.0.1:{Repeating(server.port).port}", "--guess", "1", "2", "3")
    question, *answers = done.out.decode().splitlines()
    assert question.startswith("Guess a number") and len(answers) == 3, done
    assert all(f'"{guess}"' in answer for guess, answer in enumerate(answers, 1)), done


def test_server_with_constant_replies():
    """A student's server may not repeat the guess in its reply."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    server.settimeout(TIMEOUT)

    def run():
        with server:
            message = b""
            while message != b"3":
                message, player = server.recvfrom(1000)
                server.sendto(b"You win!" if message == b"3" else b"Guess!", player)
    thread = threading.Thread(target=run)
    thread.start()
    done = netlab("guess", "play", f"127.0.0.1:{server.getsockname()[1]}", "--guess", "1", "2", "3",
                  "--timeout", "2.5")
    thread.join()
    assert (done.status, done.out) == (0, b"Guess!\nGuess!\nGuess!\nYou win!\n"), done


def test_no_reply():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        done = netlab("guess", "play", f"127.0.0.1:{silent.getsockname()[1]}", "--guess", "1", "--timeout", "0.5")
    assert done.status == 1 and "Connection timed out" in done.err
    done = netlab("guess", "play", "127.0.0.1:1", "--guess", "1")
    assert done.status == 1 and "nothing listens on 127.0.0.1:1" in done.err


def test_people(tmp_path):
    (tmp_path / "people").write_text("# one\nAda Lovelace | Lady Lovelace: Wrote a program.\n")
    with Server("guess", "serve", "--people", "people", "--tries", "2", cwd=tmp_path) as server:
        done = play(server, "udp", "--guess", "Bob", "lovelace, ADA")
        assert done.status == 0
        assert done.out.decode().splitlines() == [
            "Who is it? Wrote a program. You have 2 tries.",
            'Wrong: "Bob". 1 try left. The initials are A. L.', 'You win: "lovelace, ADA" is right.']
    with Server("guess", "serve", "--people", "--tcp") as server:
        assert play(server, "tcp", "--guess", "nobody").out.startswith(b"Who is it? ")


@pytest.mark.parametrize("words, status, why", [
    (["--numbers", "6-1"], 2, "netlab guess serve: --numbers: '6-1' must be a range"), (["--tries", "0"], 2, "--tries"),
    (["--people", "absent"], 1, "read absent: No such file"), (["--fork"], 2, "--fork: not available over UDP"),
    (["--people", "empty"], 2, "netlab guess serve: empty: no people listed"),
    (["--people", "."], 1, "read .: Is a directory"),
    (["--people", "bad"], 2, "bad:1: missing hint"), (["--numbers", "1-6", "--people", "bad"], 2, "cannot be used with")])
def test_usage(words, status, why, tmp_path):
    (tmp_path / "bad").write_text("Ada Lovelace\n")
    (tmp_path / "empty").touch()
    done = netlab("guess", "serve", *words, "-p", "0", cwd=tmp_path)
    assert done.status == status and why in done.err, done


def test_max_peers_limits_games_over_udp():
    with Server("guess", "serve", "--max-peers", "2") as server:
        players = [connect_player(server) for _ in range(2)]
        assert all(player(b"hello") for player in players)
        third = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        third.sendto(b"hello", ("127.0.0.1", server.port))
        server.out.wait_for("no reply to .*: too many peers")
        third.close()


def test_once_ends_after_a_game():
    for over in OVER:
        with Server("guess", "serve", "--once", "--numbers", "3-3", *OVER[over]) as server:
            assert play(server, over, "--guess", "3").status == 0
            assert server.process.wait(TIMEOUT) == 0


def test_once_fails_when_its_player_times_out():
    """With the exit status of that failure, as over TCP."""
    with Server("guess", "serve", "--once", "--idle-timeout", "0.2", status=1) as server:
        assert connect_player(server)(b"hello").startswith("Guess a number")
        assert server.process.wait(TIMEOUT) == 1
        server.err.wait_for(r"^netlab guess serve: wait for 127\.0\.0\.1:\d+: Connection timed out$")
