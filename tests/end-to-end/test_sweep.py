"""netlab sweep: CSV, JSON and figures."""

import csv
import io
import json
import xml.etree.ElementTree

import pytest

from running import netlab

SVG = "{http://www.w3.org/2000/svg}"
QUICK = ["sweep", "arq", "--loss", "0,5,20%", "--delay", "5ms", "--packets", "300"]


def test_one_line_per_point(tmp_path):
    done = netlab(*QUICK, cwd=tmp_path)
    assert done.status == 0 and done.err == "", done
    rows = list(csv.DictReader(io.StringIO(done.out.decode())))
    assert [row["strategy"] for row in rows[::3]] == ["stop-and-wait", "go-back-n", "selective-repeat"]
    assert [row["loss"] for row in rows[:3]] == ["0", "0.05", "0.2"]
    at_20 = [int(row["measured"]) for row in rows[2::3]]
    assert at_20 == sorted(at_20) and at_20[0] > 0
    for row in rows:
        assert 0.5 < int(row["measured"]) / int(row["formula"]) < 1.2, row
    assert netlab(*QUICK, cwd=tmp_path).out == done.out
    assert netlab(*QUICK, "--seed", 2, cwd=tmp_path).out != done.out
    points = [json.loads(line) for line in netlab(*QUICK, "--json", cwd=tmp_path).out.splitlines()]
    assert [point["measured"] for point in points] == [int(row["measured"]) for row in rows]


def test_losses_of_up_to_90_percent():
    done = netlab("sweep", "arq", "--loss", "80,85,90%", "--packets", "300")
    assert done.status == 0 and done.err == "", done
    rows = list(csv.DictReader(io.StringIO(done.out.decode())))
    assert len(rows) == 9 and all(int(row["measured"]) > 0 for row in rows), rows


def test_points_that_fail_are_reported_and_left_out(tmp_path):
    # No handshake succeeds: a token is valid for 15 s.
    slow = ["sweep", "arq", "--loss", "0,5,20%", "--delay", "20s", "-o", "figure.svg"]
    done = netlab(*slow, cwd=tmp_path)
    assert done.status == 1 and done.err.count("\n") == 1, done
    assert "given up: stop-and-wait at 0%, stop-and-wait at 5%," in done.err
    rows = list(csv.DictReader(io.StringIO(done.out.decode())))
    assert len(rows) == 9 and all(row["measured"] == "" and int(row["formula"]) > 0 for row in rows), rows
    curves = xml.etree.ElementTree.parse(tmp_path / "figure.svg").getroot().findall(SVG + "polyline")
    assert [len(curve.get("points").split()) for curve in curves] == [3, 0] * 3
    done = netlab(*slow, "--json", cwd=tmp_path)
    points = [json.loads(line) for line in done.out.splitlines()]
    assert points.pop()["event"] == "error"
    assert len(points) == 9 and not any("measured" in point for point in points)


def test_figure(tmp_path):
    assert netlab(*QUICK, "-o", "figure.svg", cwd=tmp_path).status == 0
    figure = xml.etree.ElementTree.parse(tmp_path / "figure.svg").getroot()
    assert figure.tag == SVG + "svg"
    curves = figure.findall(SVG + "polyline")
    assert len(curves) == 6  # three strategies, measured and calculated
    for curve in curves:
        coordinates = points_of(curve)
        assert len(coordinates) == 3
        assert all(0 <= x <= float(figure.get("width")) and 0 <= y <= float(figure.get("height"))
                   for x, y in coordinates)
    texts = [text.text for text in figure.iter(SVG + "text")]
    assert {"stop-and-wait", "go-back-n", "selective-repeat", "packets lost, %"} <= set(texts)


def make_figure(directory, *words):
    assert netlab("sweep", "arq", "--packets", "100", *words, "-o", "figure.svg", cwd=directory).status == 0
    return xml.etree.ElementTree.parse(directory / "figure.svg").getroot()


def points_of(curve):
    return [tuple(map(float, place.split(","))) for place in curve.get("points").split()]


@pytest.mark.parametrize("words", [[], ["--rate", "900K"], ["--window", "1"], ["--loss", "0,90%"]])
def test_legend_overlaps_nothing(words, tmp_path):
    figure = make_figure(tmp_path, *words)
    lowest = max(y for curve in figure.findall(SVG + "polyline") for _, y in points_of(curve))
    texts = [(text.text, float(text.get("x")), float(text.get("y"))) for text in figure.iter(SVG + "text")]
    legend = [text for text in texts if text[0].startswith(("stop", "go-", "selective", "dashed"))]
    assert len(legend) == 4
    for text, x, y in legend:
        assert lowest + 12 < y < float(figure.get("height")), text
        assert all(abs(y - other) >= 12 for _, _, other in texts if other != y), text
    ends = [x + 7 * len(text) for text, x, _ in legend]
    begins = [x for _, x, _ in legend][1:] + [float(figure.get("width"))]
    assert all(end < begin for end, begin in zip(ends, begins))
    assert len({y for *_, y in legend}) == 1 and len([1 for *_, y in texts if y == legend[0][2]]) == 4


def test_curves_are_sorted_by_loss(tmp_path):
    figure = make_figure(tmp_path, "--loss", "20,0,5%")
    for curve in figure.findall(SVG + "polyline"):
        xs = [x for x, _ in points_of(curve)]
        assert len(xs) == 3 and xs == sorted(xs)


@pytest.mark.parametrize("words, why", [
    (["--loss", "x"], "--loss: 'x%' must be a percentage"), (["--loss", "1,,2"], "--loss: '%' must be a percentage"),
    (["--loss", "95%"], "almost no packet"), (["--delay", "3"], "--delay: '3' must be a time"),
    (["--packets", "0"], "must be a whole number from 1"), (["--window", "0"], "must be a whole number from 1")])
def test_invalid_options(words, why):
    done = netlab("sweep", "arq", *words)
    assert done.status == 2 and why in done.err and done.out == b"", done


def test_unwritable_figure():
    done = netlab(*QUICK, "-o", "/nonexistent/figure.svg")
    assert done.status == 1 and "open /nonexistent: No such file" in done.err, done
