"""``bnngen convert``: any model that can be read, as a clean file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD

from bnngen.cli.console import console, table_of, write_json
from bnngen.cli.options import JsonFile, nonempty

if TYPE_CHECKING:
    from bnngen.reports.results import ConvertRecord

Source = Annotated[
    Path, typer.Argument(metavar="SOURCE", parser=nonempty, help="An ONNX file; weights may lie beside it.")
]
Out = Annotated[Path, typer.Option(metavar="MODEL.onnx", parser=nonempty, help="Where the clean file goes.")]
Input = Annotated[
    str | None,
    typer.Option(
        "--input",
        metavar="TYPE[:SCALE[,OFFSET]]",
        help="What the accelerator takes, if the file has no quantiser at its input: bipolar, uint8:1/255, "
        "int4:0.5,-1; value = code * scale + offset, in brackets one for each channel.",
    ),
]
SignOfZero = Annotated[
    str | None,
    typer.Option(
        metavar="plus|minus|zero",
        help="What a plain Sign gives at 0: +1, -1, or 0 as ONNX says (a ternary tensor, of two bits).",
    ),
]
CutAt = Annotated[
    str | None,
    typer.Option(
        metavar="NODE", help="The node or tensor at which the network ends: one of several outputs, say."
    ),
]


def command(
    source: Source,
    out: Out,
    input_: Input = None,
    sign_of_zero: SignOfZero = None,
    cut_at: CutAt = None,
    json: JsonFile = None,
) -> None:
    """Write a model as clean QONNX, which all other commands take, and say layer by layer what was read.

    Integers and real outputs are those of SOURCE, exactly. What SOURCE leaves open is chosen here.
    """
    from bnngen.base.files import write_bytes
    from bnngen.base.owned import keep_inputs
    from bnngen.convert.convert import convert
    from bnngen.frontend.choices import ImportChoices

    keep_inputs({"--out": out, "--json": json}, source)
    converted = convert(source, ImportChoices.of(input_, sign_of_zero, cut_at))
    keep_inputs({"--out": out, "--json": json}, source, *converted.beside)
    write_bytes(out, converted.contents)
    write_json(json, converted.record.to_dict())
    if str(json) != "-":
        _print(converted.record, out)


def _print(record: ConvertRecord, out: Path) -> None:
    from bnngen.reports.columns import CONVERTED

    title = f"input: {record.input}"
    caption = f"output: {record.output}"
    look = {"box": SIMPLE_HEAD, "padding": (0, 1, 0, 0)}
    table = table_of(CONVERTED, record.layers, title=title, caption=caption, **look)
    table.columns[0].min_width = 10
    for column in table.columns[1:]:  # words, which may break; of names any character may
        column.no_wrap, column.overflow = False, "fold"
    console.print(table)
    for name, value in record.choices.items():
        console.print(f"--{name.replace('_', '-')} {value}")
    console.print(f"written to {out}")
