"""What ``bnngen inspect --trace`` prints."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.box import SIMPLE_HEAD

from bnngen.cli.console import NO, Table, console, errors, marked, table_of, write_json
from bnngen.reports.trace import ChannelRecord, LevelRecord, TraceRecord, record_of_trace, traced_levels

MOST_LEVELS, MOST_WEIGHTS = 16, 12
"""Of a channel, so many are shown at most."""
LONGEST, LONG = 40, "in the JSON"
"""Characters of an exact number on the screen, and what stands for a longer one."""


def print_trace(model: Path, layer: str, channel: int | None, json: Path | None) -> None:
    """Trace a layer. Ends the command with status 1 if the table is not what the file's operators come to."""
    from bnngen.passes.trace_file import trace_file

    record = record_of_trace(*trace_file(model, layer, None if channel is None else [channel]))
    write_json(json, record.to_dict())
    if str(json) != "-":
        _print(record)
    if wrong := sum(found.wrong for found in record.channels):
        reason = f"{wrong} sums give another code by the table than by the file's operators; please report it"
        errors.print(marked("the answer is no:", reason), soft_wrap=True)
        raise typer.Exit(NO)


def _print(record: TraceRecord) -> None:
    console.print(f"layer '{record.layer}': {record.operator}", soft_wrap=True)
    weights = f", weights {record.weight_type}" if record.weight_type else ""
    console.print(f"inputs {record.input_type}{weights}, codes {record.output_type}")
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("layer", overflow="fold")
    table.add_column("operator of the file", overflow="fold")
    for channel in record.channels:
        table.add_column(f"channel {channel.channel}")
    before = ""
    for number, operator in enumerate(record.channels[0].operators):
        does = [channel.operators[number].does for channel in record.channels]
        new = operator.layer != before
        text = operator.operator if new and operator.layer != record.layer else ""
        table.add_row(operator.layer if new else "", text, *does)
        before = operator.layer
    console.print(table)
    for channel in record.channels:
        _print_channel(channel)


def _print_channel(channel: ChannelRecord) -> None:
    console.print(f"channel {channel.channel}:", style="bold")
    if channel.weights:
        few = " ".join(f"{w:d}" for w in channel.weights[:MOST_WEIGHTS])
        others = len(channel.weights) - MOST_WEIGHTS
        console.print(f"  weights {few}" + (f" and {others} more" if others > 0 else ""))
    lo, hi = channel.range
    console.print(
        f"  sums from {lo:,} to {hi:,}; real output = sum * {channel.mul.value} + {channel.add.value}"
    )
    turned = [
        text
        for turned, text in (
            (channel.negated, "the weights have changed their sign, so that the codes rise with the sums"),
            (channel.inverted, "the count of the thresholds is turned round"),
        )
        if turned
    ]
    for text in turned:
        console.print(f"  {text}")
    levels = channel.levels
    half = MOST_LEVELS // 2
    rows = levels if len(levels) <= MOST_LEVELS else [*levels[:half], *levels[-half:]]
    shown = [_short(level) for level in rows]
    columns = [c for c in traced_levels(channel) if c.heading != "exactly" or any(map(_is_exact, shown))]
    table = table_of(columns, shown, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.columns[0].min_width = 4
    console.print(table)
    if len(levels) > MOST_LEVELS:
        console.print(f"  {len(levels) - MOST_LEVELS} levels between them are in the JSON")
    verdict = "all as the table has it" if not channel.wrong else f"{channel.wrong} NOT as the table has it"
    console.print(f"  checked: {channel.checked} sums through the operators of the file, {verdict}")


def _is_exact(level: LevelRecord) -> bool:
    return level.sums is not None and level.sums.exact != LONG


def _short(level: LevelRecord) -> LevelRecord:
    """The level with an exact number that fits the screen."""
    if level.sums is None or len(level.sums.exact) <= LONGEST:
        return level
    number = level.sums.model_copy(update={"exact": LONG})
    return level.model_copy(update={"sums": number})
