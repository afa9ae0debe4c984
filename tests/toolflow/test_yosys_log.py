"""What is kept of a log."""

from __future__ import annotations

from bnngen.toolflow.yosys_log import LINES_A_PASS, PassFilter

MANY = [f"removing wire {n}\n" for n in range(100)]


def kept(*lines: str) -> list[str]:
    keep = PassFilter()
    return ("".join(map(keep, lines)) + keep.end()).splitlines(keepends=True)


def test_a_pass_keeps_its_first_lines() -> None:
    first, second = "2.1. Executing OPT_CLEAN pass (remove unused cells).\n", "2.2. Executing PROC pass.\n"
    gap = f"[{100 - LINES_A_PASS} lines left out]\n"
    assert kept(first, *MANY, second, "done\n") == [first, *MANY[:LINES_A_PASS], gap, second, "done\n"]


def test_statistics_and_checks_are_whole() -> None:
    for heading in ("9. Printing statistics.\n", "8. Executing CHECK pass (checking for problems).\n"):
        assert kept(heading, *MANY) == [heading, *MANY]


def test_warnings_and_errors_stay() -> None:
    warning, error = "Warning: wire a has no driver\n", "top.v:3: ERROR: syntax error\n"
    lines = kept("1. Executing Verilog-2005 frontend: top.v\n", *MANY, warning, *MANY, error)
    assert [line for line in lines if line in (warning, error)] == [warning, error]
    assert "[100 lines left out]\n" in lines
    assert "frame_error\n" not in kept(*MANY, "frame_error\n", *MANY)


def test_the_last_lines_stay() -> None:
    lines = kept("1. Executing ABC pass.\n", *MANY, "terminate called\n")
    assert lines[-1] == "terminate called\n"
    assert len(lines) == 2 * LINES_A_PASS + 2
    gap = 101 - 2 * LINES_A_PASS
    assert f"[{gap} lines left out]\n" in lines
