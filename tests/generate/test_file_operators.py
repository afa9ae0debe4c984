"""The pages on model files have every reader, its reasons, and every remedy."""

from __future__ import annotations

import re

from bnngen.frontend.readers import readers
from bnngen.frontend.remedies import REMEDIES
from docs.generate.file_operators import file_operators_page, refusals_of, remedies_page

PAGE = file_operators_page()


def section(name: str) -> str:
    return PAGE.split(f"### {name}\n")[1].split("\n##")[0]


def test_every_reader_is_there() -> None:
    headings = re.findall(r"^### (\w+)$", PAGE, re.MULTILINE)
    assert set(headings) == {operator for _, operator in readers()}
    for domain in {domain for domain, _ in readers() if domain not in ("", "ai.onnx")}:
        assert domain in " ".join(re.findall(r"^## .*$", PAGE, re.MULTILINE))


def test_an_operator_of_onnx() -> None:
    text = section("Conv")
    assert "over one or two axes" in text
    assert "- Versions: 1, 11, 22" in text
    assert "`X`, `W`, `B` (may be missing)" in text
    assert "`auto_pad` (text)" in text


def test_an_operator_of_qonnx() -> None:
    assert "- Inputs: at most 4\n- Attributes: `signed` (whole number), `narrow`" in section("Quant")


def test_reasons_come_from_the_reader_and_what_it_calls() -> None:
    assert "has a scale of 0" in section("Quant")
    reasons = refusals_of(readers()["", "Conv"].handler)
    assert "has pads `...` for `...` axes; accepted are `...` numbers" in reasons
    assert any("takes a constant as its weights" in reason for reason in reasons)


def test_every_remedy_is_there() -> None:
    text = remedies_page()
    for (domain, operator), remedy in REMEDIES.items():
        rows = [
            row for row in text.splitlines() if row.startswith(f"| `{domain}` |" if domain else "| ONNX |")
        ]
        named = [row for row in rows if f"`{operator}`" in row] if operator else rows
        assert any(remedy.because[:20].replace("_", r"\_") in row for row in named), (domain, operator)
    assert all(row.count(" | ") == 3 for row in text.splitlines() if row.startswith("| "))
