#!/usr/bin/python3
"""Counts the results of tests, from the files that they were written to.

count_results.py FOLDER...                      sums them up, as "N passed, N failed, N skipped"
count_results.py --check NAME FOLDER COMMAND... runs a command, and writes its outcome as one result

In a build folder these are meson-logs/testlog.junit.xml, of which the executables' own cases count and
of a pytest run only whether it wrote its results, and meson-logs/pytest-*.xml."""

import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path


def run_check(name, folder, command):
    failed = subprocess.run(command, stdin=subprocess.DEVNULL).returncode != 0
    suite = xml.Element("testsuite", name=name, tests="1", failures=str(int(failed)), errors="0",
                        skipped="0")
    path = Path(folder) / ("check-" + "".join(c if c.isalnum() else "-" for c in name) + ".xml")
    xml.ElementTree(suite).write(path)


def count_suite(suite):
    """(tests, failed, skipped) of one <testsuite>."""
    number = lambda key: int(suite.get(key) or 0)
    return number("tests"), number("failures") + number("errors"), number("skipped")


def count_file(path):
    root = xml.parse(path).getroot()
    # The top element's own figures are wrong in Meson 1.0: the suites inside it are right.
    suites = [root] if root.tag == "testsuite" else root.findall("testsuite")
    counts = [0, 0, 0]
    for suite in suites:
        if path.name == "testlog.junit.xml" and is_of_pytest(suite):
            counts[1] += count_lost_runs(suite, path.parent)
            continue
        counts = [sum(pair) for pair in zip(counts, count_suite(suite))]
    return counts


def is_of_pytest(suite):
    """Meson puts all tests that are no executables of GoogleTest into one suite, of the project."""
    return suite.get("name") == "netlab"


def count_lost_runs(suite, logs):
    """Runs of pytest that failed without a word on which test did: they crashed or took too long."""
    lost = 0
    for case in suite.findall("testcase"):
        if case.find("failure") is None and case.find("error") is None:
            continue
        result = logs / f"pytest-{case.get('name').split(' / ')[-1]}.xml"
        if not result.exists() or count_file(result)[1] == 0:
            lost += 1
    return lost


def main(arguments):
    if arguments[:1] == ["--check"]:
        run_check(arguments[1], arguments[2], arguments[3:])
        return 0
    total = [0, 0, 0]
    for folder in map(Path, arguments):
        files = sorted(folder.glob("check-*.xml")) + sorted(folder.glob("meson-logs/pytest-*.xml"))
        files += folder.glob("meson-logs/testlog.junit.xml")
        if not files:
            print(f"{folder}: no results", file=sys.stderr)
            total[1] += 1
        for path in files:
            total = [sum(pair) for pair in zip(total, count_file(path))]
    tests, failed, skipped = total
    print(f"{max(tests - failed - skipped, 0)} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or tests == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
