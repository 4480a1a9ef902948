"""Runs every command in the documents and compares its output with the documented output.

In a ```console block, lines that start with "$ " are commands. All commands of a block run in one bash, in a
temporary directory and a network namespace. The lines after a command are its expected standard output, if
there are any ("..." stands for any lines). A command that ends with "&" runs in the background; the command
after a server starts once the server listens. ```sh blocks are meant for other machines and do not run."""

import functools
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from running import NETLAB, TIMEOUT, commands, environment, netlab

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

WAIT = """
wait_until_listening() {
    until grep -q listening "$1"; do kill -0 $! || return; sleep 0.01; done
}
"""


def blocks(page):
    """(line number, [(command, expected output)]) of each block."""
    lines = page.read_text().splitlines()
    inside = None
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if text == "```console":
            inside, start = [], number
        elif text == "```" and inside is not None:
            yield start, inside
            inside = None
        elif inside is not None and text.startswith("$ "):
            inside.append((text[2:], []))
        elif inside is not None:
            inside[-1][1].append(text)


ALL = [(page, number, commands) for page in PAGES for number, commands in blocks(page)]


def script(commands):
    """A bash script that runs the commands, with the output of each in a separate file."""
    text = WAIT
    for index, (command, _) in enumerate(commands):
        plain = command.split("  #")[0].rstrip()
        if plain.endswith("&"):
            text += f"{{ {plain[:-1]}; }} > out{index} 2>&1 &\n"
            if re.search(r"netlab (\w+ serve|udp echo|impair \w+)", plain):
                text += f"wait_until_listening out{index}\n"
        else:
            text += f"{{ {plain}\n}} > out{index} 2> err{index} || echo failed {index}\n"
    return text + "kill $(jobs -p) 2>/dev/null; true\n"


def check(expected, text, trace):
    if any(re.match(r"\d+\.\d{6} ", line) for line in expected):
        assert re.search(r"^\d+\.\d{6} \w+\(", trace, re.M)  # timings differ from run to run
    elif expected:
        pattern = "".join("(.*\n)*" if line == "..." else re.escape(line) + "\n" for line in expected)
        assert re.fullmatch(pattern, "".join(line.rstrip() + "\n" for line in text.splitlines())), text


@pytest.mark.parametrize("page, number, commands", ALL,
                         ids=[f"{page.name}:{number}" for page, number, _ in ALL])
def test_block(page, number, commands, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/netlab").symlink_to(NETLAB)
    (tmp_path / "work").mkdir()
    # A PID namespace as well: everything that a block has started ends with it.
    own_network = ["unshare", "-rnpf", "--kill-child", "--mount-proc"]
    up = "ip link set lo up\n"
    if not shutil.which("ip") or subprocess.run([*own_network, "true"]).returncode != 0:
        pytest.skip("no network namespace here, and the documents name fixed ports")
    done = subprocess.run([*own_network, "bash", "-c", up + script(commands)], cwd=tmp_path / "work",
                          capture_output=True, text=True, timeout=2 * TIMEOUT,
                          env=environment(PATH=f"{tmp_path}/bin:/usr/sbin:/usr/bin:/sbin:/bin"))
    outputs = {path.name: path.read_text(errors="replace")
               for path in (tmp_path / "work").glob("*") if re.match(r"(out|err)\d+$", path.name)}
    assert "failed" not in done.stdout, (done.stdout, done.stderr, outputs)
    for index, (command, expected) in enumerate(commands):
        if not command.split("  #")[0].rstrip().endswith("&"):
            check(expected, outputs[f"out{index}"], outputs.get(f"err{index}", ""))


def test_documents_contain_commands():
    assert len(ALL) >= 10


def test_links_resolve():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#: ]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@functools.cache
def options_of(command):
    """The options in the help of "tcp serve", for example."""
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", netlab(*command.split(), "--help").out.decode()))


def test_documented_options_exist():
    """Each option is an option of the command before it, or, in a line that names only a group, of one in it."""
    found = 0
    first_words = "|".join({command.split()[0] for command in commands()})
    for page in PAGES:
        for line in page.read_text().splitlines():
            for name, rest in re.findall(rf"\bnetlab ((?:{first_words})(?: [a-z]+)?)([^`|&;]*)", line):
                named = [command for command in commands() if command == name] or [
                    command for command in commands() if command.startswith(name.split()[0])]
                known = set().union(*map(options_of, named))
                for option in re.findall(r"(?<!\S)--[a-z][a-z-]*", rest):
                    found += 1
                    assert option in known, f"{page.name}: netlab {name} has no {option}"
    assert found >= 50
