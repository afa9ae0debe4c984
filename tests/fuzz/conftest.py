"""One process that judges, for all fuzz tests; how many mutants, and by which seeds."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fuzz.campaign import Campaign
from tests.fuzz.seeds import shared_folder
from tests.fuzz.tally import Tally
from tests.fuzz.worker import Worker

FAILURES = Path(os.environ.get("BNNGEN_FAILURES") or Path(__file__).with_name("failures"))
"""Where the smallest files go with which a fuzz test fails."""
FIXED_SEED = 20261130
"""Of the quick runs, so that they always find the same."""

Fuzz = Callable[..., Tally]


@pytest.fixture(scope="session")
def worker() -> Iterator[Worker]:
    with Worker() as worker:
        yield worker


@pytest.fixture
def fuzz(worker: Worker, record_property: Callable[[str, object], None]) -> Fuzz:
    """``fuzz(kind, count)`` judges mutants and fails at any fault; by $BNNGEN_FUZZ_SEED, or the fixed seed, or
    with ``fresh`` a new one. What was counted is printed at the end of the tests."""

    def check(kind: str, count: int, fresh: bool = False) -> Tally:
        given = os.environ.get("BNNGEN_FUZZ_SEED")
        seed = int(given) if given else secrets.randbits(32) if fresh else FIXED_SEED
        # the fixed seed gives the same mutants wherever the tests run
        shared = shared_folder() if fresh else None
        tally = Campaign(kind, seed, worker.judge, FAILURES, shared).run(count)
        text = f"{kind}, seed {seed}: {tally.text}"
        record_property("fuzz", text)
        assert not tally.faults, f"{text}\nthe files are in {FAILURES}: test_failures.py replays them"
        return tally

    return check
