"""``python -m tests.zoo``: judges every kind by every exporter, and writes docs/kinds.md, which takes a quarter of an hour.

With words behind it only the kinds whose names hold one of them are judged anew.
"""

from __future__ import annotations

import sys
import time

import torch

from tests.zoo.kinds import KINDS
from tests.zoo.table import PAGE, cell, cells, committed, page


def main(words: list[str]) -> int:
    """1 if a network was read wrongly."""
    torch.set_num_threads(1)
    table, wrong = committed() if words else {}, 0
    for name, column in cells():
        if words and not any(word in name for word in words):
            continue
        start = time.monotonic()
        try:
            found = table[name, column] = cell(KINDS[name], column)
        except Exception as error:  # go on: the list of all is what helps
            wrong += 1
            print(f"{name} | {column} | WRONG {type(error).__name__} {error}", flush=True)
            continue
        text = (
            "exact" if found.reason is None else ("not written: " if found.unwritten else "") + found.reason
        )
        print(f"{name} | {column} | {time.monotonic() - start:.1f} s | {text}", flush=True)
    if not wrong:
        PAGE.write_text(page(table), encoding="utf-8")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
