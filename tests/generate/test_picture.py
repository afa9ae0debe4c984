"""The picture of a component is well-formed, and shows what goes in on the left and what comes out on the right."""

from __future__ import annotations

from xml.etree import ElementTree

from docs.generate.picture import picture
from docs.generate.ports import Port

SVG = "{http://www.w3.org/2000/svg}"
PORTS = [
    Port("i<k>", "in", "stream", "lanes * bits"),
    Port("push", "in", "signal", "1"),
    Port("o", "out", "stream", "bits"),
]


def test_every_port_is_drawn_on_its_side() -> None:
    root = ElementTree.fromstring(picture("Join", PORTS))
    middle = float(root.attrib["viewBox"].split()[2]) / 2
    places = {text.text: float(text.attrib["x"]) for text in root.iter(f"{SVG}text")}
    assert set(places) == {"Join", "i<k>", "lanes * bits", "push", "1", "o", "bits"}
    assert places["lanes * bits"] < places["i<k>"] < places["Join"] < places["o"] < places["bits"]
    assert 0 < places["1"] < middle


def test_streams_are_thick() -> None:
    root = ElementTree.fromstring(picture("Join", PORTS))
    strokes = [
        path.attrib["stroke-width"] for path in root.iter(f"{SVG}path") if "stroke-width" in path.attrib
    ]
    assert strokes == ["4", "1.2", "4"]


def test_a_picture_is_one_line_of_html() -> None:
    assert "\n" not in picture("Join", PORTS)
    assert "Join: in i&lt;k&gt; (stream, lanes * bits)" in picture("Join", PORTS)
