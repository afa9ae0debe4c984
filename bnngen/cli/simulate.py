"""``bnngen simulate``: a built design's Verilog against the golden model."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bnngen.cli.console import answer_no, console, percent, progress_bar, warn, write_json
from bnngen.cli.options import BuildFolder, DataFile, Frames, JsonFile, OutputFile

if TYPE_CHECKING:
    from bnngen.reports.records import SimulationRecord

Stall = Annotated[
    float,
    typer.Option(min=0.0, max=0.99, metavar="P", help="Probability of a gap and of backpressure, a cycle."),
]
Netlist = Annotated[
    bool, typer.Option("--netlist", help="Run what synthesis made of the Verilog, in cells of the device.")
]
Routed = Annotated[
    bool, typer.Option("--routed", help="Run what place and route made of it, over the board's serial line.")
]
Seed = Annotated[int, typer.Option(help="Chooses where the stalls are.")]


def command(
    folder: BuildFolder,
    data: DataFile,
    frames: Frames = None,
    stall: Stall = 0.0,
    seed: Seed = 0,
    netlist: Netlist = False,
    routed: Routed = False,
    out: OutputFile = None,
    json: JsonFile = None,
) -> None:
    """Run the Verilog, or a netlist, in Verilator, and compare every output with the golden model."""
    from bnngen.base.owned import keep_inputs
    from bnngen.reference.data_file import load_data
    from bnngen.reference.output_file import write_outputs
    from bnngen.reports.results import SimulateRecord
    from bnngen.toolflow.kept_model import kept_model
    from bnngen.toolflow.netlist import netlist_folder
    from bnngen.toolflow.routed import routed_folder
    from bnngen.toolflow.simulation import compare, simulate_frames

    if netlist and routed:
        raise typer.BadParameter("--netlist and --routed are two netlists: choose one")
    keep_inputs({"--out": out, "--json": json}, folder, data)
    network, predicted = kept_model(folder)
    loaded = load_data(data, network).first(frames)
    what = "routed netlist" if routed else "netlist" if netlist else "Verilog"
    source: AbstractContextManager[Path] = nullcontext(folder / "rtl")
    if netlist or routed:
        source = routed_folder(folder) if routed else netlist_folder(folder)
    with source as rtl, progress_bar(f"simulating the {what}") as moved:
        result = simulate_frames(rtl, loaded, stall=stall, seed=seed, progress=moved)
    figures, warnings = compare(network, loaded, result, None if routed else predicted)
    warn(warnings)
    if out is not None:
        write_outputs(out, network, result.outputs)
    report = SimulateRecord(
        **figures.to_dict(), warnings=warnings, stall=stall, seed=seed, netlist=netlist, routed=routed
    )
    write_json(json, report.to_dict())
    if str(json) != "-":
        _print(figures)
    if figures.mismatches or figures.as_predicted is False:
        answer_no(f"the {what} does not do what was predicted")


def _print(figures: SimulationRecord) -> None:
    rate = f"{figures.cycles_per_second:,.0f} a second"
    speed = f"{figures.cycles:,} cycles in {figures.wall_s:.2f} s ({rate})"
    console.print(f"{figures.frames:,} frames, {figures.mismatches:,} mismatches; {speed}")
    if figures.as_predicted is not None:
        per_frame = figures.cycles_per_frame
        measured = "" if per_frame is None else f"{per_frame:,} cycles a frame, "
        console.print(f"{measured}latency {figures.latency_cycles:,} cycles")
    if figures.correct is not None:
        right = percent(figures.correct, figures.frames)
        console.print(f"{figures.correct:,} of {figures.frames:,} correct ({right})")
