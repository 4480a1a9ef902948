#!/usr/bin/python3
"""Counts test results from the files that the tests wrote.

count_results.py DIRECTORY...                   prints their sum, as "N passed, N failed, N skipped"
count_results.py --check FILE.xml COMMAND...    runs a command and records its outcome as one result
count_results.py --self-check                   tests the counting with made-up results

A DIRECTORY is a build directory of Meson, or a directory with results of --check. In a build directory, each
Meson test is a program with test cases, which GoogleTest or pytest recorded. A program that crashed, timed out,
failed without a failed case, or never ran counts as one failure."""

import contextlib
import io
import json
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from collections import Counter
from pathlib import Path

SKIPPED = 77  # the exit status that Meson treats as skipped


def run_check(path, command):
    status = subprocess.run(command, stdin=subprocess.DEVNULL).returncode
    suite = xml.Element("testsuite", name=path.stem, tests="1", errors="0",
                        failures=str(int(status not in (0, SKIPPED))), skipped=str(int(status == SKIPPED)))
    xml.ElementTree(suite).write(path)


def count_suite(suite):
    number = lambda key: int(suite.get(key) or 0)
    failed = number("failures") + number("errors")
    skipped = number("skipped") + number("disabled")
    return Counter(passed=max(number("tests") - failed - skipped, 0), failed=failed, skipped=skipped)


def count_file(path):
    """Counts one <testsuite>, or several in a parent element, whose own totals are wrong with Meson 1.0."""
    root = xml.parse(path).getroot()
    suites = [root] if root.tag == "testsuite" else root.findall("testsuite")
    return sum(map(count_suite, suites), Counter())


def count_cases(logs, title):
    """Counts the cases of the program that Meson calls "project:suite / name"."""
    written_by_pytest = logs / f"pytest-{title.split(' / ')[-1]}.xml"
    if written_by_pytest.exists():
        return count_file(written_by_pytest)
    suites = xml.parse(logs / "testlog.junit.xml").getroot().findall("testsuite")
    own = [s for s in suites if f".{title}." in s.get("name")]
    return sum(map(count_suite, own), Counter())


def count_program(logs, run):
    cases = count_cases(logs, run["name"])
    result = run["result"]
    if result == "SKIP":
        return cases or Counter(skipped=1)
    if result in ("OK", "EXPECTEDFAIL"):
        return cases or Counter(passed=1)
    if not cases["failed"]:
        print(f"{logs.parent}: {run['name']}: {result}", file=sys.stderr)
        cases["failed"] = 1
    return cases


def count_build(directory):
    logs = directory / "meson-logs"
    tests = json.loads((directory / "meson-info/intro-tests.json").read_text())
    log = logs / "testlog.json"
    runs = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    total = sum((count_program(logs, run) for run in runs), Counter())
    for lost in {t["name"] for t in tests} - {run["name"].split(" / ")[-1] for run in runs}:
        print(f"{directory}: {lost}: did not run", file=sys.stderr)
        total["failed"] += 1
    return total


def count_directory(directory):
    if (directory / "meson-info").exists():
        return count_build(directory)
    return sum(map(count_file, directory.glob("*.xml")), Counter())


def self_check():
    """Counts a build directory with one program for each outcome; the cases add up to 10, 6 and 4."""
    with tempfile.TemporaryDirectory() as name:
        logs = Path(name) / "meson-logs"
        logs.mkdir()
        (Path(name) / "meson-info").mkdir()
        fates = {"good": "OK", "bad": "FAIL", "crashed": "FAIL", "leaked": "FAIL", "slow": "TIMEOUT",
                 "skips": "SKIP", "plain": "OK", "pages": "FAIL", "lost": None}
        tests = [{"name": name} for name in fates]
        (Path(name) / "meson-info/intro-tests.json").write_text(json.dumps(tests))
        (logs / "testlog.json").write_text("".join(
            json.dumps({"name": f"netlab / {name}", "result": result}) + "\n"
            for name, result in fates.items() if result))
        (logs / "testlog.junit.xml").write_text(
            '<testsuites tests="0" errors="0" failures="0">'
            '<testsuite name="netlab.netlab / good.A" tests="3" failures="0" skipped="1" disabled="1"/>'
            '<testsuite name="netlab.netlab / good.B" tests="2" failures="0"/>'
            '<testsuite name="netlab.netlab / bad.A" tests="2" failures="1"/>'
            '<testsuite name="netlab.netlab / leaked.A" tests="2" failures="0"/>'
            '<testsuite name="netlab" tests="5" failures="2" errors="1"/></testsuites>')
        (logs / "pytest-pages.xml").write_text(
            '<testsuites><testsuite tests="5" failures="1" errors="0" skipped="1"/></testsuites>')
        # passed: good 3, bad 1, leaked 2, plain 1, pages 3; failed: bad, crashed, leaked, slow, pages, lost
        expected = Counter(passed=10, failed=6, skipped=4)
        with contextlib.redirect_stderr(io.StringIO()):
            counted = count_directory(Path(name))
        assert counted == expected, f"counted {counted}, not {expected}"


def main(arguments):
    if arguments[0] == "--check":
        run_check(Path(arguments[1]), arguments[2:])
        return 0
    if arguments[0] == "--self-check":
        self_check()
        return 0
    total = sum(map(count_directory, map(Path, arguments)), Counter())
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
