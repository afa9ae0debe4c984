"""``bnngen golden``: the exact integers that the accelerator must make."""

from __future__ import annotations

import time

from bnngen.cli.console import console, percent, progress_bar, write_json
from bnngen.cli.options import DataFile, Frames, JsonFile, Model, OutputFile


def command(
    model: Model, data: DataFile, out: OutputFile = None, json: JsonFile = None, frames: Frames = None
) -> None:
    """Run the integer golden model on DATA; with labels, also its accuracy."""
    from bnngen.api import load
    from bnngen.data import load_data
    from bnngen.outputs import write_outputs

    network = load(model)
    loaded = load_data(data, network).first(frames)
    start = time.perf_counter()
    with progress_bar("golden model") as moved:
        y = network.run(loaded.codes, moved)
    seconds = time.perf_counter() - start
    classes = network.classes(y)
    if out is not None:
        write_outputs(out, network, y)
    correct = None if loaded.labels is None else int((classes == loaded.labels).sum())
    figures = {
        "frames": len(y),
        "correct": correct,
        "accuracy": None if correct is None or not len(y) else correct / len(y),
        "wall_s": seconds,
    }
    write_json(json, figures)
    if str(json) != "-":
        console.print(f"{len(y):,} frames in {seconds:.2f} s")
        if correct is not None:
            console.print(f"{correct:,} of {len(y):,} correct ({percent(correct, len(y))})")
