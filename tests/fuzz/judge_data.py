"""Are the frames of a data file read right, or refused?"""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.reference.data_file import Data, load_data
from bnngen.reference.network import Network
from tests.fuzz.data_files import networks
from tests.fuzz.guard import guarded
from tests.fuzz.verdict import Verdict

MOST_CHECKED = 64
"""Elements that are rounded here too."""
ROUNDINGS: dict[str, Callable[[Fraction], int]] = {"half_even": round, "sign": lambda v: 1 if v >= 0 else -1}


def judge_data(contents: bytes) -> Verdict:
    """What bnngen makes of a data file, for each of the networks: the worst of it, or what it accepts."""
    found = [_judged(contents, network) for network in networks()]
    return next((v for v in found if v.fault), next((v for v in found if v.accepted), found[0]))


def _judged(contents: bytes, network: Network) -> Verdict:
    answer = guarded(lambda: _answer(contents, network))
    if isinstance(answer, Verdict):
        return answer
    data, _ = answer
    try:
        with np.load(io.BytesIO(contents), allow_pickle=False) as file:
            arrays = {name: file[name] for name in ("x", "codes", "y", "x_scale") if name in file.files}
    except Exception as error:
        return Verdict("unevaluated", type(error).__name__, str(error))
    problem = _problem(data, arrays, network)
    return Verdict("wrong", problem) if problem else Verdict("agrees")


def _answer(contents: bytes, network: Network) -> tuple[Data, NDArray[np.int64]]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "data.npz"
        path.write_bytes(contents)
        data = load_data(path, network)
    return data, network.classes(network.run(data.codes))


def _problem(data: Data, arrays: dict[str, NDArray[Any]], network: Network) -> str:
    """What is not as the file says, or nothing."""
    codes = data.codes.reshape(len(data.codes), -1)
    if "y" in arrays and (data.labels is None or data.labels.tolist() != arrays["y"].tolist()):
        return "labels"
    if "codes" in arrays:
        wanted = arrays["codes"].reshape(len(codes), -1)
        return "" if codes.tolist() == wanted.tolist() else "codes"
    x = np.moveaxis(arrays["x"], 1, -1).reshape(len(codes), -1)
    scale = float(arrays["x_scale"].reshape(-1)[0]) if "x_scale" in arrays else None
    for at in np.linspace(0, codes.size - 1, min(codes.size, MOST_CHECKED)).astype(int):
        if int(codes.reshape(-1)[at]) != _code(x.reshape(-1)[at], scale, network):
            return "quantised"
    return ""


def _code(x: Any, scale: float | None, network: Network) -> int:
    """The code of one element of the first channel: all have the same quantiser."""
    quantizer = network.quantizer
    if scale is not None:
        value = Fraction(float(x) * scale)
    else:
        value = Fraction(*x.as_integer_ratio()) if x.dtype.kind == "f" else Fraction(int(x))
    (mul,), (add,) = quantizer.mul, quantizer.add
    code = ROUNDINGS[quantizer.rounding](value * mul.fraction() + add.fraction())
    return min(max(code, quantizer.type.lo), quantizer.type.hi)
