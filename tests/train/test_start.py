"""Fine-tuning: which networks training can begin with, what comes over exactly, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from support.recipes import WriteRecipe

from bnngen.base.errors import RecipeError
from bnngen.train.checkpoint import finished_run
from bnngen.train.export import export_model
from bnngen.train.fit import TrainWatcher
from bnngen.train.recipe import load_recipe
from bnngen.train.run import load_prepared, train
from bnngen.train.start import LATENT, start_state
from bnngen.train.trainee import build_network

pytestmark = pytest.mark.train

MIXED = """widths = [16, 12]
act_bits = 2
thresholds = "learned"
[model.layers.dense_1]
weight_bits = 3
act_bits = 1"""
"""Signs, integers, learned shifts, and activations of learned steps."""
NETWORKS = {
    "mlp": ("widths = [16]", MIXED),
    "cnv": ("mlp", "cnv", "widths = [16]", "widths = [3, 4]\ndense = [6]\npadding = 1\nact_bits = 2"),
    "residual": ("mlp", "residual", "widths = [16]", "widths = [3, 4]"),
}

Starting = Callable[..., Path]


@pytest.fixture
def starting(write_recipe: WriteRecipe, tmp_path: Path) -> Starting:
    """Writes a recipe that begins with ``start``."""

    def write(start: str, *changes: str) -> Path:
        more = f'epochs = 2\nstart = "{tmp_path / start}"'
        return write_recipe("epochs = 2", more, *changes, name="starting.toml")

    return write


def trained(write_recipe: WriteRecipe, tmp_path: Path, *changes: str, more: str = "") -> dict[str, Any]:
    """Trains to the folder ``first``; its state."""
    path = write_recipe(*changes, name="first.toml")
    path.write_text(path.read_text() + more)
    train(path, tmp_path / "first")
    run = finished_run(tmp_path / "first")
    assert run is not None
    return run[1].best


def begun(path: Path) -> dict[str, Any]:
    """The state that training by the recipe at ``path`` begins with."""
    recipe = load_recipe(path)
    assert recipe.train.start is not None
    return start_state(recipe.train.start, recipe, load_prepared(recipe))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_run_comes_over_whole(
    write_recipe: WriteRecipe, starting: Starting, tmp_path: Path, name: str
) -> None:
    state = trained(write_recipe, tmp_path, *NETWORKS[name])
    found = begun(starting("first", *NETWORKS[name]))
    assert found.keys() == state.keys()
    assert all(torch.equal(found[key], state[key]) for key in state)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_model_file_gives_the_same_file_again(
    write_recipe: WriteRecipe, starting: Starting, tmp_path: Path, name: str
) -> None:
    """All that a host and an accelerator compute: every weight, threshold and step."""
    trained(write_recipe, tmp_path, *NETWORKS[name])
    path = starting("first/model.onnx", *NETWORKS[name])
    recipe = load_recipe(path)
    prepared = load_prepared(recipe)
    network = build_network(recipe, prepared)
    network.restore(begun(path))
    export_model(network.body, tmp_path / "again.onnx", prepared.shape)
    assert (tmp_path / "again.onnx").read_bytes() == (tmp_path / "first" / "model.onnx").read_bytes()


def test_signs_begin_where_they_can_still_change(
    write_recipe: WriteRecipe, starting: Starting, tmp_path: Path
) -> None:
    state = trained(write_recipe, tmp_path, "widths = [16]", MIXED)
    found = begun(starting("first/model.onnx", "widths = [16]", MIXED))
    signs, integers = "body.dense_0.weight", "body.dense_1.weight"
    assert torch.equal(found[signs], torch.where(state[signs] >= 0, LATENT, -LATENT))
    assert torch.equal(found[integers], state[integers])
    path = starting(
        "first/model.onnx", "batch = 100", "batch = 100\nlearning_rate = 0.1", "widths = [16]", MIXED
    )
    train(path, tmp_path / "out")
    run = finished_run(tmp_path / "out")
    assert run is not None
    assert ((run[1].best[signs] >= 0) != (found[signs] >= 0)).any()


def test_what_was_learned_is_still_known(
    write_recipe: WriteRecipe, starting: Starting, tmp_path: Path
) -> None:
    """One epoch is too few for random weights."""
    changes = ("widths = [16]", "widths = [32]", "epochs = 2", "epochs = 8")
    trained(write_recipe, tmp_path, *changes)
    short = ("widths = [16]", "widths = [32]", "epochs = 2\n", "epochs = 1\nlearning_rate = 0.001\n")
    anew = train(write_recipe(*short), tmp_path / "anew").report.validation_accuracy
    for start in ("first", "first/model.onnx"):
        reached = train(starting(start, *short), tmp_path / f"from_{Path(start).name}").report
        assert reached.validation_accuracy > anew + 0.1


@pytest.mark.parametrize(
    "changes",
    [
        ("batch = 100", "batch = 50\nseed = 3\ndropout = 0.1\nlearning_rate = 0.001"),
        ("batch = 100", 'batch = 100\nestimator = "approx_sign"\naugmentation = { shift = 1 }'),
        ('"binarize"', '"binarize"\nthreshold = 0.3\nsplit_seed = 5\nvalidation = 0.2'),
    ],
)
@pytest.mark.parametrize("start", ["first", "first/model.onnx"])
def test_what_may_be_otherwise(
    write_recipe: WriteRecipe, starting: Starting, tmp_path: Path, changes: tuple[str, str], start: str
) -> None:
    state = trained(write_recipe, tmp_path, "widths = [16]", MIXED)
    found = list(begun(starting(start, "widths = [16]", MIXED, *changes)).values())
    same = [torch.equal(a, b) for a, b in zip(found, state.values(), strict=True) if a.ndim == 1]
    assert same
    assert all(same)


def test_other_samples_of_the_same_shape(
    write_recipe: WriteRecipe, starting: Starting, tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    np.savez(tmp_path / "new.npz", x=random.integers(0, 50, (200, 8, 8)), y=np.arange(200) % 10)
    trained(write_recipe, tmp_path)
    path = starting("first", '"digits"', f'"npz"\npath = "{tmp_path}/new.npz"')
    assert train(path, tmp_path / "out").report.epochs == 2


class Stop(TrainWatcher):
    """Raises KeyboardInterrupt in the middle of the first epoch, or behind it."""

    def __init__(self, inside: bool) -> None:
        self.inside = inside

    def batch(self, epoch: int, done: int, total: int) -> None:
        if self.inside and done == total // 2:
            raise KeyboardInterrupt

    def epoch(self, entry: dict[str, Any], epochs: int) -> None:
        raise KeyboardInterrupt


@pytest.mark.parametrize("inside", [True, False])
def test_the_same_bytes_with_and_without_a_stop(
    write_recipe: WriteRecipe, starting: Starting, tmp_path: Path, inside: bool
) -> None:
    trained(write_recipe, tmp_path)
    path = starting("first/model.onnx")
    train(path, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(path, tmp_path / "stopped", Stop(inside))
    if not inside:
        (tmp_path / "first" / "model.onnx").unlink()  # it is read once
    train(path, tmp_path / "stopped")
    whole, stopped = ((tmp_path / name / "model.onnx").read_bytes() for name in ("whole", "stopped"))
    assert whole == stopped


THREE = ("widths = [16]", "widths = [16, 16, 16]\nweight_bits = 2")


@pytest.mark.parametrize("unit", ["neurons", "layers"])
def test_a_pruned_run_stays_small(
    write_recipe: WriteRecipe, starting: Starting, tmp_path: Path, unit: str
) -> None:
    more = f'\n[prune]\nunit = "{unit}"\namount = 0.5\nepochs = 1\nbatches = 2\n'
    state = trained(write_recipe, tmp_path, *THREE, more=more)
    train(starting("first", *THREE), tmp_path / "out")
    run = finished_run(tmp_path / "out")
    assert run is not None
    assert [t.shape for t in run[1].best.values()] == [t.shape for t in state.values()]


def test_a_pruned_file_has_sizes_of_its_own(
    write_recipe: WriteRecipe, starting: Starting, tmp_path: Path
) -> None:
    more = '\n[prune]\nunit = "neurons"\namount = 0.5\nepochs = 1\nbatches = 2\n'
    trained(write_recipe, tmp_path, *THREE, more=more)
    with pytest.raises(
        RecipeError, match=r"'dense_0': .* has weight of 8x64, the recipe makes weight of 16x64"
    ):
        begun(starting("first/model.onnx", *THREE))
    small = ("widths = [16]", "widths = [8, 8, 8]\nweight_bits = 2")
    assert begun(starting("first/model.onnx", *small))["body.dense_1.weight"].shape == (8, 8)


def test_a_start_is_pruned(write_recipe: WriteRecipe, starting: Starting, tmp_path: Path) -> None:
    trained(write_recipe, tmp_path, *THREE)
    path = starting("first/model.onnx", *THREE)
    path.write_text(path.read_text() + '\n[prune]\nunit = "neurons"\namount = 0.5\nepochs = 1\nbatches = 2\n')
    report = train(path, tmp_path / "out").report
    assert (report.epochs, report.weights) == (3, 8 * 64 + 2 * 8 * 8 + 10 * 8)


@pytest.mark.parametrize("start", ["first", "first/model.onnx"])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (("widths = [16]", "widths = [24]"), "layer 'dense_0': '{}' has weight of 16x64, the recipe makes weight of 24x64"),
        (("widths = [16]", "widths = [16, 16]"), "layer 'dense_1_norm': '{}' has nothing more, the recipe makes BatchNormalization"),
        (("widths = [16]", "widths = [16]\nweight_bits = 2"), "layer 'dense_0': '{}' has weights of 1 bit, the recipe makes weights of 2 bits, signed"),
        (("widths = [16]", "widths = [16]\nact_bits = 2"), "layer 'dense_0_act': '{}' has activations of 1 bit, the recipe makes Relu"),
        (("widths = [16]", 'widths = [16]\nthresholds = "learned"'), "layer 'dense_0_act': '{}' has activations of 1 bit, the recipe makes Add"),
        (('"binarize"', '"range"'), "layer 'input': '{}' has activations of 1 bit, the recipe makes activations of 8 bits, signed"),
        (('"binarize"', '"thermometer"\nlevels = 2\nspacing = "even"'), "layer 'dense_0': '{}' has weight of 16x64, the recipe makes weight of 16x128"),
    ],
)  # fmt: skip
def test_another_network_is_refused_by_its_layer(
    write_recipe: WriteRecipe,
    starting: Starting,
    tmp_path: Path,
    start: str,
    changes: tuple[str, str],
    message: str,
) -> None:
    trained(write_recipe, tmp_path)
    path = starting(start, *changes)
    with pytest.raises(RecipeError) as error:
        train(path, tmp_path / "out")
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if text.startswith("start"))
    assert str(error.value) == f"{path}:{line}: train.start: {message.format(tmp_path / start)}"


@pytest.mark.parametrize("start", ["first", "first/model.onnx"])
def test_other_classes(write_recipe: WriteRecipe, starting: Starting, tmp_path: Path, start: str) -> None:
    random = np.random.default_rng(0)
    np.savez(tmp_path / "new.npz", x=random.integers(0, 50, (200, 8, 8)), y=np.arange(200) % 7)
    trained(write_recipe, tmp_path)
    with pytest.raises(
        RecipeError, match=r"'dense_1': .* has weight of 10x16, the recipe makes weight of 7x16"
    ):
        begun(starting(start, '"digits"', f'"npz"\npath = "{tmp_path}/new.npz"'))


def test_inputs_of_another_rank(write_recipe: WriteRecipe, starting: Starting, tmp_path: Path) -> None:
    trained(write_recipe, tmp_path)
    with pytest.raises(RecipeError, match="takes inputs of 1 axes, the recipe's network of 3"):
        begun(starting("first", *NETWORKS["residual"]))


def test_a_float_run(write_recipe: WriteRecipe, starting: Starting, tmp_path: Path) -> None:
    in_float = ("widths = [16]", "widths = [16]\nweight_bits = 32\nact_bits = 32\ninput_bits = 32")
    state = trained(write_recipe, tmp_path, *in_float)
    assert all(torch.equal(tensor, state[key]) for key, tensor in begun(starting("first", *in_float)).items())
    with pytest.raises(
        RecipeError, match=r"layer 'input': .* has MatMul in 'dense_0', the recipe makes activations of 1 bit"
    ):
        begun(starting("first"))


def _renamed(model: onnx.ModelProto) -> None:
    for tensor in model.graph.initializer:
        tensor.name = f"their_{tensor.name}"
    for node in model.graph.node:
        node.input[:] = [f"their_{name}" for name in node.input]


def _without_one(model: onnx.ModelProto) -> None:
    for place in (*model.graph.initializer, *model.graph.node):
        place.name = place.name.replace("dense_0_norm.weight", "other")
    for node in model.graph.node:
        node.input[:] = [name.replace("dense_0_norm.weight", "other") for name in node.input]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            _renamed,
            "has no layers named as the recipe's; accepted: the folder of a finished run",
        ),
        (_without_one, "has no 'dense_0_norm.weight', as files of bnngen train have"),
    ],
)
def test_files_of_others(
    write_recipe: WriteRecipe,
    starting: Starting,
    tmp_path: Path,
    change: Callable[[onnx.ModelProto], None],
    message: str,
) -> None:
    trained(write_recipe, tmp_path)
    model = onnx.load(tmp_path / "first" / "model.onnx")
    change(model)
    onnx.save(model, tmp_path / "other.onnx")
    with pytest.raises(RecipeError, match=re.escape(message)):
        begun(starting("other.onnx"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "holds no finished run of bnngen train, and is no model file"),
        (b"nonsense", "train.start: .*first' is not a whole ONNX file"),
        (
            onnx.ModelProto(graph=onnx.GraphProto(name="g")).SerializeToString(),
            "train.start: .*first' holds no network",
        ),
    ],
)
def test_no_network_at_all(starting: Starting, tmp_path: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / "first").write_bytes(content)
    with pytest.raises(RecipeError, match=message):
        begun(starting("first"))


def test_the_page_s_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(__file__).parents[2]
    monkeypatch.chdir(tmp_path)
    first = (root / "examples" / "recipes" / "tfc_digits.toml").read_text()
    Path("first.toml").write_text(first.replace("epochs = 20", "epochs = 4"))
    train("first.toml", "out/tfc_digits")
    page = (root / "docs" / "training.md").read_text(encoding="utf-8")
    (example,) = (text for text in re.findall(r"```toml\n(.*?)```", page, re.DOTALL) if "start =" in text)
    Path("second.toml").write_text(example.replace("epochs = 10", "epochs = 2"))
    assert train("second.toml", "out/second").report.epochs == 2
