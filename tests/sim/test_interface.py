"""interface.json and the packing of elements into beats, against a bit-by-bit reference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import DTypeLike, NDArray

from bnngen_sim import Interface, InterfaceError, Quantize, StreamFormat

BYTES = StreamFormat(5, 2, 8, True, "int", 24, "NC")
CONTRACT = {
    "input": {
        "elements_per_frame": 784,
        "elements_per_beat": 16,
        "bits": 1,
        "signed": True,
        "encoding": "bipolar",
        "tdata_bits": 16,
        "order": "NHWC",
    },
    "output": {
        "elements_per_frame": 1,
        "elements_per_beat": 1,
        "bits": 4,
        "signed": False,
        "encoding": "int",
        "tdata_bits": 8,
        "order": "NC",
    },
    "class_index": True,
    "quantize": {"mul": "1/1", "add": ["-1/2", "3"], "rounding": "sign", "lo": -1, "hi": 1},
}


@st.composite
def streams(draw: st.DrawFn) -> StreamFormat:
    bipolar = draw(st.booleans())
    bits = 1 if bipolar else draw(st.integers(1, 63))
    per_beat = draw(st.integers(1, 9))
    return StreamFormat(
        elements_per_frame=draw(st.integers(1, 20)),
        elements_per_beat=per_beat,
        bits=bits,
        signed=draw(st.booleans()),
        encoding="bipolar" if bipolar else "int",
        tdata_bits=8 * (-(-per_beat * bits // 8) + draw(st.integers(0, 2))),
        order="NHWC",
    )


def random_frames(stream: StreamFormat, count: int, seed: int) -> NDArray[np.int64]:
    rng = np.random.default_rng(seed)
    shape = (count, stream.elements_per_frame)
    if stream.encoding == "bipolar":
        return rng.choice([-1, 1], shape)
    values = rng.integers(stream.lo, stream.hi, shape, endpoint=True)
    return np.where(rng.random(shape) < 0.2, rng.choice([stream.lo, stream.hi], shape), values)


def reference_pack(stream: StreamFormat, frame: list[int]) -> list[bytes]:
    beats = []
    for start in range(0, len(frame), stream.elements_per_beat):
        word = 0
        for lane, value in enumerate(frame[start : start + stream.elements_per_beat]):
            code = int(value > 0) if stream.encoding == "bipolar" else value
            for bit in range(stream.bits):
                word |= (code >> bit & 1) << (lane * stream.bits + bit)
        beats.append(word.to_bytes(stream.tdata_bits // 8, "little"))
    return beats


@settings(max_examples=150, deadline=None)
@given(stream=streams(), count=st.integers(0, 4), seed=st.integers(0, 2**32))
def test_pack_is_the_reference_and_unpack_its_inverse(stream: StreamFormat, count: int, seed: int) -> None:
    frames = random_frames(stream, count, seed)
    beats = stream.pack(frames)
    assert beats.shape == (count, stream.beats_per_frame, stream.bytes_per_beat)
    for frame, packed in zip(frames.tolist(), beats, strict=True):
        assert [beat.tobytes() for beat in packed] == reference_pack(stream, frame)
    assert np.array_equal(stream.unpack(beats), frames)


@settings(max_examples=100, deadline=None)
@given(stream=streams(), seed=st.integers(0, 2**32), data=st.data())
def test_unpack_refuses_every_pad_bit(stream: StreamFormat, seed: int, data: st.DataObject) -> None:
    beats = stream.pack(random_frames(stream, 2, seed))
    used = stream.elements_per_beat * stream.bits
    beat = data.draw(st.integers(0, stream.beats_per_frame - 1))
    bit = data.draw(st.integers(0, stream.tdata_bits - 1))
    beats[1, beat, bit // 8] |= 1 << bit % 8
    carries = bit < used and beat * used + bit < stream.elements_per_frame * stream.bits
    if carries:
        stream.unpack(beats)
    else:
        with pytest.raises(InterfaceError, match=r"^frame 1: bits that carry no element must be zero$"):
            stream.unpack(beats)


def test_pack_works_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = random_frames(BYTES, 50, 1)
    whole = BYTES.pack(frames)
    monkeypatch.setattr("bnngen_sim.stream_format._BITS_AT_ONCE", 7 * 3 * 24)
    assert np.array_equal(BYTES.pack(frames), whole)
    assert np.array_equal(BYTES.unpack(whole), frames)
    whole[30, 0, 2] = 1
    with pytest.raises(InterfaceError, match=r"^frame 30: "):
        BYTES.unpack(whole)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint64, np.int64])
def test_pack_takes_every_integer_type(dtype: DTypeLike) -> None:
    frames = np.array([[0, 1, 2, 3, 127]], dtype)
    assert BYTES.pack(frames).tolist() == [[[0, 1, 0], [2, 3, 0], [127, 0, 0]]]


@pytest.mark.parametrize(
    ("value", "dtype"), [(128, np.int64), (-129, np.int64), (128, np.uint8), (2**64 - 1, np.uint64)]
)
def test_pack_refuses_what_does_not_fit(value: int, dtype: DTypeLike) -> None:
    frames = np.array([[0, 1, 2, 3, value]], dtype)
    with pytest.raises(
        InterfaceError, match=f"^a value of this stream must be from -128 to 127, not {value}$"
    ):
        BYTES.pack(frames)


def test_pack_refuses_zero_in_a_bipolar_stream() -> None:
    stream = StreamFormat(2, 2, 1, True, "bipolar", 8, "NC")
    with pytest.raises(InterfaceError, match=r"must be -1 or \+1, not 0$"):
        stream.pack(np.array([[1, 0]]))


@pytest.mark.parametrize(
    "frames", [np.zeros((1, 4), int), np.zeros(5, int), np.zeros((1, 5)), np.zeros((1, 5), bool)]
)
def test_pack_refuses_other_shapes_and_types(frames: NDArray[Any]) -> None:
    with pytest.raises(InterfaceError, match=r"^frames must be integers of shape \(N, 5\), not "):
        BYTES.pack(frames)


@pytest.mark.parametrize("shape", [(1, 2, 3), (1, 3, 2), (3, 3)])
def test_unpack_refuses_other_shapes(shape: tuple[int, ...]) -> None:
    with pytest.raises(
        InterfaceError, match=r"^beats must be uint8 of shape \(N, 3, 3\), not uint8 of shape"
    ):
        BYTES.unpack(np.zeros(shape, np.uint8))


def test_json_has_the_public_keys() -> None:
    interface = Interface.from_json(json.dumps(CONTRACT))
    assert json.loads(interface.to_json()) == CONTRACT
    assert Interface.from_json(interface.to_json()) == interface
    assert interface.quantize.add == ("-1/2", "3")
    assert interface.input.beats_per_frame == 49


def test_load_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "interface.json"
    with pytest.raises(InterfaceError, match=r"interface\.json: cannot be read"):
        Interface.load(path)
    path.write_text("{")
    with pytest.raises(InterfaceError, match=r"interface\.json: it is not JSON"):
        Interface.load(path)
    path.write_text(json.dumps(CONTRACT).replace("784", "NaN"))
    with pytest.raises(InterfaceError, match=r"interface\.json: it holds NaN, which is no number"):
        Interface.load(path)
    with pytest.raises(InterfaceError, match=r"cannot be read: Is a directory"):
        Interface.load(tmp_path)
    path.write_text(json.dumps(CONTRACT))
    assert Interface.load(path) == Interface.from_json(json.dumps(CONTRACT))


@pytest.mark.parametrize(
    ("where", "key", "value", "message"),
    [
        ("input", "bits", 2, "input: bits must be 1 for a bipolar element, not 2"),
        ("output", "bits", "4", "output: bits must be an integer, not '4'"),
        ("output", "bits", True, "output: bits must be an integer, not True"),
        ("output", "bits", 64, "output: bits must be at most 63, not 64"),
        ("output", "bits", None, "output: bits must be an integer, not None"),
        (
            "output",
            "elements_per_frame",
            10**30,
            f"output: elements_per_frame must be at most 2147483648, not {10**30}",
        ),
        ("output", "tdata_bits", 1 << 25, "output: tdata_bits must be at most 16777216, not 33554432"),
        ("output", "order", "x" * 500, r"output: order must be one of NHWC, NLC, NC, not 'x{79}\.\.\."),
        ("output", "encoding", [], r"output: encoding must be one of int, bipolar, not \[\]"),
        ("output", "signed", 0, "output: signed must be true or false, not 0"),
        ("output", "elements_per_beat", 0, "output: elements_per_beat must be at least 1, not 0"),
        ("output", "encoding", "float", "output: encoding must be one of int, bipolar, not 'float'"),
        ("output", "order", "NCHW", "output: order must be one of NHWC, NLC, NC, not 'NCHW'"),
        ("input", "tdata_bits", 17, "input: tdata_bits must be a multiple of 8 and at least 16, not 17"),
        ("input", "tdata_bits", 8, "input: tdata_bits must be a multiple of 8 and at least 16, not 8"),
        ("output", "elements_per_frame", 2, "output: elements_per_frame must be 1 for a class index, not 2"),
        (None, "class_index", 1, "class_index must be true or false, not 1"),
        (None, "input", [], r"input: must be an object, not \[\]"),
        ("quantize", "rounding", "even", "quantize: rounding must be one of half_even, .*, not 'even'"),
        (
            "quantize",
            "mul",
            0.5,
            'quantize: mul must be a rational as text like "1/255", or a list .*, not 0.5',
        ),
        ("quantize", "mul", "1/0", "quantize: mul must be a rational .*, not '1/0'"),
        ("quantize", "mul", "\u0663/2", "quantize: mul must be a rational .*, not '\u0663/2'"),
        ("quantize", "mul", [], r"quantize: mul must be a rational .*, not \[\]"),
        ("quantize", "mul", ["1"] * 3, r"quantize: mul and add must be lists of one length, not \[3, 2\]"),
        ("quantize", "lo", 1.0, "quantize: lo must be an integer, not 1.0"),
        ("quantize", "lo", 2, "quantize: lo must be at most hi = 1, not 2"),
        ("quantize", "hi", 2, r"quantize: lo and hi must be within the input's range -1 to 1, not \(-1, 2\)"),
        ("input", "width", 3, "input: unknown key 'width'; the keys are elements_per_frame, .*"),
    ],
)
def test_from_json_says_what_is_wrong(where: str | None, key: str, value: Any, message: str) -> None:
    data = json.loads(json.dumps(CONTRACT))
    (data[where] if where else data)[key] = value
    with pytest.raises(InterfaceError, match=f"^{message}$"):
        Interface.from_json(json.dumps(data))


@pytest.mark.parametrize("where", [None, "input", "output", "quantize"])
def test_from_json_says_what_is_missing(where: str | None) -> None:
    keys = list(CONTRACT[where] if where else CONTRACT)  # type: ignore[call-overload]
    for key in keys:
        data = json.loads(json.dumps(CONTRACT))
        del (data[where] if where else data)[key]
        prefix = f"{where}: " if where else ""
        with pytest.raises(InterfaceError, match=f"^{prefix}key '{key}' is missing$"):
            Interface.from_json(json.dumps(data))


def test_quantize_takes_lists_as_tuples() -> None:
    assert Quantize(["1/3"], "0", "floor", 0, 1) == Quantize(("1/3",), "0", "floor", 0, 1)  # type: ignore[arg-type]


def test_bad_data_is_exit_status_2() -> None:
    assert InterfaceError.exit_status == 2
