"""Checks the rules of this code base: which directories may include which, maximum lengths, and which calls
may appear in only one file."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("NETLAB_SOURCE", Path(__file__).resolve().parent.parent))
NO_ROOM = "precompiled"  # precompiled library headers
SOURCES = sorted(p for p in (ROOT / "src").rglob("*") if p.suffix in (".cc", ".h") and p.parent.name != NO_ROOM)
TESTS = sorted(p for p in (ROOT / "tests").rglob("*") if p.suffix in (".cc", ".h"))

MOST_LINES = 400
MOST_FUNCTION_LINES = 60
MOST_COLUMNS = 100
LONG_LINES = {"famous_people.cc"}  # one person per line

# Patterns that may appear only in the given files.
ONE_PLACE = {
    r"(?<!\w)::close\(": {"socket/syscalls.cc"},
    r"\bEINTR\b": {"socket/retry_eintr.h", "model/uring.cc"},  # io_uring reports it as well
    r"\bshared_ptr\b": {"file/directory.h"},  # a FileName keeps its directory open
    r"\b(TODO|FIXME|XXX)\b": set(),
    r"(?<!\w)::(recv|send|sendfile|accept4?|connect|bind|listen|epoll_\w+)\(": {"socket/syscalls.cc"},
    r"\b(openat2|SYS_openat2)\b\(?": {"file/open_at.cc"},
    r"\bSYS_landlock": {"file/sandbox.cc"},
    r"#include <CLI/": {"cli/options.cc", "cli/command_tree.h"},
    r"#include <spdlog/": {"trace/log.cc"},
    r"#include <nlohmann/": {"cli/output.cc"},
    r"using namespace std\b": set(),
}
# CLI11 only accepts its formatter as a shared_ptr.
EXEMPT = {("cli/command_line.cc", r"\bshared_ptr\b")}


def rooms():
    """The table of docs/architecture.md: {room: rooms that it may use}."""
    table = {}
    for line in (ROOT / "docs/architecture.md").read_text().splitlines():
        row = re.match(r"\| `([a-z/]+)` \|.*\| ([\w, /]*) ?\|$", line)
        if row:
            table[row[1]] = {room.strip() for room in row[2].split(",") if room.strip()}
    return table


def included_directories(path):
    return re.findall(r'#include "([\w/]+)/\w+\.h"', path.read_text())


def directory_of(path):
    return path.relative_to(ROOT / "src").parent.as_posix()


def without_comments(text):
    return re.sub(r"//.*", "", text)


def functions(path):
    """(line number, length) of each function, found by the braces in clang-format's layout."""
    lines = path.read_text().splitlines()
    opened = {}
    for number, line in enumerate(lines, 1):
        indent = len(line) - len(line.lstrip())
        is_scope = re.match(r"\s*(namespace|class|struct|union|enum|extern)\b", line)
        if line.endswith("{") and indent in (0, 2) and not is_scope:
            opened[indent] = number
        elif re.match(r"\s*}", line) and indent in opened and not line.endswith("{"):
            start = opened.pop(indent)
            yield start, number - start + 1


def name(path):
    return str(path.relative_to(ROOT / "src"))


def path_in_project(path):
    return str(path.relative_to(ROOT)) if isinstance(path, Path) else None


def test_the_table_of_rooms_is_there():
    table = rooms()
    assert set(table) == {directory_of(path) for path in SOURCES} - {"."}
    for room, used in table.items():
        assert used <= set(table), room


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_includes_go_downstairs(path):
    room = directory_of(path)
    if room == ".":
        return  # main.cc
    allowed = rooms()[room] | {room}
    for directory in included_directories(path):
        inside = any(directory.startswith(f"{used}/") for used in allowed - {room})
        assert directory in allowed or inside, f"{room} may not use {directory}"


def test_rooms_have_no_cycle():
    left = {}
    for path in SOURCES:
        room = directory_of(path)
        left.setdefault(room, set()).update(directory for directory in included_directories(path) if directory != room)
    while left:
        bottom = [room for room, used in left.items() if not used & set(left)]
        assert bottom, f"a cycle among {sorted(left)}"
        for room in bottom:
            del left[room]


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=path_in_project)
def test_nothing_is_too_long(path):
    lines = path.read_text().splitlines()
    assert len(lines) <= MOST_LINES
    for number, line in enumerate(lines, 1):
        assert len(line) <= MOST_COLUMNS or "http" in line or path.name in LONG_LINES, f"line {number}"
    for start, length in functions(path):
        assert length <= MOST_FUNCTION_LINES, f"the function at line {start} has {length} lines"


TOP_LEVEL = {".ci", ".clang-format", ".clang-tidy", ".gitignore", "LICENSE", "README.md", "docs", "meson.build",
             "meson_options.txt", "scripts", "src", "subprojects", "tests"}


def test_nothing_else_is_at_the_top():
    """A file that an example wrote there, for instance, must not be committed by mistake."""
    tracked = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, text=True)
    if tracked.returncode != 0:
        pytest.skip("not a git checkout: " + tracked.stderr.strip())
    assert {name.split("/")[0] for name in tracked.stdout.split("\0") if name} == TOP_LEVEL


@pytest.mark.parametrize("pattern", ONE_PLACE)
def test_what_has_one_place_is_there_alone(pattern):
    for path in SOURCES:
        if name(path) in ONE_PLACE[pattern] or (name(path), pattern) in EXEMPT:
            continue
        found = re.search(pattern, without_comments(path.read_text()))
        assert not found, f"{name(path)} has {found[0]!r}"


def opening_comment(path):
    """The first paragraph of a file's opening comment, as one line."""
    lines = []
    for line in path.read_text().splitlines():
        if not re.match(r"// \S", line):
            break
        lines.append(line[3:])
    return " ".join(lines)


def declared(path):
    """The names of the types and functions that a header declares."""
    code = without_comments(path.read_text())
    types = re.findall(r"^(?:class|struct|enum class|using) (\w+)", code, re.M)
    return types + re.findall(r"^\w[^\n;={}()]*?\b(\w+)\(", code, re.M)


@pytest.mark.parametrize("path", [p for p in SOURCES if p.suffix == ".h"], ids=name)
def test_a_header_says_what_it_is(path):
    """The opening comment is in sentences, and names what the header declares, or a word of the file's name."""
    comment = opening_comment(path)
    assert re.fullmatch(r"\w.*[.:]", comment), "a header opens with a comment of whole sentences"
    words = {word.lower() for word in re.findall(r"\w+", comment.replace("-", ""))}  # UTF-8 is utf8.h
    names = words & {title.lower() for title in declared(path)}
    parts = [word.rstrip("s") for word in path.stem.split("_")]
    assert names or any(word.startswith(part) for word in words for part in parts), "it does not name its subject"
    assert "#pragma once" in path.read_text().splitlines()


PYTHON_TESTS = sorted((ROOT / "tests").rglob("*.py"))
# Why a line of a Python test sleeps: no event reports the condition, or time itself is part of the test.
MAY_SLEEP = r"# (polls|paces): \w+"


@pytest.mark.parametrize("path", TESTS + PYTHON_TESTS, ids=path_in_project)
def test_no_test_sleeps(path):
    """A test that sleeps to let something happen is slow, or fails on a busy machine."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        sleeps = re.search(r"\bsleep_for\(|\btime\.sleep\(", line)
        assert not sleeps or re.search(MAY_SLEEP, line), f"line {number} sleeps"


# Phrases that the texts of the project have left behind, because a reader finds no term of the field in them.
OLD_PHRASES = {
    r"\b(whoever|nobody|somebody|anybody)\b": "name the program: client, server, peer, caller",
    r"\bso (many|much)\b": "name the number: N bytes, at most N",
    r"\banew\b|\b(sent|told) again\b": "retransmit, retry, restart, repeat",
    r"\b(on|along) (its|their) way\b": "in flight",
    r"\bin vain\b": "without a reply, failed",
    r"\btime-outs?\b": "timeout",
    r"\bfolders?\b": "directory",
    r"\bon order\b": "on demand",
    r"\bturn(s|ed)? away\b": "reject, rejected",
    r"\bbut for\b": "except",
    r"\bshall\b": "must, should, or the plain verb",
    r"// (Of|Who|Whoever) \w+": "begin with the subject",
}
# Words of the lab wire, of commands that the documents quote, and of an RFC's name.
KEPT = r'"folder"|(not|is)-a-folder|"anybody there\?"|"is anybody there\?"|famous_people'


def prose(path):
    """(line number, line) of the comments and strings of a source, or of a document without its code blocks."""
    is_page, in_code = path.suffix == ".md", False
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if is_page and line.lstrip().startswith("```"):
            in_code = not in_code
        if re.search(KEPT, line) or path.name in LONG_LINES:
            continue
        if is_page:
            if not in_code:
                yield number, line
        else:
            yield number, " ".join(re.findall(r'//.*|"(?:[^"\\]|\\.)*"', line))


# Python and shell scripts, whose variable names are checked too.
SCRIPTS = [p for p in PYTHON_TESTS + sorted((ROOT / "scripts").iterdir())
           if p.parent.name != "benchmark" and p.name != "tidy_test.py"]


@pytest.mark.parametrize("path", SCRIPTS, ids=path_in_project)
def test_a_directory_is_not_a_folder(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        assert not re.search("folder", line, re.I) or re.search(KEPT, line), f"line {number}: directory"


PAGES = sorted((ROOT / "docs").rglob("*.md")) + [ROOT / "README.md"]


@pytest.mark.parametrize("path", SOURCES + PAGES, ids=path_in_project)
def test_old_phrases_stay_away(path):
    for number, text in prose(path):
        for phrase, instead in OLD_PHRASES.items():
            found = re.search(phrase, text, re.I if not phrase.startswith("//") else 0)
            assert not found, f"line {number}: {found[0]!r}: {instead}"


BELOW_THE_COMMAND_LINE = [p for p in SOURCES if directory_of(p).split("/")[0] not in ("command", "cli", ".")]


@pytest.mark.parametrize("path", BELOW_THE_COMMAND_LINE, ids=name)
def test_lower_rooms_do_not_know_the_command_line(path):
    """An option is named in a message by the command that has it."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        code = re.sub(r"//.*", "", line) if '"' not in line.split("//")[0] else line
        for text in re.findall(r'"((?:[^"\\]|\\.)*)"', code):
            option = re.search(r"(?<![\w-])--[a-z]", text)
            assert not option, f"line {number}: {text!r} names an option"


def interfaces():
    """{class: (header, its virtual functions)}, for each class that derives from no other."""
    found = {}
    for path in SOURCES:
        if path.suffix != ".h":
            continue
        for title, body in re.findall(r"^class (\w+) \{$(.*?)^\};$", without_comments(path.read_text()), re.M | re.S):
            functions = re.findall(r"\bvirtual [^~;{]* (\w+)\(", body)
            if functions:
                found[title] = (name(path), functions)
    return found


def test_the_table_of_interfaces_is_complete():
    page = (ROOT / "docs/architecture.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \(`([\w/.]+)`\) \| ([`\w ]*) \|", page, re.M)
    table = {title: (header, re.findall(r"\w+", functions)) for title, header, functions in rows}
    assert table == interfaces()


def test_the_worked_example_is_the_one_that_is_tested():
    page = (ROOT / "docs/architecture.md").read_text()
    block = re.search(r"```cpp\n(class Calculator .*?)```", page, re.S)[1]
    assert block in (ROOT / "tests/support/calculator.h").read_text()
    assert block.endswith("\n};\n"), "the page shows the whole class"


def test_every_test_is_listed():
    """A test that meson.build does not list never runs."""
    listed = (ROOT / "tests/meson.build").read_text()
    for path in TESTS:
        if path.name.endswith("_test.cc"):
            assert f"'{path.relative_to(ROOT / 'tests').as_posix()}'" in listed, path
    listed = (ROOT / "tests/end-to-end/meson.build").read_text()
    for path in sorted((ROOT / "tests/end-to-end").glob("test_*.py")):
        assert f"'{path.stem.removeprefix('test_')}'" in listed, path
