"""Train a small binarized network on scikit-learn's digits and export it as QONNX.

Every weight and every hidden activation is -1 or +1, and so is the network's view of the image: the model
itself turns each pixel (0..16) into its sign around mid-grey. What comes out is ready for ``bnngen build``.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler

from bnngen.train.export import store_signs, strip

with warnings.catch_warnings():
    # Brevitas announces at import that an optional kernel, which nothing here uses, is absent
    warnings.simplefilter("ignore")
    import brevitas.nn as qnn
    from brevitas.export import export_qonnx
    from brevitas.quant import SignedBinaryActPerTensorConst, SignedBinaryWeightPerTensorConst

# The architecture: inputs, hidden neurons of each layer, classes. Change it here.
WIDTHS = (64, 256, 64, 10)

PIXEL_MIDDLE = 8.0
SPLIT_SEED = 0
TEST_SAMPLES = 360
VALIDATION_SAMPLES = 300
BATCH = 64
LEARNING_RATE = 0.03
# Augmentation: radians, share of the size, pixels, and grey levels
MAX_TURN = 0.15
MAX_STRETCH = 0.1
MAX_SHIFT = 0.5
PIXEL_NOISE = 1.0
# Integer scores reach +-WIDTHS[-2]; the loss sees them at the size that softmax likes. Training only.
LOSS_TEMPERATURE = 1 / 16


class BinaryWeight(SignedBinaryWeightPerTensorConst):
    """Weights -1 and +1; the quantizer also clips the latent weights to [-1, 1] at every forward pass."""

    scaling_const = 1.0


class BinaryActivation(SignedBinaryActPerTensorConst):
    """Activations -1 and +1, sign(0) = +1; the gradient passes where the input is in [-1, 1]."""

    scaling_const = 1.0


class PixelRange(nn.Module):
    """Pixels 0..16 to -1..1, so that the sign that follows cuts at mid-grey."""

    def forward(self, pixels: Tensor) -> Tensor:
        """Return ``pixels / 8 - 1``, same shape."""
        return pixels / PIXEL_MIDDLE - 1.0


@dataclass(frozen=True)
class Part:
    """One part of the data: ``x`` (N, 64) float32 pixels 0..16 and ``y`` (N,) int64 labels 0..9."""

    x: Tensor
    y: Tensor


@dataclass(frozen=True)
class Result:
    """A trained network with its seed and its accuracy, in per cent, on the validation part."""

    seed: int
    model: nn.Sequential
    validation: float


def load_parts() -> tuple[Part, Part, Part]:
    """Return the training, validation and test parts: stratified, and the same at every run."""
    images, labels = load_digits(return_X_y=True)
    kept, test, kept_y, test_y = train_test_split(
        images, labels, test_size=TEST_SAMPLES, stratify=labels, random_state=SPLIT_SEED
    )
    train, val, train_y, val_y = train_test_split(
        kept, kept_y, test_size=VALIDATION_SAMPLES, stratify=kept_y, random_state=SPLIT_SEED
    )
    pairs = ((train, train_y), (val, val_y), (test, test_y))
    parts = [Part(torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.int64)) for x, y in pairs]
    return parts[0], parts[1], parts[2]


def build_model(widths: tuple[int, ...]) -> nn.Sequential:
    """Return the untrained network: pixels (N, widths[0]) to integer scores (N, widths[-1])."""
    model = nn.Sequential()
    model.add_module("pixel_range", PixelRange())
    model.add_module("pixel_sign", qnn.QuantIdentity(act_quant=BinaryActivation))
    for index, (inputs, outputs) in enumerate(pairwise(widths)):
        dense = qnn.QuantLinear(inputs, outputs, bias=False, weight_quant=BinaryWeight)
        nn.init.uniform_(dense.weight, -1, 1)
        model.add_module(f"dense_{index}", dense)
        if index < len(widths) - 2:
            model.add_module(f"norm_{index}", nn.BatchNorm1d(outputs))
            model.add_module(f"sign_{index}", qnn.QuantIdentity(act_quant=BinaryActivation))
    return model


def distort(x: Tensor, generator: torch.Generator) -> Tensor:
    """Turn, stretch and shift each image of ``x`` (N, 64) a little at random, and add noise to every pixel.

    It happens to the grey image, so that pixels near mid-grey change sign as they would in another scan.
    """
    count = len(x)
    random = 2 * torch.rand(4, count, generator=generator) - 1
    angle, stretch = MAX_TURN * random[0], 1 + MAX_STRETCH * random[1]
    cosine, sine = stretch * angle.cos(), stretch * angle.sin()
    # affine_grid's coordinates run from -1 to 1 over eight pixels
    right, down = MAX_SHIFT / 4 * random[2:]
    rows = torch.stack([cosine, -sine, right, sine, cosine, down], dim=1)
    grid = nn.functional.affine_grid(rows.view(count, 2, 3), [count, 1, 8, 8], align_corners=False)
    moved = nn.functional.grid_sample(x.view(count, 1, 8, 8), grid, align_corners=False)
    return moved.reshape(count, 64) + PIXEL_NOISE * torch.randn(count, 64, generator=generator)


def accuracy(model: nn.Module, part: Part) -> float:
    """Return the per cent of ``part`` that ``model`` classifies correctly."""
    model.eval()
    with torch.no_grad():
        return 100.0 * (model(part.x).argmax(1) == part.y).double().mean().item()


def train_epoch(
    model: nn.Module, part: Part, optimizer: Optimizer, schedule: LRScheduler, generator: torch.Generator
) -> float:
    """Go through ``part`` once in random order; returns the last loss."""
    batches = len(part.x) // BATCH
    order = torch.randperm(len(part.x), generator=generator)
    model.train()
    for chosen in order[: batches * BATCH].view(batches, BATCH):
        scores = model(distort(part.x[chosen], generator))
        loss = nn.functional.cross_entropy(scores * LOSS_TEMPERATURE, part.y[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return loss.item()


def train(train_part: Part, validation: Part, seed: int, epochs: int) -> Result:
    """Train one network with Adam and a cosine learning rate; prints a line at every tenth of the way."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = build_model(WIDTHS)
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    schedule = CosineAnnealingLR(optimizer, epochs * (len(train_part.x) // BATCH))
    for epoch in range(1, epochs + 1):
        loss = train_epoch(model, train_part, optimizer, schedule, generator)
        if epoch % max(1, epochs // 10) == 0:
            reached = accuracy(model, validation)
            progress = f"seed {seed}  epoch {epoch:4d}/{epochs}  loss {loss:.3f}"
            print(f"{progress}  validation {reached:.2f} %", flush=True)
    return Result(seed, model, accuracy(model, validation))


def export_model(model: nn.Module, path: Path, features: int, **options: bool) -> None:
    """Write ``model``, which takes (N, features), to ``path`` as QONNX with a free batch size.

    ``options`` go to ``torch.onnx.export``, over the defaults chosen here.
    """
    model.eval()
    settings = {"dynamo": False, "keep_initializers_as_inputs": False} | options
    exported = export_qonnx(
        model,
        # two samples: a batch of one would be taken for a fixed size
        torch.zeros(2, features),
        input_names=["pixels"],
        output_names=["scores"],
        dynamic_axes={"pixels": {0: "N"}, "scores": {0: "N"}},
        **settings,
    )
    onnx.save(strip(exported), path)


def write_results(out: Path, result: Result, test: Part, epochs: int) -> None:
    """Write the model, the test data and the record of what the model reaches to the folder ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / "digits_1w1a.onnx"
    export_model(result.model, path, WIDTHS[0])
    onnx.save(store_signs(onnx.load(path)), path)
    np.savez_compressed(out / "digits_test.npz", x=test.x.numpy().astype(np.uint8), y=test.y.numpy())
    with torch.no_grad():
        correct = int((result.model(test.x).argmax(1) == test.y).sum())
    record = {
        "widths": list(WIDTHS),
        "seed": result.seed,
        "epochs": epochs,
        "validation_accuracy": round(result.validation, 2),
        "test_samples": len(test.x),
        "test_correct": correct,
    }
    (out / "digits_1w1a.json").write_text(json.dumps(record, indent=2) + "\n")


def spread(name: str, values: list[float]) -> str:
    """Return one line with mean, sample standard deviation and the single values."""
    listed = " ".join(f"{value:.2f}" for value in values)
    deviation = f" +- {np.std(values, ddof=1):.2f}" if len(values) > 1 else ""
    return f"{name} accuracy {np.mean(values):.2f}{deviation} %  ({listed})"


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Train a binarized network on scikit-learn's digits.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for the results")
    parser.add_argument(
        "--seed", type=int, nargs="+", default=[1], help="one or more; the best on validation is kept"
    )
    parser.add_argument("--epochs", type=int, default=200, help="passes over the training part")
    return parser.parse_args()


def main() -> None:
    """Train a network for each seed, keep the best on validation, then look at the test part once."""
    arguments = parse_arguments()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    started = time.perf_counter()
    train_part, validation, test = load_parts()
    results = [train(train_part, validation, seed, arguments.epochs) for seed in arguments.seed]
    best = max(results, key=lambda result: result.validation)
    write_results(arguments.out, best, test, arguments.epochs)
    print(spread("validation", [result.validation for result in results]))
    print(spread("test", [accuracy(result.model, test) for result in results]))
    print(f"kept seed {best.seed}: test accuracy {accuracy(best.model, test):.2f} %, in {arguments.out}")
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
