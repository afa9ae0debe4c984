"""Place and route of one netlist for an ECP5 with both of nextpnr's placers: seconds, and the clock."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from pathlib import Path

from bench import Row, Settings, Table, benchmark
from bench_engine import reached_mhz
from bench_finn import random_network

import bnngen
from bnngen.toolflow.synthesis import BUILD_PLAN, NETLIST, constraints_of
from bnngen.toolflow.toolchain import TOOLS
from bnngen_boards.profile import load_board

BOARD, SIZES, FPS = "ulx3s_85f", (784, 64, 64, 64, 10), 1_000_000
BASELINE = "heap"


@benchmark("placers", slow=True)
def placers(settings: Settings) -> list[Table]:
    """A dense network of TFC's size, once with nextpnr's own choice and once with ours."""
    design = bnngen.compile(random_network(SIZES), BOARD, fps=FPS)
    ours = load_board(BOARD).routing.placer
    with tempfile.TemporaryDirectory() as out:
        synthesis = design.build(out, until="synth").report.synthesis
        assert synthesis is not None
        routed = {placer: _route(Path(out, "synth"), placer) for placer in (BASELINE, ours)}
    table = Table(f"{synthesis.lut:,} LUTs on {BOARD}, placed and routed", BASELINE)
    seconds, mhz = routed[BASELINE]
    for placer, (own_seconds, own_mhz) in routed.items():
        table.rows += [
            Row(f"{placer}: place and route", own_seconds, "s", own_seconds / seconds),
            Row(f"{placer}: clock", own_mhz, "MHz", own_mhz / mhz),
        ]
    return [table]


def _route(synth: Path, placer: str) -> tuple[float, float]:
    """Seconds, and the clock that is reached, with the build's own commands but for the placer."""
    board = load_board(BOARD)
    _, (_, *arguments), _ = json.loads((synth / BUILD_PLAN).read_text(encoding="utf-8"))["commands"]
    arguments[arguments.index("--placer") + 1] = placer
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in (NETLIST, constraints_of(board)):
            shutil.copyfile(synth / file, folder / file)
        start = time.perf_counter()
        TOOLS[board.routing.router.name].run(arguments, folder, folder / "log")
        return time.perf_counter() - start, reached_mhz(folder)
