"""Reads DATA.npz files: real inputs or integer codes, and class labels if there are any."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import DataError
from bnngen.base.npz import Npz
from bnngen.reference.input_codes import encode, encode_integers
from bnngen.reference.network import Network


@dataclass(frozen=True, eq=False)
class Data:
    """Frames for one network: ``codes`` (N, ...) in stream order, of any integer type; ``labels`` (N,
    *class_shape) or None; ``x`` (N, *model_shape), the real inputs that they were made of, or None, to be
    multiplied by ``scale``. ``typical``: whether they are what the network is made for."""

    codes: NDArray[np.integer]
    labels: NDArray[np.int64] | None
    x: NDArray[Any] | None = None
    scale: float = 1.0
    typical: bool = True

    def first(self, frames: int | None) -> Data:
        """The first ``frames`` frames, or all of them."""
        labels, x = (None if part is None else part[:frames] for part in (self.labels, self.x))
        return replace(self, codes=self.codes[:frames], labels=labels, x=x)


def load_data(path: str | Path, network: Network) -> Data:
    """The frames of the file ``path`` as integer codes for ``network``, one or more.

    Raises DataError if the file can't be read, lacks both ``x`` and ``codes``, or doesn't suit the network.
    """
    arrays = Npz(Path(path))
    where = f"'{path}'"
    if ("x" in arrays) == ("codes" in arrays):
        raise DataError(f"{where} must have either x (real inputs) or codes (integers), not {arrays.names}")
    x, scale = arrays.get("x"), arrays.get("x_scale")
    if x is None:
        codes = _checked_codes(arrays["codes"], network, where)
    else:
        codes = quantize(x, network, scale, where)
    labels = _labels(arrays["y"], (len(codes), *network.class_shape), where) if "y" in arrays else None
    return Data(_some(codes, where), labels, x, 1.0 if scale is None else _scale(scale, where))


def quantize(
    x: NDArray[Any], network: Network, x_scale: NDArray[Any] | None = None, where: str = "x"
) -> NDArray[np.integer]:
    """Real inputs (N, ...) in the model's own layout, times the optional ``x_scale``, as integer codes.

    The codes are of the shortest type that holds the network's input. The product with ``x_scale`` is the
    float64 product. ``where`` names the array in messages.
    Raises DataError for a wrong shape or type, NaN and infinity.
    """
    x = real_inputs(np.asarray(x), where, network)
    scale = None if x_scale is None else _scale(np.asarray(x_scale), where)
    if x.dtype.kind in "iu":
        codes = encode_integers(network.streamed(x), network.quantizer, scale)
        if codes is not None:
            return codes
    if scale is not None:
        x = _scaled(x, scale, where)
    return encode(network.streamed(x), network.quantizer)


def calibration_inputs(path: str | Path) -> NDArray[Any]:
    """The real inputs in the file ``path``, (N, ...), one frame or more, to measure ranges on.

    Raises DataError as `load_data`.
    """
    arrays, where = Npz(Path(path)), f"'{path}'"
    if "x" not in arrays:
        raise DataError(f"{where} must have x, real inputs (N, ...), to calibrate on, not {arrays.names}")
    x = real_inputs(arrays["x"], where)
    if "x_scale" in arrays:
        x = _scaled(x, _scale(arrays["x_scale"], where), where)
    return _some(x, where)


def real_inputs(x: NDArray[Any], where: str, network: Network | None = None) -> NDArray[Any]:
    """``x`` checked to be frames of finite real numbers, as integers or floats of at most 64 bits: (N, ...),
    of the shape that ``network`` takes.

    Raises DataError; ``where`` names the file.
    """
    if x.dtype.kind not in "biuf":
        raise DataError(f"{where}: x must hold real numbers, not {x.dtype}")
    if x.ndim < 2 or (network is not None and x.shape[1:] != network.model_shape):
        wanted = "..." if network is None else _text(network.model_shape)
        hint = _layout_hint(x, network) if network is not None and x.ndim else ""
        raise DataError(f"{where}: x has shape {x.shape}, but the model takes (N, {wanted}){hint}")
    _check_finite(x, where)
    if x.dtype.itemsize > 8:
        narrowed = x.astype(np.float64)
        if not np.array_equal(narrowed, x):
            raise DataError(f"{where}: x holds {x.dtype} numbers that float64 can't; save it as float64")
        return narrowed
    return x.view(np.uint8) if x.dtype == bool else x


def _scaled(x: NDArray[Any], scale: float, where: str) -> NDArray[np.float64]:
    """The float64 product."""
    with np.errstate(over="ignore"):  # infinity is refused
        product: NDArray[np.float64] = x.astype(np.float64) * scale
    _check_finite(product, where)
    return product


def _some(frames: NDArray[Any], where: str) -> NDArray[Any]:
    if not len(frames):
        raise DataError(f"{where} holds no frames: its arrays are 0 long")
    return frames


def _check_finite(x: NDArray[Any], where: str) -> None:
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        position = _first(~np.isfinite(x))
        raise DataError(f"{where}: x holds {x[position]} at {position}; accepted are finite numbers only")


def _checked_codes(codes: NDArray[Any], network: Network, where: str) -> NDArray[np.integer]:
    if codes.dtype.kind not in "iu":
        raise DataError(f"{where}: codes must be integers, not {codes.dtype}")
    if codes.ndim < 2 or codes.shape[1:] not in (network.input_shape, (network.elements_in,)):
        wanted = _text(network.input_shape)
        raise DataError(f"{where}: codes have shape {codes.shape}, but the accelerator takes (N, {wanted})")
    type_ = network.quantizer.type
    outside = ~type_.holding(codes)  # of any type of integers: a cast comes after the check
    if outside.any():
        position = _first(outside)
        raise DataError(
            f"{where}: codes hold {codes[position]} at {position}, outside the input's type, {type_}"
        )
    return codes.astype(np.int64).reshape(-1, *network.input_shape)


def _labels(y: NDArray[Any], shape: tuple[int, ...], where: str) -> NDArray[np.int64]:
    if y.shape != shape or y.dtype.kind not in "iu":
        hint = _label_hint(y, shape[0]) if len(shape) == 1 else ""
        raise DataError(
            f"{where}: y must be {math.prod(shape)} class labels of shape {shape}, integers, not "
            f"{y.dtype} of "
            f"shape {y.shape}{hint}"
        )
    if y.size and int(y.max()) > np.iinfo(np.int64).max:
        raise DataError(
            f"{where}: y holds {y.max()} at {_first(y == y.max())}; a label is the index of a class"
        )
    return y.astype(np.int64)


def _label_hint(y: NDArray[Any], frames: int) -> str:
    if y.shape == (frames, 1):
        return "; save y.reshape(-1)"
    if y.ndim == 2 and len(y) == frames:
        return "; if it is one-hot, save y.argmax(axis=1)"
    return "; save y.astype(int)" if y.shape == (frames,) else ""


def _scale(value: NDArray[Any], where: str) -> float:
    if value.size != 1 or value.dtype.kind not in "iuf":
        raise DataError(
            f"{where}: x_scale must be one number, not {value.dtype} of shape {value.shape}: save the "
            "product as x"
        )
    with np.errstate(over="ignore"):
        scale = float(value.reshape(-1)[0])
    if not math.isfinite(scale) or not scale:
        raise DataError(f"{where}: x_scale must be a finite number other than 0, not {value.reshape(-1)[0]}")
    return scale


def _first(mask: NDArray[np.bool_]) -> tuple[int, ...]:
    """Where the first True of ``mask`` is."""
    return tuple(int(i) for i in np.unravel_index(int(mask.argmax()), mask.shape))


def _layout_hint(x: NDArray[Any], network: Network) -> str:
    if x.shape[1:] == network.input_shape and x.ndim > 2:
        return "; move the channels to the front: np.moveaxis(x, -1, 1)"
    if x[:1].size == network.elements_in:
        return f"; reshape it: x.reshape(-1, {_text(network.model_shape)})"
    return ""


def _text(shape: tuple[int, ...]) -> str:
    return ", ".join(str(d) for d in shape)
