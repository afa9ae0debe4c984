"""``bnngen quantize``: from a trained float network to a quantised model file, without training."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.box import SIMPLE_HEAD

from bnngen.cli.console import console, percent, table_of, warn, write_json
from bnngen.cli.options import JsonFile, finite, nonempty
from bnngen.quantize.choices import ROUNDINGS, RULES

if TYPE_CHECKING:
    from bnngen.reports.results import QuantizeRecord

    Ranges = str
    Rounded = str
else:  # typer reads the names off the type
    Ranges = Literal[tuple(RULES)]
    Rounded = Literal[tuple(ROUNDINGS)]


class Per(StrEnum):
    """What has a scale of its own."""

    TENSOR = "tensor"
    CHANNEL = "channel"


Source = Annotated[
    Path,
    typer.Argument(
        metavar="MODEL", parser=nonempty, help="The folder of a float run of bnngen train, or an .onnx file."
    ),
]
Calibration = Annotated[
    Path | None,
    typer.Argument(
        metavar="[DATA.npz]",
        parser=nonempty,
        help="For a file: x, some hundred typical inputs; no labels needed.",
    ),
]
Out = Annotated[Path, typer.Option(metavar="Q.onnx", parser=nonempty, help="Where the quantised model goes.")]
Test = Annotated[
    Path | None,
    typer.Option(
        metavar="TEST.npz",
        parser=nonempty,
        help="For a file: other data, with labels, to measure accuracy on.",
    ),
]
Rule = Annotated[
    Ranges,
    typer.Option(help=f"How wide grids are: {RULES.described}."),
]
Rounding = Annotated[
    Rounded,
    typer.Option(help=f"How weights come to their grid: {ROUNDINGS.described}."),
]
Percentile = Annotated[
    float,
    typer.Option(min=50, max=100, help="With --ranges percentile: which share of the values counts, in %."),
]
PerWhat = Annotated[
    Per, typer.Option(help="Scales of weights: one for each output (channel), or one a layer.")
]
Budget = Annotated[
    float | None,
    typer.Option(
        metavar="KBIT",
        callback=finite,
        help="Size of all weights: each layer gets its bits from it, large ones fewer.",
    ),
]
Samples = Annotated[int, typer.Option(min=1, help="Calibrate on so many samples.")]
Correction = Annotated[
    bool, typer.Option("--bias-correction/--no-bias-correction", help="Take the mean error off each output.")
]
Norms = Annotated[bool, typer.Option("--norms/--no-norms", help="Measure the batch norms again.")]


def command(
    model: Source,
    out: Out,
    data: Calibration = None,
    weight_bits: Annotated[int, typer.Option(min=2, max=8, help="Of each weight: 2 is -1, 0, +1.")] = 8,
    act_bits: Annotated[int, typer.Option(min=2, max=8, help="Of each hidden activation.")] = 8,
    input_bits: Annotated[int, typer.Option(min=2, max=8, help="Of each input.")] = 8,
    ranges: Rule = "mse",
    percentile: Percentile = 99.9,
    rounding: Rounding = "compensated",
    per: PerWhat = Per.CHANNEL,
    budget: Budget = None,
    bias_correction: Correction = True,
    norms: Norms = True,
    samples: Samples = 512,
    test: Test = None,
    json: JsonFile = None,
) -> None:
    """Quantise a trained float network without training it (post-training quantization).

    8 bits cost next to nothing; below 4 bits, training with the quantisers (bnngen train) is worth its time.

    The folder of a run of bnngen train with weight_bits, act_bits and input_bits = 32 brings its data:
    training samples to calibrate on, others to measure the integer golden model's accuracy on.

    A float ONNX file (Gemm, MatMul, Conv, BatchNormalization, Relu, Clip, pools in a chain) needs DATA.npz.
    """
    from bnngen.base.errors import UsageError
    from bnngen.base.owned import keep_inputs
    from bnngen.train.extra import require_training

    if model.is_dir() and (data or test):
        raise UsageError(f"'{model}' is a folder, which brings its own data: leave out DATA.npz and --test")
    if not model.is_dir() and data is None:
        raise UsageError(f"'{model}' is no folder of a run; a model file needs DATA.npz to calibrate on")
    keep_inputs({"--out": out, "--json": json}, model, data, test)
    require_training()
    from bnngen.quantize.choices import Choices
    from bnngen.quantize.run import quantize_file, quantize_run

    choices = Choices(
        weight_bits,
        act_bits,
        input_bits,
        ranges,
        percentile,
        per is Per.CHANNEL,
        bias_correction,
        norms,
        None if budget is None else round(1000 * budget),
        rounding,
    )
    if data is None:
        report = quantize_run(model, out, choices, samples)
    else:
        report = quantize_file(model, data, out, choices, samples, test)
    warn(report.warnings)
    write_json(json, report.to_dict())
    if str(json) != "-":
        _print(report, out)


def _print(report: QuantizeRecord, out: Path) -> None:
    from bnngen.reports.columns import PRODUCTS

    console.print(table_of(PRODUCTS, report.layers, box=SIMPLE_HEAD, padding=(0, 1, 0, 0)))
    for part in ("validation", "test"):
        if (line := _accuracy(report, part)) is not None:
            console.print(line)
    console.print(f"{report.weight_bits / 1000:.1f} kbit of weights; written to {out}")


def _accuracy(report: QuantizeRecord, part: str) -> str | None:
    """What is known of one part of the data; None without labels."""
    keys = ("samples", "correct", "correct_in_float")
    count, correct, in_float = (getattr(report, f"{part}_{key}") for key in keys)
    if correct is None:
        return None
    line = f"golden model: {correct:,} of {count:,} {part} samples correct ({percent(correct, count)})"
    return line if in_float is None else f"{line}; in float {percent(in_float, count)}"
