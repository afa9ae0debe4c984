"""``bnngen golden``: the exact integers that the accelerator must make."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from bnngen.cli.console import console, percent, progress_bar, warn, write_json
from bnngen.cli.options import DataFile, Frames, JsonFile, Model, OutputFile

if TYPE_CHECKING:
    from bnngen.import_check.check import ImportCheck
    from bnngen.reference.data_file import Data
    from bnngen.reference.network import Network


CheckImport = Annotated[
    bool,
    typer.Option(
        "--check-import",
        help="Compare with the file itself, evaluated by onnx in double precision, for a few seconds.",
    ),
]


def command(
    model: Model,
    data: DataFile,
    out: OutputFile = None,
    json: JsonFile = None,
    frames: Frames = None,
    check_import: CheckImport = False,
) -> None:
    """Run the integer golden model on DATA; with labels, also its accuracy."""
    from bnngen.api import load
    from bnngen.base.owned import keep_inputs
    from bnngen.reference.data_file import load_data
    from bnngen.reference.output_file import write_outputs
    from bnngen.reports.records import ImportCheckRecord
    from bnngen.reports.results import GoldenRecord
    from bnngen.reports.second_look import Activity, at_a_run

    keep_inputs({"--out": out, "--json": json}, model, data)
    network = load(model)
    loaded = load_data(data, network).first(frames)
    activity = Activity()
    start = time.perf_counter()
    with progress_bar("golden model") as moved:
        y = network.run(loaded.codes, moved, watch=activity)
    seconds = time.perf_counter() - start
    classes = network.classes(y)
    if out is not None:
        write_outputs(out, network, y)
    correct = None if loaded.labels is None else int((classes == loaded.labels).sum())
    checked = _checked(network, loaded) if check_import else None
    warnings = at_a_run(network, loaded, y, activity)
    warn(warnings)
    report = GoldenRecord(
        frames=len(y),
        correct=correct,
        accuracy=None if correct is None or not len(y) else correct / classes.size,
        wall_s=seconds,
        import_check=None if checked is None else ImportCheckRecord(**checked.to_dict()),
        warnings=warnings,
    )
    write_json(json, report.to_dict())
    if str(json) != "-":
        console.print(f"{len(y):,} frames in {seconds:.2f} s")
        if correct is not None:
            console.print(f"{correct:,} of {classes.size:,} correct ({percent(correct, classes.size)})")
        if checked is not None:
            console.print(str(checked))
    if checked is not None:
        checked.require()


def _checked(network: Network, loaded: Data) -> ImportCheck:
    """Raises DataError if the data are codes, which the file itself does not take."""
    from bnngen.base.errors import DataError
    from bnngen.import_check.check import check_import

    if loaded.x is None:
        raise DataError("--check-import needs real inputs x: the file itself does not take codes")
    return check_import(network, loaded.x, loaded.scale)
