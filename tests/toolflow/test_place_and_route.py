"""Place and route of a small accelerator, for real; and of one that does not fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bnngen.base.cache import caching
from bnngen.base.errors import FitError, ToolError
from bnngen.toolflow.place_and_route import PnrResult, place_and_route
from bnngen.toolflow.synthesis import synthesize
from bnngen.toolflow.toolchain import Tool
from bnngen_boards.profile import load_board
from tests.toolflow.conftest import StandIn, Synthesized

FILES = {
    "icebreaker": ["icepack.log", "nextpnr-ice40.log", "report.json", "routed.json", "top.asc", "top.bin"],
    "ulx3s_85f": ["ecppack.log", "nextpnr-ecp5.log", "report.json", "routed.json", "top.bit", "top.config"],
}
Routed = Callable[[str], tuple[PnrResult, list[str]]]
MAGIC = {"icebreaker": bytes.fromhex("7eaa997e"), "ulx3s_85f": bytes.fromhex("bdb3")}


@pytest.fixture(scope="session")
def routed(synthesized: Synthesized, tmp_path_factory: pytest.TempPathFactory) -> Routed:
    """The small accelerator placed and routed for a board, done once, and the progress it told."""

    @cache
    def result(name: str) -> tuple[PnrResult, list[str]]:
        said: list[str] = []
        out = tmp_path_factory.mktemp(name) / "pnr"
        return place_and_route(synthesized(name), load_board(name), out, said.append), said

    return result


@pytest.mark.parametrize("name", list(FILES))
class TestResult:
    def test_bitstream(self, routed: Routed, name: str) -> None:
        result, _ = routed(name)
        assert sorted(path.name for path in result.bitstream.parent.iterdir()) == FILES[name]
        assert MAGIC[name] in result.bitstream.read_bytes()[:200]

    def test_clock(self, routed: Routed, synthesized: Synthesized, name: str) -> None:
        result, _ = routed(name)
        assert result.met
        assert synthesized(name).clock_mhz < result.fmax_mhz < 400
        report = json.loads((result.bitstream.parent / "report.json").read_text(encoding="utf-8"))
        assert result.fmax_mhz in [clock["achieved"] for clock in report["fmax"].values()]

    def test_every_constraint_is_used(self, routed: Routed, name: str) -> None:
        result, _ = routed(name)
        log = (result.bitstream.parent / FILES[name][1]).read_text(encoding="utf-8")
        assert "ignoring clock constraint" not in log

    def test_utilization(self, routed: Routed, synthesized: Synthesized, name: str) -> None:
        result, _ = routed(name)
        ram = "ICESTORM_RAM" if name == "icebreaker" else "DP16KD"
        assert result.utilization[ram] == (synthesized(name).bram, load_board(name).resources.bram.blocks)

    def test_tool_and_progress(self, routed: Routed, name: str) -> None:
        result, said = routed(name)
        assert "nextpnr" in result.tool
        assert said[0].startswith("nextpnr-")


def test_same_netlist_gives_the_same_bitstream(
    routed: Routed, synthesized: Synthesized, tmp_path: Path
) -> None:
    first, _ = routed("icebreaker")
    with caching(False):
        second = place_and_route(synthesized("icebreaker"), load_board("icebreaker"), tmp_path)
    assert not second.cached
    assert first.bitstream.read_bytes() == second.bitstream.read_bytes()
    assert first.fmax_mhz == second.fmax_mhz


def test_a_second_run_comes_from_the_cache(
    routed: Routed, synthesized: Synthesized, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = routed("icebreaker")
    said: list[str] = []
    monkeypatch.setattr(Tool, "run", None)
    second = place_and_route(synthesized("icebreaker"), load_board("icebreaker"), tmp_path, said.append)
    assert said == ["nextpnr-ice40: nothing has changed, the bitstream comes from the cache"]
    changed: dict[str, Any] = {"cached": first.cached, "wall_s": first.wall_s, "bitstream": first.bitstream}
    assert second.cached
    assert replace(second, **changed) == first
    for name in FILES["icebreaker"]:
        assert (tmp_path / name).read_bytes() == (first.bitstream.parent / name).read_bytes()


def test_unmet_clock_is_a_result(small_accelerator: StandIn, tmp_path: Path) -> None:
    board = load_board("icebreaker")
    synthesis = synthesize(small_accelerator.rtl, small_accelerator.interface, board, 132, tmp_path / "synth")
    for _ in range(2):  # an answer that is no is not kept
        result = place_and_route(synthesis, board, tmp_path / "pnr")
        assert not result.cached
    assert not result.met
    assert result.fmax_mhz < 132
    assert result.bitstream.exists()


def test_too_many_block_rams(make_stand_in: Callable[..., StandIn], tmp_path: Path) -> None:
    """33 engines need a block RAM each, and the device has 30."""
    board = load_board("icebreaker")
    large = make_stand_in(tmp_path / "rtl", pe=33, simd=8, steps=1, folds=64)
    synthesis = synthesize(large.rtl, large.interface, board, 30, tmp_path / "synth")
    message = r"^the design does not fit icebreaker \(iCE40UP5K\): it needs 3[34] of 30 ICESTORM_RAM: "
    with pytest.raises(FitError, match=message):
        place_and_route(synthesis, board, tmp_path / "pnr")
    assert FitError.exit_status == 1
    assert [path.name for path in (tmp_path / "pnr").iterdir()] == ["nextpnr-ice40.log"]


def test_other_failures_show_the_tools_own_words(synthesized: Synthesized, tmp_path: Path) -> None:
    synthesis = synthesized("icebreaker")
    folder = tmp_path / "synth"
    folder.mkdir()
    for path in synthesis.folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "top.json").write_text("{}")
    with pytest.raises(ToolError, match=r"^nextpnr-ice40 failed \(exit status"):
        place_and_route(replace(synthesis, folder=folder), load_board("icebreaker"), tmp_path / "pnr")
