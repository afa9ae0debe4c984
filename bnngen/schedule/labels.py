"""The exact choice of one row for each of several tables, by labels: all sums that may still become the best.

A label is what the tables so far add up to. It is dropped if what is left can't but exceed the limits, or if
another label is nowhere greater. A sum so low that whatever is left can't bring it above its limit is raised
to that height: labels that differ only there are then alike, so a limit that nothing comes near costs no
time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
MOST_SUMS, MOST_LABELS = 200_000, 2000
"""So many sums of labels and rows are looked at together at most, and so many labels kept of them: a second
of work."""


class TooManyLabelsError(Exception):
    """There are more labels than should be looked at."""


def cheapest(tables: Sequence[Integers], limits: Integers) -> list[int] | None:
    """The number of one row of each of ``tables`` (rows, 1 + limits): of the least sum of the first column
    whose other sums are within ``limits``; None if there is no such choice. Of several such choices the first
    rows. The numbers are not negative.

    Raises TooManyLabelsError.
    """
    if not all(map(len, tables)):
        return None
    order = sorted(range(len(tables)), key=lambda k: len(tables[k]))[::-1]
    chosen = _chosen([tables[k] for k in order], limits)
    return None if chosen is None else [row for _, row in sorted(zip(order, chosen, strict=True))]


def _chosen(tables: Sequence[Integers], limits: Integers) -> list[int] | None:
    least, most = _rest(tables, np.min), _rest(tables, np.max)
    labels = np.zeros((1, 1 + len(limits)), np.int64)
    steps: list[tuple[NDArray[Any], NDArray[Any]]] = []
    for table, low, high in zip(tables, least, most, strict=True):
        if len(labels) * len(table) > MOST_SUMS:
            raise TooManyLabelsError
        sums = (labels[:, None] + table).reshape(-1, table.shape[1])
        (fitting,) = np.nonzero((sums[:, 1:] + low[1:] <= limits).all(axis=1))
        sums = sums[fitting]
        np.maximum(sums[:, 1:], limits - high[1:], out=sums[:, 1:])
        kept = undominated(sums)
        labels = sums[kept]
        steps.append(np.divmod(fitting[kept], len(table)))
    return _followed(steps) if len(labels) else None


def _rest(tables: Sequence[Integers], end: Any) -> list[Integers]:
    """For each table the least, or the greatest, sums of those behind it."""
    ends = np.array([end(table, axis=0) for table in tables])
    return list(ends[::-1].cumsum(axis=0)[::-1] - ends)


def _followed(steps: Sequence[tuple[NDArray[Any], NDArray[Any]]]) -> list[int]:
    """The rows of the first label, which is the cheapest, from the first table on."""
    rows, label = [], 0
    for labels, chosen in reversed(steps):
        rows.append(int(chosen[label]))
        label = int(labels[label])
    return rows[::-1]


def undominated(points: Integers) -> NDArray[np.intp]:
    """The numbers of the ``points`` (points, columns) that no other is nowhere greater than, the lexically
    least first; of equal ones the first. Raises TooManyLabelsError for more than `MOST_LABELS`."""
    if not len(points):
        return np.zeros(0, np.intp)
    points = points[:, points.min(axis=0) < points.max(axis=0)]
    columns = points.shape[1]
    if columns == 0:
        return np.zeros(1, np.intp)
    order = np.lexsort(points.T[::-1])
    points = points[order]
    if columns == 1:
        return order[:1]
    if columns == 2:
        last = points[:, 1]
        lower: NDArray[np.bool_] = last[1:] < np.minimum.accumulate(last)[:-1]
        return np.compress(np.append(True, lower), order)
    kept: list[np.intp] = []
    while len(order):
        if len(kept) == MOST_LABELS:
            raise TooManyLabelsError
        kept.append(order[0])
        better = (points < points[0]).any(axis=1)
        points, order = points[better], order[better]
    return np.array(kept)
