"""From the trained digits network to a bitstream for the iCEBreaker, with bnngen's Python interface."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import bnngen
from bnngen.cli.summary import BuildScreen, print_build
from bnngen.reference.data_file import Data, load_data
from bnngen.reference.network import Network
from bnngen.toolflow.pipeline import BuildResult

HERE = Path(__file__).parent
MODEL = HERE / "digits_1w1a.onnx"
TEST_SET = HERE / "digits_test.npz"
BOARD = "icebreaker"


def main() -> int:
    """Run the demo; the exit status says whether everything held."""
    arguments = parse()
    network = bnngen.load(MODEL)
    data = load_data(TEST_SET, network)

    title(1, "the golden model: what the accelerator must answer, in exact integers")
    show_golden(network, data)

    title(2, f"fit, write Verilog, simulate the whole test set, place and route for {BOARD}")
    design = bnngen.compile(network, board=BOARD)
    with BuildScreen() as screen:
        result = design.build(arguments.out, until=arguments.until, data=data, watcher=screen)
    print_build(result, hint=True)

    title(3, "in short")
    print(summary(result))
    return 0 if result.holds else 1


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/digits"), help="where the results go")
    parser.add_argument("--until", default="bitstream", help="the last step (default: bitstream)")
    return parser.parse_args()


def title(number: int, text: str) -> None:
    print(f"\n{number}. {text}\n", flush=True)


def show_golden(network: Network, data: Data) -> None:
    """One test image as the accelerator sees it, its scores, and the accuracy on all of them."""
    assert data.labels is not None
    scores = network.run(data.codes)
    classes = network.classes(scores)
    print(picture(data.codes[0]))
    print(f"scores of the digits 0 to 9: {scores[0].tolist()}")
    print(f"so this is a {classes[0]} (the label says {data.labels[0]})")
    correct = int((classes == data.labels).sum())
    print(f"{correct} of {len(classes)} test images correct: {100 * correct / len(classes):.2f} %")


def picture(codes: NDArray[np.int64]) -> str:
    """64 pixels of -1 and +1 as eight lines of text."""
    rows = codes.reshape(8, 8)
    return "\n".join("  " + "".join("##" if pixel > 0 else ".." for pixel in row) for row in rows)


def summary(result: BuildResult) -> str:
    """What came out, for somebody who sees all of this for the first time."""
    report = result.report
    lines = []
    if report.simulation is not None:
        lines.append(
            f"The Verilog answered all {report.simulation.frames} test images, "
            f"{report.simulation.mismatches} of them differently from the golden model."
        )
    lines.append(
        f"One image takes {report.schedule.cycles_per_frame} clock cycles: "
        f"at {report.clock_mhz:g} MHz that is "
        f"{report.schedule.fps:,.0f} images a second, each answered after "
        f"{report.schedule.latency_cycles / report.clock_mhz:.1f} microseconds."
    )
    if report.pnr is not None:
        lines.append(
            f"The bitstream is {result.out / report.pnr.bitstream}: "
            f"it could run at {report.pnr.fmax_mhz:.1f} MHz. "
            f"To load it into the board: {shlex.join(['bnngen', 'flash', str(result.out)])}"
        )
    lines.append(f"Everything is in {result.out}; open report.html there in a browser.")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
