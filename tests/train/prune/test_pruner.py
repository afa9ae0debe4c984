"""Whole runs with pruning: smaller files and Verilog, zeros that stay, and stops in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.narrow import present
from support.networks import layer_weights
from support.recipes import WriteRecipe

import bnngen
from bnngen.base.errors import RecipeError
from bnngen.train.checkpoint import load_checkpoint
from bnngen.train.fit import TrainWatcher
from bnngen.train.run import train

pytestmark = pytest.mark.train

CUTS = {
    "neurons": "amount = 0.5",
    "layers": "amount = 0.5",
    "weights": "amount = 0.8",
    "fan_in": "fan_in = 2\ngroup = 8",
    "blocks": "amount = 0.5\npe = 4\nsimd = 8",
}


class Stop(TrainWatcher):
    """Raises KeyboardInterrupt behind an epoch."""

    def __init__(self, behind: int) -> None:
        self.behind = behind

    def epoch(self, entry: dict[str, Any], epochs: int) -> None:
        if entry["epoch"] == self.behind:
            raise KeyboardInterrupt


def pruning(
    write_recipe: WriteRecipe, unit: str, bits: int = 2, cut: str = "", more: str = "", **changes: str
) -> Path:
    table = f'[prune]\nunit = "{unit}"\n{cut or CUTS[unit]}\nepochs = 2\nsteps = 2\nbatches = 2\n{more}'
    widths = f"widths = [16, 16, 16]\nweight_bits = {bits}"
    path = write_recipe("widths = [16]", widths, **changes)
    path.write_text(f"{path.read_text()}\n{table}\n")
    return path


def shapes(folder: Path) -> list[tuple[int, ...]]:
    return [layer_weights(layer).shape for layer in bnngen.load(folder / "model.onnx").layers]


def test_neurons_vanish_from_the_file_and_the_verilog(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    report = train(pruning(write_recipe, "neurons", bits=1), tmp_path / "small").report
    train(write_recipe("widths = [16]", "widths = [16, 16, 16]"), tmp_path / "large")
    assert shapes(tmp_path / "large") == [(16, 64), (16, 16), (16, 16), (10, 16)]
    assert shapes(tmp_path / "small") == [(8, 64), (8, 8), (8, 8), (10, 8)]
    assert report.weights == 8 * 64 + 2 * 8 * 8 + 10 * 8
    assert present(report.test_accuracy) > 0.15  # four epochs are few
    designs = [
        bnngen.compile(bnngen.load(tmp_path / name / "model.onnx"), "icebreaker", fps=1000)
        for name in ("small", "large")
    ]
    small, large = (design.write_verilog(tmp_path).read_text() for design in designs)
    assert designs[0].resources.lut < designs[1].resources.lut
    assert len(small) < len(large)


def test_neurons_vanish_down_to_given_widths(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    path = pruning(write_recipe, "neurons", cut="widths = [16, 5, 11]", more='schedule = "iterative"')
    train(path, tmp_path / "out")
    assert shapes(tmp_path / "out") == [(16, 64), (5, 16), (11, 5), (10, 11)]


@pytest.mark.parametrize("schedule", ["one_shot", "iterative", "polynomial"])
@pytest.mark.parametrize("unit", ["weights", "fan_in", "blocks"])
def test_zeros_stay_zeros_to_the_end(
    write_recipe: WriteRecipe, tmp_path: Path, unit: str, schedule: str
) -> None:
    more = f'schedule = "{schedule}"'
    report = train(pruning(write_recipe, unit, more=more), tmp_path / "out").report
    found = [layer_weights(layer) for layer in bnngen.load(tmp_path / "out" / "model.onnx").layers]
    assert all(set(np.unique(w)) == {-1, 0, 1} for w in found)
    assert sum(int((w != 0).sum()) for w in found) == report.nonzero_weights
    if unit == "weights":
        assert report.nonzero_weights <= 0.2 * report.weights + len(found)
    if unit == "fan_in":
        assert all(((w[:, k : k + 8] != 0).sum(1) <= 2).all() for w in found for k in range(0, w.shape[1], 8))
    if unit == "blocks":
        blocks = [found[0][r : r + 4, c : c + 8] for r in range(0, 16, 4) for c in range(0, 64, 8)]
        assert sum(not block.any() for block in blocks) >= len(blocks) // 2


@pytest.mark.parametrize("recovery", ["rewind", "scratch"])
def test_weights_are_set_back(write_recipe: WriteRecipe, tmp_path: Path, recovery: str) -> None:
    more = f'recovery = "{recovery}"\nrewind_epoch = 0'
    path = pruning(write_recipe, "weights", more=more)
    with pytest.raises(KeyboardInterrupt):
        train(path, tmp_path / "out", Stop(behind=3))
    early = present(load_checkpoint(tmp_path / "out")).early["body.dense_0.weight"]
    assert int((early == 0).sum()) == round(0.8 * early.numel())
    assert early.abs().max() <= 1
    trained = present(load_checkpoint(tmp_path / "out")).network["body.dense_0.weight"]
    assert torch.equal(early == 0, trained == 0)
    assert (early - trained).abs().max() < 0.2  # an epoch of 12 steps at 0.01 away from where it was set back


@pytest.mark.parametrize(
    ("unit", "schedule", "recovery", "stop"),
    [
        ("neurons", "polynomial", "continue", 3),
        ("neurons", "iterative", "rewind", 4),
        ("layers", "one_shot", "scratch", 3),
        ("weights", "polynomial", "rewind", 3),
    ],
)
def test_the_same_bytes_with_and_without_a_stop(
    write_recipe: WriteRecipe, tmp_path: Path, unit: str, schedule: str, recovery: str, stop: int
) -> None:
    more = f'score = "taylor"\nschedule = "{schedule}"\nrecovery = "{recovery}"'
    path = pruning(write_recipe, unit, more=more)
    train(path, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(path, tmp_path / "stopped", Stop(behind=stop))
    train(path, tmp_path / "stopped")
    both = [(tmp_path / name / "model.onnx").read_bytes() for name in ("whole", "stopped")]
    assert both[0] == both[1]


def test_an_earlier_run_is_pruned_and_then_again(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    earlier = write_recipe("widths = [16]", "widths = [16, 16, 16]\nweight_bits = 2", name="earlier.toml")
    train(earlier, tmp_path / "earlier")
    path = pruning(write_recipe, "neurons", more=f'network = "{tmp_path}/earlier"')
    assert train(path, tmp_path / "once").report.epochs == 2
    path = pruning(write_recipe, "weights", more=f'network = "{tmp_path}/once"')
    train(path, tmp_path / "twice")
    assert shapes(tmp_path / "twice") == shapes(tmp_path / "once")
    path = pruning(write_recipe, "neurons", cut="widths = [8, 8, 9]", more=f'network = "{tmp_path}/once"')
    with pytest.raises(
        RecipeError, match=r"recipe.toml:16: prune.widths: found 9 for dense_2; accepted: 1 to 8"
    ):
        train(path, tmp_path / "wider")
    path = pruning(write_recipe, "weights", bits=3, more=f'network = "{tmp_path}/once"')
    with pytest.raises(
        RecipeError, match=r"recipe.toml:20: prune.network: '.*once' was made with another \[model\]"
    ):
        train(path, tmp_path / "other")


@pytest.mark.parametrize(
    ("unit", "cut", "more", "message"),
    [
        ("blocks", "amount = 0.5", "", ":14: prune: accepted: with pe, simd, which the unit blocks needs"),
        ("neurons", "amount = 0.5\npe = 2", "", ":14: prune: accepted: without pe, which the unit neurons does not have"),
        ("neurons", "multiple = 8", "", ":14: prune: accepted: with either amount or widths, one of which the unit neurons needs"),
        ("neurons", "amount = 0.5\nwidths = [8, 8, 8]", "", ":14: prune: accepted: with either amount or widths"),
        ("weights", "amount = 0.5\nwidths = [8, 8, 8]", "", ":14: prune: accepted: without widths, which the unit weights does not"),
        ("neurons", "widths = [8, 8, 8]", "multiple = 4", ":14: prune: accepted: without scope and multiple where widths say"),
        ("neurons", "widths = [8, 0, 8]", "", ":16: prune.widths.1: found 0; accepted: greater than 0"),
        ("neurons", "widths = [8, 8]", "", ":16: prune.widths: found 2 numbers; accepted: 3, for dense_0, dense_1, dense_2"),
        ("neurons", "widths = [8, 17, 8]", "", ":16: prune.widths: found 17 for dense_1; accepted: 1 to 16"),
        ("neurons", "amount = 1.5", "", ":16: prune.amount: found 1.5; accepted: less than 1"),
        ("neurons", "amount = 0.5", 'score = "size"', ":20: prune.score: found 'size'; accepted: 'magnitude'"),
        ("neurons", "amount = 0.5", 'recovery = "rewind"\nnetwork = "x"', ":14: prune: accepted: without network"),
        ("neurons", "amount = 0.5", 'recovery = "rewind"\nrewind_epoch = 2', ":21: prune.rewind_epoch: found 2; accepted: less than"),
        ("neurons", "amount = 0.5", 'network = "nowhere"', ":20: prune.network: 'nowhere' holds no finished run"),
    ],
)  # fmt: skip
def test_mistakes_name_their_line(
    write_recipe: WriteRecipe, tmp_path: Path, unit: str, cut: str, more: str, message: str
) -> None:
    with pytest.raises(RecipeError) as error:
        train(pruning(write_recipe, unit, cut=cut, more=more), tmp_path / "out")
    assert message in str(error.value)


def test_one_bit_has_no_zero(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r":15: prune.unit: weights of one bit are -1 and \+1"):
        train(pruning(write_recipe, "weights", bits=1), tmp_path / "out")
