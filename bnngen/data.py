"""Reads DATA.npz files: real inputs or integer codes, and class labels if there are any."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bnngen.encode import encode, encode_integers
from bnngen.errors import DataError
from bnngen.network import Network


@dataclass(frozen=True, eq=False)
class Data:
    """Frames for one network: ``codes`` (N, ...) in stream order, of any integer type; ``labels`` (N,) or
    None."""

    codes: NDArray[np.integer]
    labels: NDArray[np.int64] | None

    def first(self, frames: int | None) -> Data:
        """The first ``frames`` frames, or all of them."""
        return Data(self.codes[:frames], None if self.labels is None else self.labels[:frames])


def load_data(path: str | Path, network: Network) -> Data:
    """The frames of the file ``path`` as integer codes for ``network``.

    Raises DataError if the file can't be read, lacks both ``x`` and ``codes``, or doesn't suit the network.
    """
    arrays = read_arrays(Path(path))
    where = f"'{path}'"
    if ("x" in arrays) == ("codes" in arrays):
        raise DataError(f"{where} must have either x (real inputs) or codes (integers), not {sorted(arrays)}")
    if "codes" in arrays:
        codes = _checked_codes(arrays["codes"], network, where)
    else:
        codes = quantize(arrays["x"], network, arrays.get("x_scale"), where)
    return Data(codes, _labels(arrays.get("y"), len(codes), where))


def quantize(
    x: NDArray, network: Network, x_scale: NDArray | None = None, where: str = "x"
) -> NDArray[np.integer]:
    """Real inputs (N, ...) in the model's own layout, times the optional ``x_scale``, as integer codes.

    The codes are of the shortest type that holds the network's input. The product with ``x_scale`` is the
    float64 product. ``where`` names the array in messages.
    Raises DataError for a wrong shape or type, NaN and infinity.
    """
    x = np.asarray(x)
    if x.dtype.kind not in "biuf":
        raise DataError(f"{where}: x must hold real numbers, not {x.dtype}")
    if x.shape[1:] != network.model_shape or x.ndim < 2:
        raise DataError(
            f"{where}: x has shape {x.shape}, but the model takes (N, {_text(network.model_shape)})"
            f"{_layout_hint(x, network)}"
        )
    scale = None if x_scale is None else _scalar(x_scale, where)
    if x.dtype == bool:
        x = x.view(np.uint8)
    if x.dtype.kind in "iu":
        codes = encode_integers(network.streamed(x), network.quantizer, scale)
        if codes is not None:
            return codes
    if scale is not None:
        with np.errstate(over="ignore"):  # infinity is refused below
            x = x.astype(np.float64) * scale
    _check_finite(x, where)
    return encode(network.streamed(x), network.quantizer)


def _check_finite(x: NDArray, where: str) -> None:
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        position = tuple(int(i) for i in np.argwhere(~np.isfinite(x))[0])
        raise DataError(f"{where}: x holds {x[position]} at {position}; accepted are finite numbers only")


def read_arrays(path: Path) -> dict[str, NDArray]:
    """All arrays of an NPZ file. Raises DataError if it can't be read or is none."""
    try:
        with path.open("rb") as file:
            arrays = np.load(file, allow_pickle=False)
            if isinstance(arrays, np.ndarray):
                hint = "save it as x in an .npz file: np.savez(path, x=x)"
                raise DataError(f"'{path}' is a single array; {hint}")
            return {name: arrays[name] for name in arrays.files}
    except OSError as error:
        raise DataError(f"can't read the data '{path}': {error.strerror or error}") from error
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"'{path}' is not a whole .npz file of plain arrays: {error}") from error


def _checked_codes(codes: NDArray, network: Network, where: str) -> NDArray[np.integer]:
    if codes.dtype.kind not in "iu":
        raise DataError(f"{where}: codes must be integers, not {codes.dtype}")
    if codes.shape[1:] not in (network.input_shape, (network.elements_in,)):
        wanted = _text(network.input_shape)
        raise DataError(f"{where}: codes have shape {codes.shape}, but the accelerator takes (N, {wanted})")
    codes = codes.astype(np.int64).reshape(-1, *network.input_shape)
    type_ = network.quantizer.type
    if not type_.holds(codes):
        raise DataError(f"{where}: codes hold values outside the input's type, {type_}")
    return codes


def _labels(y: NDArray | None, frames: int, where: str) -> NDArray[np.int64] | None:
    if y is None:
        return None
    if y.shape != (frames,) or y.dtype.kind not in "iu":
        raise DataError(
            f"{where}: y must be {frames} class labels of shape ({frames},), not {y.dtype} {y.shape}"
        )
    return y.astype(np.int64)


def _scalar(value: NDArray, where: str) -> float:
    if value.size != 1 or value.dtype.kind not in "iuf" or not np.all(np.isfinite(value)):
        raise DataError(f"{where}: x_scale must be one finite number, not an array of shape {value.shape}")
    return float(value.reshape(-1)[0])


def _layout_hint(x: NDArray, network: Network) -> str:
    if x.shape[1:] == network.input_shape and x.ndim > 2:
        return "; move the channels to the front: np.moveaxis(x, -1, 1)"
    if x[:1].size == network.elements_in:
        return f"; reshape it: x.reshape(-1, {_text(network.model_shape)})"
    return ""


def _text(shape: tuple[int, ...]) -> str:
    return ", ".join(str(d) for d in shape)
