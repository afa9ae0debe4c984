"""Every built-in network: trained a little, exported, imported, and as right as torch says, sample by sample."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.networks import layer_weights

import bnngen
from bnngen.base.errors import RecipeError
from bnngen.train.architectures import find_architecture
from bnngen.train.choices import ARCHITECTURES
from bnngen.train.datasets.dataset import DataSet, Subset
from bnngen.train.export import export_model
from bnngen.train.inputs import Prepared, prepare
from bnngen.train.recipe import Recipe
from bnngen.train.trainee import Trainee, build_network

pytestmark = pytest.mark.train

torch.set_num_threads(1)  # small networks on busy cores

SHAPES = {1: (20,), 2: (12, 5), 3: (10, 10, 2)}
SMALL = {"widths": [6, 8], "dense": [7], "padding": 1}


def recipe(architecture: str, bits: int = 1, data: dict[str, Any] | None = None, **model: object) -> Recipe:
    return Recipe.model_validate(
        {
            "data": {"name": "t", **(data or {})},
            "model": {"architecture": architecture, "weight_bits": bits, "act_bits": bits, **SMALL, **model},
            "train": {"epochs": 1},
        }
    )


def data_for(recipe: Recipe) -> Prepared:
    rank = find_architecture(recipe.model).rank
    random = np.random.default_rng(0)
    part = Subset(random.integers(0, 256, (64, *SHAPES[rank]), np.uint8), np.arange(64) % 4)
    return prepare(DataSet(part, part, part, 4), recipe.data, rank, recipe.model.input_bits)


def trained(recipe: Recipe, prepared: Prepared, least_bits: int = 1) -> Trainee:
    """The network after a few large steps: batch norms, weights, thresholds and scales have all moved."""
    torch.manual_seed(0)
    network = build_network(recipe, prepared, least_bits).train()
    part = prepared.data.train
    x, y = torch.from_numpy(part.x).float(), torch.from_numpy(part.y)
    optimizer = torch.optim.Adam(network.parameters(), 0.03)
    for _ in range(4):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network.logits(x), y).backward()
        optimizer.step()
        network.clip_latent_weights()
    result: Trainee = network.eval()
    return result


def check_exact(network: Trainee, prepared: Prepared, path: Path) -> None:
    """The golden model's classes are torch's; where they are not, torch has rounded an exact tie."""
    x = prepared.data.test.x
    with torch.no_grad():
        scores = network(torch.from_numpy(x).float()).numpy()
    export_model(network.body, path, prepared.shape)
    integer = bnngen.load(path)
    y = bnngen.golden(integer, x)
    np.testing.assert_allclose(integer.host.real_outputs(y), scores, atol=1e-4)
    chosen = np.take_along_axis(y, scores.argmax(1)[:, None], axis=1)[:, 0]
    assert np.array_equal(chosen, y.max(axis=1))


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
@pytest.mark.parametrize("bits", [1, 2, 3])
def test_golden_is_torch(tmp_path: Path, name: str, bits: int) -> None:
    wanted = recipe(name, bits, thresholds="learned")
    prepared = data_for(wanted)
    check_exact(trained(wanted, prepared), prepared, tmp_path / "m.onnx")


@pytest.mark.parametrize(
    ("data", "model"),
    [
        ({"input": "binarize"}, {}),
        ({"input": "standardize"}, {"input_bits": 3}),
        ({"input": "thermometer", "levels": 3}, {}),
        ({}, {"layers": {"dense_0": {"weight_bits": 4}, "dense_1": {"act_bits": 2}}, "last_weight_bits": 2}),
    ],
)
@pytest.mark.parametrize("name", ["mlp", "kws_conv", "cnv"])
def test_golden_is_torch_for_every_input(
    tmp_path: Path, name: str, data: dict[str, Any], model: dict[str, Any]
) -> None:
    wanted = recipe(name, data=data, **model)
    prepared = data_for(wanted)
    check_exact(trained(wanted, prepared), prepared, tmp_path / "m.onnx")


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("vgg", {"depths": [2, 1], "kernels": [5, 1, 3]}),
        ("vgg", {"depths": [1, 2], "end": "flatten"}),
        ("kws_conv", {"depths": [1, 2], "kernels": [5, 3, 3], "end": "mean"}),
        ("residual", {"depths": [1, 2], "kernels": [3, 5, 3]}),
        ("separable", {"depths": [2, 1], "kernels": [5, 3, 3]}),
        ("inverted", {"depths": [2, 1], "kernels": [3, 5, 3], "expand": [3, 1, 2]}),
    ],
)
@pytest.mark.parametrize("bits", [1, 2])
def test_golden_is_torch_for_blocks_of_their_own(
    tmp_path: Path, name: str, bits: int, model: dict[str, Any]
) -> None:
    wanted = recipe(name, bits, **model)
    prepared = data_for(wanted)
    check_exact(trained(wanted, prepared), prepared, tmp_path / "m.onnx")


@pytest.mark.parametrize(
    ("name", "model", "message"),
    [
        ("mlp", {"depths": [2]}, r"^model\.depths: the architecture 'mlp' has none"),
        ("cnv", {"end": "mean"}, r"^model\.end: the architecture 'cnv' has none"),
        ("vgg", {"depths": [2]}, r"^model\.depths: found 1 numbers: takes one for each of 2 widths"),
        ("vgg", {"kernels": [3]}, r"^model\.kernels: found 1 numbers: takes one for each of 2 windows"),
        ("vgg", {"kernels": [3, 4]}, r"^model\.kernels: found 4: only odd ones keep the map's size"),
        ("inverted", {"expand": [2]}, r"^model\.expand: found 1 numbers: takes one for each of 2 blocks"),
    ],
)
def test_sizes_that_do_not_fit(name: str, model: dict[str, Any], message: str) -> None:
    wanted = recipe(name, **model)
    with pytest.raises(RecipeError, match=message):
        build_network(wanted, data_for(wanted))


def test_golden_is_torch_within_a_warm_start(tmp_path: Path) -> None:
    wanted = recipe("mlp")
    prepared = data_for(wanted)
    check_exact(trained(wanted, prepared, least_bits=3), prepared, tmp_path / "m.onnx")


def test_every_layer_has_the_bits_of_the_recipe(tmp_path: Path) -> None:
    wanted = recipe(
        "mlp", data={"input": "binarize"}, layers={"dense_1": {"weight_bits": 4}}, last_weight_bits=2
    )
    prepared = data_for(wanted)
    export_model(trained(wanted, prepared).body, tmp_path / "m.onnx", prepared.shape)
    spans = [int(np.abs(layer_weights(layer)).max()) for layer in bnngen.load(tmp_path / "m.onnx").layers]
    assert spans == [1, 7, 1]


def test_an_override_of_no_layer() -> None:
    wanted = recipe("mlp", layers={"dens_1": {"weight_bits": 4}})
    with pytest.raises(RecipeError, match=r"^model\.layers\.dens_1: no such layer; did you mean dense_"):
        build_network(wanted, data_for(wanted))


def test_an_unknown_architecture() -> None:
    with pytest.raises(
        RecipeError, match=r"^model\.architecture: no architecture 'resdual'; did you mean residual"
    ):
        find_architecture(recipe("resdual").model)


@pytest.mark.parametrize("name", ["cnv", "kws_conv"])
def test_too_small_a_map(name: str) -> None:
    wanted = recipe(name, widths=[4] * 5, padding=0)
    with pytest.raises(RecipeError, match=r"^model\.widths: nothing of .* is left behind conv_"):
        build_network(wanted, data_for(wanted))


PAGE = Path(__file__).parents[3] / "docs" / "training.md"


def test_a_user_s_own_network(tmp_path: Path) -> None:
    (example,) = re.findall(
        r"^```python\n(def .*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    (tmp_path / "own.py").write_text(example)
    wanted = recipe(f"{tmp_path}/own.py:build", widths=[9])
    prepared = data_for(wanted)
    check_exact(trained(wanted, prepared), prepared, tmp_path / "m.onnx")
    with pytest.raises(RecipeError, match=r"has no function 'bild'"):
        find_architecture(recipe(f"{tmp_path}/own.py:bild").model)
    with pytest.raises(RecipeError, match=r"no file .*none\.py"):
        find_architecture(recipe(f"{tmp_path}/none.py:build").model)


def test_what_one_s_own_function_raises(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text("def build(parts, shape, classes, sizes):\n    return 1 / 0\n")
    own = find_architecture(recipe(f"{path}:build").model)
    with pytest.raises(
        RecipeError, match=r"^model.architecture: 'build' raises ZeroDivisionError: division by zero"
    ):
        own.build(None, (4,), 2)
    path.write_text("def build(\n")
    with pytest.raises(RecipeError, match=r"^model.architecture: '.*own.py:build' raises SyntaxError: "):
        find_architecture(recipe(f"{path}:build").model)
