"""A skip fails in CI unless its reason is listed; elsewhere it stays a skip."""

from __future__ import annotations

import re

import pytest

TESTS = """
import pytest

def test_in_the_test():
    pytest.skip("no board at hand")

@pytest.mark.skip(reason="no board of 2027")
def test_by_mark():
    raise AssertionError

@pytest.fixture
def board():
    pytest.skip("no board on the table")

def test_in_a_fixture(board):
    raise AssertionError

@pytest.mark.xfail(reason="known", strict=True)
def test_known():
    raise AssertionError

def test_right():
    pass
"""
FILE = """
import pytest

pytest.skip("no board for a whole file", allow_module_level=True)
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with skips of every kind, run with the plugin in CI."""
    pytester.makepyfile(test_some=TESTS, test_whole=FILE)
    monkeypatch.setenv("CI", "true")
    return pytester


def run(suite: pytest.Pytester, *options: str) -> pytest.RunResult:
    return suite.runpytest_inprocess("-p", "support.skips", "-p", "no:cacheprovider", *options)


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "workers"])
def test_a_skip_fails_in_ci(suite: pytest.Pytester, options: tuple[str, ...]) -> None:
    result = run(suite, "--continue-on-collection-errors", *options)
    result.assert_outcomes(passed=1, failed=1, errors=3, xfailed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    where = re.escape("(CI skips only for the ALLOWED_SKIPS of tests/support/skips.py)")
    for reason in ("at hand", "of 2027", "on the table", "for a whole file"):
        result.stdout.re_match_lines_random([rf"Skipped: no board {reason} {where}$"])


def test_a_listed_reason_skips(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("support.skips.ALLOWED_SKIPS", (r"^Skipped: no board (at|on|for)\b", r"of \d{4}$"))
    result = run(suite)
    result.assert_outcomes(passed=1, skipped=4, xfailed=1)
    assert result.ret == pytest.ExitCode.OK


@pytest.mark.parametrize("value", [None, ""])
def test_elsewhere_nothing_changes(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv("CI") if value is None else monkeypatch.setenv("CI", value)
    result = run(suite)
    result.assert_outcomes(passed=1, skipped=4, xfailed=1)
    assert result.ret == pytest.ExitCode.OK


def test_this_suite_uses_it(request: pytest.FixtureRequest) -> None:
    assert request.config.pluginmanager.has_plugin("support.skips")
