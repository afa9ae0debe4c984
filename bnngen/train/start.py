"""The weights that training begins with, where the recipe names an earlier run or a model file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bnngen.base.errors import ModelFileError, RecipeError
from bnngen.frontend.model_file import read_model
from bnngen.train.architectures import find_architecture
from bnngen.train.checkpoint import finished_run, fitting
from bnngen.train.export import exported
from bnngen.train.exported import ExportedModel, ExportedStep
from bnngen.train.inputs import Prepared, input_bits
from bnngen.train.prune.restore import shrink_to
from bnngen.train.recipe import Recipe
from bnngen.train.trainee import Trainee, build_network

LATENT = 0.5
"""How far from 0 the latent weight behind a sign of a model file begins: the mean of those that training
begins with otherwise, half of the way that `Trainee.clip_latent_weights` leaves it."""

State = Mapping[str, Tensor]

_BODY = "body."
_SCALE = ".act_quant.fused_activation_quant_proxy.tensor_quant.scaling_impl.value"


def start_state(start: Path, recipe: Recipe, prepared: Prepared) -> dict[str, Tensor]:
    """The state of the recipe's network, smaller if ``start`` is a pruned run, with the weights of ``start``.

    ``start`` is the folder of a finished run, or a model file of one. Raises RecipeError, which names the
    layer, if its network is another than the recipe's, or if it is neither.
    """
    network = build_network(recipe, prepared)
    if start.is_file():
        _take_file(start, network, prepared)
    else:
        _take_run(start, network, recipe, prepared)
    return network.copied_state()


def _take_run(start: Path, network: Trainee, recipe: Recipe, prepared: Prepared) -> None:
    """Load what the run in the folder ``start`` has learned, and shrink ``network`` as far as that is
    pruned."""
    run = finished_run(start)
    if run is None:
        raise _refusal(f"'{start}' holds no finished run of bnngen train, and is no model file")
    made, checkpoint = run
    ranks = [find_architecture(r.model).rank for r in (made, recipe)]
    if ranks[0] != ranks[1]:
        raise _refusal(
            f"'{start}' takes inputs of {ranks[0]} axes, the recipe's network of {ranks[1]}: take the "
            f"architecture '{made.model.architecture}'"
        )
    code = replace(prepared.code, bits=input_bits(made.data, made.model.input_bits))
    earlier = build_network(made, replace(prepared, code=code))
    _check_steps(start, ExportedModel(exported(earlier.body, prepared.shape)), network, prepared)
    _check_shapes(start, dict(zip(network.state_dict(), earlier.state_dict().values(), strict=True)), network)
    with fitting():
        shrink_to(network, checkpoint.best)
        # by place: with dropout an activation has another name
        state = dict(zip(network.state_dict(), checkpoint.best.values(), strict=True))
    _check_shapes(start, state, network)
    network.restore(state)


def _take_file(start: Path, network: Trainee, prepared: Prepared) -> None:
    """Load the parameters of the model file ``start``. What it has not is the scale of the loss's scores."""
    try:
        model = ExportedModel(read_model(start))
    except ModelFileError as error:
        raise _refusal(str(error)) from error
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise _foreign(start) from error
    wanted = {
        name: tensor
        for name, tensor in network.state_dict().items()
        if name.startswith(_BODY) and not name.endswith((".num_batches_tracked", _SCALE))
    }
    found = {
        name: _tensor(model.parameters[name.removeprefix(_BODY)])
        for name in wanted
        if name.removeprefix(_BODY) in model.parameters
    }
    if not found:
        raise _foreign(start)
    _check_steps(start, model, network, prepared)
    _check_shapes(start, found, network)
    if missing := [name for name in wanted if name not in found]:
        raise _refusal(f"'{start}' has no '{missing[0].removeprefix(_BODY)}', as files of bnngen train have")
    network.restore({**network.state_dict(), **found, **_scales(model, network.body, prepared)})


def _tensor(values: NDArray[np.generic]) -> Tensor:
    """A parameter in float32; a sign becomes a latent weight that training can still flip."""
    floats = torch.from_numpy(values.astype(np.float32))
    return floats * LATENT if values.dtype == np.int8 else floats


def _scales(model: ExportedModel, body: nn.Module, prepared: Prepared) -> State:
    """Where each unsigned activation saturates: the file has their steps, in the order of computation."""
    order: list[str] = []
    hooks = [
        module.register_forward_hook(lambda *_, name=name: order.append(name))
        for name, module in body.named_modules()
        if f"{name}{_SCALE}" in body.state_dict()
    ]
    with torch.no_grad():
        body.eval()(torch.zeros(2, *prepared.shape))
    for hook in hooks:
        hook.remove()
    scales = zip(order, model.learned_scales, strict=True)
    return {f"{_BODY}{name}{_SCALE}": _range(scale, bits) for name, (scale, bits) in scales}


def _range(scale: np.float32, bits: int) -> Tensor:
    """The float32 number that becomes exactly ``scale`` when it is divided by the greatest code."""
    most = np.float32(2**bits - 1)
    near = scale * most
    candidates = (near, np.nextafter(near, np.float32(0)), np.nextafter(near, np.float32(np.inf)))
    return torch.tensor(next((c for c in candidates if c / most == scale), near))


def _check_steps(start: Path, model: ExportedModel, network: Trainee, prepared: Prepared) -> None:
    """Raises RecipeError at the first step in which ``model`` and ``network`` differ."""
    own = ExportedModel(exported(network.body, prepared.shape)).steps
    for theirs, ours in zip_longest(model.steps, own, fillvalue=ExportedStep("", "nothing more")):
        if theirs != ours:
            raise _differs(start, ours.layer or theirs.layer, theirs.what, ours.what, theirs.layer)


def _check_shapes(start: Path, state: State, network: Trainee) -> None:
    """Raises RecipeError at the first parameter in ``state`` that has another shape in ``network``."""
    for name, tensor in network.state_dict().items():
        if name in state and state[name].shape != tensor.shape:
            layer, parameter = name.removeprefix(_BODY).split(".", 1)
            sizes = ["x".join(map(str, shape)) for shape in (state[name].shape, tensor.shape)]
            raise _differs(start, layer, *(f"{parameter} of {size}" for size in sizes))


def _differs(start: Path, layer: str, theirs: str, ours: str, beside: str = "") -> RecipeError:
    where = "" if beside in ("", layer) else f" in '{beside}'"
    return _refusal(f"layer '{layer}': '{start}' has {theirs}{where}, the recipe makes {ours}")


def _foreign(start: Path) -> RecipeError:
    return _refusal(
        f"'{start}' has no layers named as the recipe's; accepted: the folder of a finished run of bnngen "
        "train, or a model.onnx that bnngen train or compress has left for this architecture"
    )


def _refusal(problem: str) -> RecipeError:
    return RecipeError(problem, "train.start")
