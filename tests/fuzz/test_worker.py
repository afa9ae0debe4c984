from __future__ import annotations

import os
import time
from collections.abc import Iterator

import numpy as np
import pytest

from tests.fuzz.guard import guarded
from tests.fuzz.verdict import Verdict
from tests.fuzz.worker import Worker

TOO_MUCH = 3 << 30


def misbehaving(kind: str, contents: bytes) -> Verdict:
    """Does what ``kind`` says."""
    if kind == "exit":
        os._exit(3)
    if kind == "silent":
        time.sleep(1e6)
    if kind == "hang":
        return _hanging()
    if kind == "memory":
        return _outcome(guarded(lambda: Verdict("agrees", str(np.ones(TOO_MUCH, np.uint8)[-1]))))
    return Verdict("agrees", contents.decode())


def _hanging() -> Verdict:
    def endless() -> Verdict:
        while True:
            pass

    return guarded(endless, seconds=0.2)


def _outcome(verdict: Verdict) -> Verdict:
    return Verdict(verdict.kind, verdict.detail)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker(misbehaving, patience=10) as worker:
        yield worker


@pytest.mark.parametrize(
    ("kind", "verdict", "detail"),
    [
        ("exit", "died", "exit status 3"),
        ("memory", "memory", "nowhere"),
        ("hang", "hang", "nowhere"),
        ("silent", "hang", "in C"),
    ],
)
def test_what_misbehaves_is_found_and_does_not_last(
    kind: str, verdict: str, detail: str, worker: Worker
) -> None:
    assert worker.judge(kind, b"").signature == (verdict, detail)
    assert worker.judge("fine", b"next").detail == "next"
