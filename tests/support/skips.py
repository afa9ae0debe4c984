"""In CI a skipped test fails, unless its reason is on one short list: a skip that nobody reads switches tests off.

Elsewhere a skip stays a skip. A plugin; tests/conftest.py names it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from typing import TypeVar

import pytest

ALLOWED_SKIPS: tuple[str, ...] = ()
"""The reasons for which CI may skip a test, as regular expressions; beside each, why CI can't run such tests."""

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def judged(report: Report) -> Report:
    """The report; in CI a failure in place of a skip for a reason that is not on the list.

    Skips of a whole file count too. An expected failure is no skip.
    """
    if not os.environ.get("CI") or not report.skipped or hasattr(report, "wasxfail"):
        return report
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not any(re.search(allowed, reason) for allowed in ALLOWED_SKIPS):
        report.outcome = "failed"
        report.longrepr = f"{reason} (CI skips only for the ALLOWED_SKIPS of tests/support/skips.py)"
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return judged((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return judged((yield))
