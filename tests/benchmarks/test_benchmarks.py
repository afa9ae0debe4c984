"""The benchmarks run, and their arithmetic is right. What they measure is not tested: it depends on the machine."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

FOLDER = Path(__file__).parent


@pytest.fixture(scope="module")
def run() -> Iterator[ModuleType]:
    """The program, imported as it imports its neighbours."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(FOLDER)
        module = importlib.import_module("run")
        module.discover()
        yield module
    for name in ("run", "bench", *(path.stem for path in FOLDER.glob("bench_*.py"))):
        sys.modules.pop(name, None)


@pytest.fixture
def bench(run: ModuleType) -> ModuleType:
    return sys.modules["bench"]


def test_golden_runs_on_the_digits(
    run: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run.main(["--only", "golden", "--frames", "40", "--rounds", "2", "--shared", str(tmp_path / "none")])
    out = capsys.readouterr().out
    assert "golden model of digits_1w1a, 40 images" in out
    assert "left out, for want of the shared models: tfc_1w1a_mnist" in out


def test_plan_runs_on_the_digits(run: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It stops if labels and CP-SAT don't agree."""
    run.main(["--only", "plan", "--rounds", "1", "--shared", str(tmp_path / "none")])
    out = capsys.readouterr().out
    assert "plans of digits_1w1a for the icebreaker" in out
    assert out.count("a second") == 5


@pytest.mark.slow
def test_simulation_runs_on_the_digits(
    run: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run.main(["--only", "simulation", "--frames", "200", "--rounds", "1", "--shared", str(tmp_path / "none")])
    out = capsys.readouterr().out
    assert "Verilog of digits_1w1a for the icebreaker, 200 images" in out
    assert out.count("cycles/s") == 3


def test_packed_bits_agree(run: ModuleType) -> None:
    module = sys.modules["bench_golden"]
    random = np.random.default_rng(0)
    for features in (1, 63, 64, 65, 784):
        x, w = random.choice([-1, 1], (5, features)), random.choice([-1, 1], (3, features))
        found = features - 2 * module.differing(module.pack(x), module.pack(w).T).astype(int)
        assert np.array_equal(found, x @ w.T)


def test_rates_and_ratios_are_medians(bench: ModuleType) -> None:
    fast, base = bench.Measured(100, [1.0, 2.0, 4.0]), bench.Measured(10, [1.0, 1.0, 1.0])
    assert fast.rate == 50
    assert fast.ratio(base) == 5
    assert base.ratio(base) == 1


def test_all_take_turns_and_the_first_turn_does_not_count(bench: ModuleType) -> None:
    turns: list[str] = []
    runs = {name: (1, lambda name=name: turns.append(name)) for name in ("a", "b")}
    found = bench.measure(runs, rounds=2)
    assert turns == ["a", "b"] * 3
    assert [len(measured.seconds) for measured in found.values()] == [2, 2]


def test_slow_ones_run_only_if_asked_for(run: ModuleType, bench: ModuleType) -> None:
    assert run.chosen(["--only", "simulation"]) == ["simulation"]
    quick = [name for name, entry in bench.REGISTRY.items() if not entry.slow]
    assert run.chosen([]) == quick
    assert run.chosen(["--all"]) == list(bench.REGISTRY)
    with pytest.raises(SystemExit):
        run.chosen(["--only", "nothing"])


def test_a_missed_target_is_shown(run: ModuleType, bench: ModuleType) -> None:
    rows = [bench.Row("a", 1234.5, "x/s", 12.34, "≥ 9", True), bench.Row("b", 1.5, "s", None, "< 1", False)]
    table = run.render(bench.Table("t", "base", rows, ["left out: c"]))
    cells = [list(column.cells) for column in table.columns]
    assert cells[1:3] == [["1,234 x/s", "1.5 s"], ["12.3", ""]]
    assert cells[3] == ["≥ 9 [green]met[/]", "< 1 [bold red]missed[/]"]
    assert table.caption == "left out: c"
