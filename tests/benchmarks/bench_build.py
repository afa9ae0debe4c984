"""From model file to bitstream: seconds with an empty and with a filled cache, and the frame rate that comes out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import DIGITS, Row, Settings, Table, benchmark

from bnngen.base.cache import cache_root

BOARD = "icebreaker"
COLD_S, WARM_S, LEAST_FPS = 120, 20, 100_000


@benchmark("build")
def build(settings: Settings) -> list[Table]:
    """One build with an empty cache of ours (the tools keep their own), and the same again."""
    model = (
        settings.shared / "models" / "tfc_1w1a_mnist.onnx" if settings.shared else DIGITS / "digits_1w1a.onnx"
    )
    with tempfile.TemporaryDirectory() as folder:
        cache = _empty_cache(Path(folder))
        seconds = [_build(model, Path(folder), cache) for _ in range(2)]
        report = json.loads(Path(folder, "out", "report.json").read_text(encoding="utf-8"))
    cold, warm = seconds
    pnr, synthesis, schedule = report["pnr"], report["synthesis"], report["schedule"]
    table = Table(f"{model.name} for {BOARD}, to the bitstream", "an empty cache")
    table.rows = [
        Row("empty cache", cold, "s", 1.0, f"< {COLD_S}", cold < COLD_S),
        Row("the same again", warm, "s", warm / cold, f"< {WARM_S}", warm < WARM_S),
        Row(
            "frames/s at the board's clock",
            pnr["fps"],
            "",
            None,
            f">= {LEAST_FPS:,}",
            pnr["fps"] >= LEAST_FPS,
        ),
        Row("Fmax", pnr["fmax_mhz"], "MHz", None, f">= {report['clock_mhz']:g}", pnr["met"]),
        Row("LUTs", synthesis["lut"], "", synthesis["lut"] / schedule["estimate"]["lut"]),
        Row("block RAMs", synthesis["bram"], "", synthesis["bram"] / schedule["estimate"]["bram"]),
    ]
    table.notes.append("the ratios of LUTs and block RAMs are to the estimate")
    return [table]


def _empty_cache(folder: Path) -> dict[str, str]:
    """An environment with a cache of its own, but for the machine code of WebAssembly tools."""
    for name in ("YoWASP", "wasmtime"):
        (cache_root().parent / name).mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(cache_root().parent / name)
    return {**os.environ, "XDG_CACHE_HOME": str(folder)}


def _build(model: Path, folder: Path, environment: dict[str, str]) -> float:
    command = [
        str(Path(sys.executable).parent / "bnngen"),
        "build",
        str(model),
        "--board",
        BOARD,
        "--out",
        str(folder / "out"),
    ]
    start = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - start
