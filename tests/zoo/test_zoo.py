"""Every kind of network by every exporter: what docs/kinds.md says of it holds.

The quick ones are each kind by one exporter, and some by the others; `make test-all` has all.
"""

from __future__ import annotations

import pytest
import torch

from tests.zoo.exporters import EXPORTERS
from tests.zoo.kinds import KINDS
from tests.zoo.table import COLUMNS, FROM_TORCH, PAGE, cell, cells, committed, kinds, page, plain

pytestmark = pytest.mark.train

EVERY = {FROM_TORCH: 4, "QCDQ, old": 3, "QOperator": 3}
"""Of how many kinds one is quick in these columns; the first column is always, those of torch.export are of 16."""


def _parameters() -> list[object]:
    numbers = {kind.name: number for number, kind in enumerate(kinds())}
    found: list[object] = []
    for name, column in cells():
        first = column == next(iter(EXPORTERS[KINDS[name].made_of]))
        quick = first or numbers[name] % EVERY.get(column, 16) == 0
        found.append(pytest.param(name, column, marks=() if quick else pytest.mark.slow))
    return found


@pytest.mark.parametrize(("name", "column"), _parameters())
def test_a_kind_by_an_exporter(name: str, column: str) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the networks are small, and other tests run beside this one
    try:
        found = cell(KINDS[name], column)
    finally:
        torch.set_num_threads(threads)
    said = committed()[name, column]
    assert plain(found) == said, (
        "write docs/kinds.md anew: python -m tests.zoo, with the kind's name behind it"
    )


def test_the_page_is_whole() -> None:
    table = committed()
    assert list(table) == cells()
    assert page(table) == PAGE.read_text(encoding="utf-8")


def test_there_are_enough_kinds() -> None:
    assert len(KINDS) >= 60
    assert all(sum(k.made_of == made_of for k in KINDS.values()) >= 12 for made_of in COLUMNS)
