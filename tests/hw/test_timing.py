"""queue(): the recurrence it stands for."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bnngen_hw.timing import queue

JOBS = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 5)), min_size=1, max_size=20)


@given(jobs=JOBS)
def test_each_job_waits_for_the_one_before(jobs: list[tuple[int, int]]) -> None:
    t, service = np.array(jobs).T
    wanted = [t[0]]
    for there, distance in zip(t[1:], service[:-1], strict=True):
        wanted.append(max(there, wanted[-1] + distance))
    assert queue(t, service[:-1]).tolist() == wanted


def test_one_number_serves_all() -> None:
    assert queue(np.array([3, 0, 0, 20])).tolist() == [3, 4, 5, 20]
    assert queue(np.array([3, 0, 0, 20]), 4).tolist() == [3, 7, 11, 20]
