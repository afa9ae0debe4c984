"""What a generated program makes of the accelerator's integers: classes, exactly, and scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bnngen.ir.elementwise import Affine
from bnngen.numbers.datatypes import IntType
from bnngen.passes.scores_in_order import Comparison
from bnngen.reference.network import Host, Network, nearest_float

MOST_KEY = (1 << 62) - 1
"""Greater keys may not fit a program's integers."""
_PLAIN = Comparison((1,), 0, ())
"""Integers are ordered as they are."""


@dataclass(frozen=True)
class Decision:
    """Which class an answer is, and its scores.

    ``places`` classes are in an answer, 0 if there is none that integers can tell. Each is that of
    ``length`` outputs, which stand in a row, or, place after place, where ``members`` says: the first whose
    key, ``factors * output * 2**shift + offsets``, is greatest. Factors and offsets are one number, or one
    for each of the row. With ``given`` the outputs are the classes themselves, and the length is 1.

    Output k of the file stands at ``order[k]``, or at k if that is empty; its score is ``mul * output +
    add``, one number each or one for each channel, slowest first; ``function`` is what the file computes of
    the scores at its end, "Softmax" for instance, or nothing.
    """

    places: int
    length: int
    members: tuple[int, ...]
    given: bool
    factors: tuple[int, ...]
    shift: int
    offsets: tuple[int, ...]
    order: tuple[int, ...]
    mul: tuple[float, ...]
    add: tuple[float, ...]
    function: str


def decision_of(network: Network) -> Decision:
    """That of a ``network``."""
    host, given = network.host, network.layers[-1].op.gives_class
    order = np.arange(network.elements_out) if host.order is None else host.order
    rows = np.arange(network.elements_out)[:, None] if given else _rows(host, network.elements_out)
    compared = _PLAIN if given else _comparison(host, rows, network.output_type)
    mul, add = (tuple(nearest_float(v) for v in values) for values in (host.mul, host.add))
    known = compared or _PLAIN
    return Decision(
        places=len(rows) if compared else 0,
        length=rows.shape[1],
        members=_table(order[rows]),
        given=given,
        factors=_short(known.factors),
        shift=known.shift,
        offsets=_short(known.offsets or (0,)),
        order=_table(order),
        mul=mul,
        add=add,
        function="" if host.head is None else host.head.name,
    )


def _table(places: NDArray[np.int64]) -> tuple[int, ...]:
    """Nothing where they stand in a row."""
    flat = places.reshape(-1)
    return () if np.array_equal(flat, np.arange(len(flat))) else tuple(flat.tolist())


def _rows(host: Host, count: int) -> NDArray[np.int64]:
    """Which outputs of the file are compared with each other, (classes, length)."""
    return host.head.rows if host.head is not None and host.class_shape else np.arange(count)[None]


def _comparison(host: Host, rows: NDArray[np.int64], type_: IntType) -> Comparison | None:
    """How the outputs of each row are ordered; None where integers of 63 bits can't tell, or rows differ."""
    count = max(len(host.mul), len(host.add))
    mul, add = (np.resize(values, count) for values in (host.mul, host.add))  # one number is that of all
    channels = np.unique(rows * count // rows.size, axis=0)
    found = {Comparison.of(Affine(mul[row], add[row]), len(row)) for row in channels}
    compared = found.pop()
    if found or compared is None or _greatest(compared, type_) > MOST_KEY:
        return None
    return compared


def _greatest(compared: Comparison, type_: IntType) -> int:
    """No key is further from 0."""
    factor = max(map(abs, compared.factors))
    most = max(abs(type_.lo), abs(type_.hi))
    return (factor * most << compared.shift) + max(map(abs, compared.offsets), default=0)


def _short(values: tuple[int, ...]) -> tuple[int, ...]:
    """One number where all are the same."""
    return values[:1] if len(set(values)) == 1 else values
