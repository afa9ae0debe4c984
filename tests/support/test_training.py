"""Files of tests that need torch aren't opened where the call leaves them out, and fail aloud where it doesn't."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.training import is_for_training

MARKED = """
import pytest
import no_such_package

pytestmark = pytest.mark.train

def test_network():
    assert no_such_package
"""
PLAIN = """
import pytest

def test_plain():
    pass

@pytest.mark.train
def test_marked():
    import no_such_package

def test_forgotten():
    import no_such_package
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """Tests that need a package that isn't there: a whole file, and two of three in another."""
    pytester.makeini("[pytest]\nmarkers = train: needs torch")
    pytester.makepyfile(test_marked=MARKED, test_plain=PLAIN)
    return pytester


def run(suite: pytest.Pytester, expression: str) -> pytest.RunResult:
    return suite.runpytest_inprocess("-p", "support.training", "-p", "no:cacheprovider", "-m", expression)


def test_a_call_that_leaves_training_out(suite: pytest.Pytester) -> None:
    """Only what forgot the marker fails."""
    result = run(suite, "not slow and not train")
    result.assert_outcomes(passed=1, failed=1, deselected=1)
    result.stdout.fnmatch_lines(["FAILED test_plain.py::test_forgotten - ModuleNotFoundError*"])


@pytest.mark.parametrize("expression", ["train", "not slow", ""])
def test_a_call_that_asks_for_training(suite: pytest.Pytester, expression: str) -> None:
    result = run(suite, expression)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["E   ModuleNotFoundError: No module named 'no_such_package'", "ERROR test_marked.py*"]
    )


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("pytestmark = pytest.mark.train\n", True),
        ("pytestmark = [pytest.mark.slow, pytest.mark.train]\n", True),
        ("pytestmark = pytest.mark.trainer\n", False),
        ("# pytestmark = pytest.mark.train\n", False),
        ('TEXT = """\npytestmark = pytest.mark.train\n"""\n', False),
        ("@pytest.mark.train\ndef test_it(): pass\n", False),
    ],
)
def test_marked_files(tmp_path: Path, text: str, marked: bool) -> None:
    path = tmp_path / "test_it.py"
    path.write_text(f"import pytest\n\n{text}")
    assert is_for_training(path) == marked


def test_this_suite_uses_it(request: pytest.FixtureRequest) -> None:
    assert request.config.pluginmanager.has_plugin("support.training")
