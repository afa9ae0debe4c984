"""One worker's view of a study: what it joins, what it finds, what it leaves when it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import optuna
import pytest

from bnngen.base.errors import FitError, UsageError
from bnngen.study.beats import Pace
from bnngen.study.samplers import FOUND, nsga2
from bnngen.study.storage import opened
from bnngen.study.study import Found, Params, Search, Trial, Work, open_study

pytestmark = pytest.mark.train

ONE = Search("one", {"recipe": "abc", "epochs": 3}, seed=2)
TWO = Search("two", {}, ("maximize", "minimize"), seed=2, sampler=nsga2(5))
QUICK, PATIENT = Pace(0.02, 3), Pace(3600)


def suggest(trial: optuna.Trial, number: int) -> None:
    """Define by run: there is a depth only for one of the kinds."""
    if trial.suggest_categorical("kind", ["wide", "deep"]) == "deep":
        trial.suggest_int("depth", 1, 1000)
    trial.suggest_float("width", 0, 1)


def one(params: Params, number: int) -> Found:
    return Found((params["width"] * params.get("depth", 300),), record={"seen": number})


def two(params: Params, number: int) -> Found:
    width, depth = params["width"], params.get("depth", 300)
    return Found((width * depth, depth), constraints=(width - 0.7,))


CASES = pytest.mark.parametrize(("search", "evaluate"), [(ONE, one), (TWO, two)], ids=["tpe", "nsga2"])
Evaluate = Callable[[Params, int], Found]


def states(address: str, name: str = "one") -> list[str]:
    with opened(address) as store:
        return [t.state.name for t in optuna.load_study(study_name=name, storage=store.storage).trials]


def run(search: Search, evaluate: Evaluate, address: str | None, count: int = 16) -> list[Trial]:
    with open_study(search, address, QUICK) as study:
        return study.run(count, Work(suggest, evaluate))


@CASES
def test_the_same_in_memory_in_a_file_and_in_a_database(
    search: Search, evaluate: Evaluate, tmp_path: Path
) -> None:
    found = run(search, evaluate, None)
    assert [t.number for t in found] == list(range(16))
    assert all(t.found == evaluate(t.params, t.number) for t in found)
    assert len({json.dumps(dict(t.params)) for t in found}) > 10
    assert run(search, evaluate, f"{tmp_path}/s.log") == found
    assert run(search, evaluate, f"sqlite:///{tmp_path}/s.db") == found
    other = replace(search, name="other", seed=3)
    assert [t.params for t in run(other, evaluate, None)] != [t.params for t in found]


@CASES
@pytest.mark.parametrize("error", [FitError("it does not fit"), KeyboardInterrupt()])
def test_stopped_and_gone_on_it_is_as_if_not_stopped(
    search: Search, evaluate: Evaluate, error: BaseException, tmp_path: Path
) -> None:
    """Wherever it is stopped; what it was at is free at once, and comes first."""
    evaluated: list[int] = []

    def noting(params: Params, number: int) -> Found:
        evaluated.append(number)
        return evaluate(params, number)

    whole = run(search, noting, None)
    stops = {evaluated[place] for place in (0, 5, 6, -2)}

    def stopping(params: Params, number: int) -> Found:
        if number in stops:
            stops.remove(number)
            raise error
        return evaluate(params, number)

    address = f"{tmp_path}/s.log"
    for count in (1, 2, 3, 4):
        with pytest.raises(type(error)):
            run(search, stopping, address)
        assert states(address, search.name).count("FAIL") == count
    assert "RUNNING" not in states(address, search.name)
    assert run(search, stopping, address) == whole


def test_more_trials_go_on(tmp_path: Path) -> None:
    address = f"{tmp_path}/s.log"
    assert run(ONE, one, address, 5) == run(ONE, one, None, 16)[:5]
    assert run(ONE, one, address, 16) == run(ONE, one, None, 16)
    assert run(ONE, one, address, 3) == run(ONE, one, None, 16)[:3]
    with open_study(ONE, address) as study:
        assert study.finished(30) == run(ONE, one, None, 16)


def test_who_was_taken_for_dead_comes_back(tmp_path: Path) -> None:
    """Another one has done its trial meanwhile, with the same parameters: that counts, once."""
    address = f"{tmp_path}/s.log"
    calls: list[tuple[str, int]] = []

    def fast(params: Params, number: int) -> Found:
        calls.append(("fast", number))
        return one(params, number)

    def paused(params: Params, number: int) -> Found:
        calls.append(("paused", number))
        if number == 1:
            seen.append(params)
            with open_study(ONE, address, QUICK) as other:
                results.append(other.run(4, Work(suggest, fast)))
        return Found((-1.0,), record={"seen": number})

    seen: list[Params] = []
    results: list[list[Trial]] = []
    with open_study(ONE, address, PATIENT) as study:
        results.append(study.run(5, Work(suggest, paused)))
    assert calls == [("paused", 0), ("paused", 1), ("fast", 1), ("fast", 2), ("fast", 3), ("paused", 4)]
    assert results[0] == results[1][:4]
    assert results[0][1].params == seen[0]
    assert results[0][1].found.values != (-1.0,)
    assert sorted(states(address)) == ["COMPLETE"] * 5 + ["FAIL"]


def test_who_was_taken_for_dead_may_still_be_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It tells just before it is replaced: that counts, and the one that came to replace it goes on."""
    address = f"{tmp_path}/s.log"
    with open_study(ONE, address), opened(address) as store:
        study = optuna.load_study(study_name="one", storage=store.storage)
        trial = study.ask()
        suggest(trial, 0)

        def late(**attributes: object) -> optuna.trial.FrozenTrial:
            trial.set_user_attr(FOUND, {"key": "x", "constraints": [], "record": {"seen": -1}})
            study.tell(trial, 5.0)
            monkeypatch.undo()
            return optuna.trial.create_trial(**attributes)

        monkeypatch.setattr("bnngen.study.study.create_trial", late)
        first, second = run(ONE, one, address, 2)
    assert first.found == Found((5.0,), record={"seen": -1})
    assert second.found.record == {"seen": 1}
    assert states(address) == ["COMPLETE", "FAIL", "COMPLETE"]


def test_others_are_waited_for(tmp_path: Path) -> None:
    address = f"{tmp_path}/s.log"
    waited: list[int] = []
    with ThreadPoolExecutor() as pool:

        def slow(params: Params, number: int) -> Found:
            waiting = pool.submit(wait)
            while not waited:
                assert not waiting.done()
            return one(params, number)

        def wait() -> list[Trial]:
            with open_study(ONE, address, Pace(0.05, 10_000)) as other:
                return other.run(1, Work(suggest, one, waits=waited.append))

        with open_study(ONE, address, Pace(0.05)) as study:
            found = study.run(1, Work(suggest, slow))
    assert waited == [1]
    assert states(address) == ["COMPLETE"]
    assert found == run(ONE, one, None, 1)


@pytest.mark.parametrize("kind", ["journal", "sqlite"])
def test_workers_that_begin_at_once(kind: str, tmp_path: Path) -> None:
    """Each trial is made once, but what more than enough have begun: that has failed."""
    address = {"journal": f"{tmp_path}/s.log", "sqlite": f"sqlite:///{tmp_path}/s.db"}[kind]
    calls: list[int] = []

    def counted(params: Params, number: int) -> Found:
        calls.append(number)
        return one(params, number)

    run(ONE, one, address, 1)
    patient = Pace(0.05, 10_000)

    def work(name: int) -> list[Trial]:
        with open_study(ONE, address, patient) as study:
            return study.run(9, Work(suggest, counted))

    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(work, range(4))
    assert others == [first] * 3
    assert sorted(calls) == list(range(1, 9))
    found = states(address)
    assert found.count("COMPLETE") == 9
    assert set(found) <= {"COMPLETE", "FAIL"}


def test_what_stands_for_the_same_is_answered_from_what_is_finished() -> None:
    calls: list[str] = []

    def key(params: Params) -> str:
        return str(params["kind"])

    def evaluate(params: Params, number: int) -> Found:
        calls.append(params["kind"])
        return one(params, number)

    with open_study(ONE) as study:
        found = study.run(12, Work(suggest, evaluate, key))
    assert sorted(calls) == ["deep", "wide"]
    assert len({(t.params["kind"], t.found.values, t.found.record["seen"]) for t in found}) == 2


@pytest.mark.parametrize("values", [(float("nan"),), (float("inf"),), (), (1.0, 2.0)])
def test_values_that_are_none(values: tuple[float, ...], tmp_path: Path) -> None:
    address = f"{tmp_path}/s.log"
    with pytest.raises(ValueError, match=r"an evaluation of 'one' has found \("):
        run(ONE, lambda params, number: Found(values), address)
    assert states(address) == ["FAIL"]


def test_another_question_is_refused(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/s.db"
    run(ONE, one, address, 1)
    other = replace(ONE, question={"recipe": "abc", "epochs": 4, "board": "icebreaker"}, seed=1)
    with pytest.raises(UsageError) as caught, open_study(other, address):
        pass
    assert str(caught.value) == (
        f"the study 'one' in '{address}' answers another question: board is None there and 'icebreaker' here, "
        "epochs is 3 there and 4 here, seed is 2 there and 1 here; run the same command as its other workers, "
        "or name another storage"
    )
    two_directions = replace(ONE, directions=("maximize", "minimize"))
    with (
        pytest.raises(UsageError, match="directions is 'maximize' there and"),
        open_study(two_directions, address),
    ):
        pass
    with open_study(replace(other, name="other"), address):
        pass


def test_a_study_of_another_program_is_refused(tmp_path: Path) -> None:
    address = f"{tmp_path}/s.log"
    with opened(address) as store:
        study = optuna.create_study(storage=store.storage, study_name="one", direction="maximize")
        study.tell(study.ask(), 1.0)
    with (
        pytest.raises(UsageError, match="answers another question: it is not bnngen's;"),
        open_study(ONE, address),
    ):
        pass
    assert states(address) == ["COMPLETE"]


def test_the_error_of_an_evaluation_counts_if_the_storage_fails_too(tmp_path: Path) -> None:
    path = tmp_path / "s.log"

    def fail(params: Params, number: int) -> Found:
        path.write_text("no journal any more\n" * 1000)
        raise FitError("it does not fit")

    with pytest.raises(FitError), open_study(ONE, str(path), PATIENT) as study:
        study.run(1, Work(suggest, fail))


def test_a_storage_that_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "s.log"

    def evaluate(params: Params, number: int) -> Found:
        path.unlink()
        return one(params, number)

    with pytest.raises(UsageError, match=r"can't use the storage '.*s\.log': No such file or directory;"):
        run(ONE, evaluate, str(path))
