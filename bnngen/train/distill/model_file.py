"""A model file as the teacher: what its integer network says, times a number that makes it a good judge."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bnngen.api import load
from bnngen.base.errors import DataError, RecipeError
from bnngen.reference.data_file import quantize
from bnngen.reference.resized_samples import ResizedSamples
from bnngen.train.datasets.dataset import Subset
from bnngen.train.inputs import Layout

SHARPNESSES = 2.0 ** np.arange(-10, 5)
"""Numbers that a model's scores may be multiplied by."""
CALIBRATION = 4096
"""Samples by which one is chosen."""


class ModelFile(nn.Module):
    """The integer network of a file, for inputs (N, ...) in its own layout, as samples are stored.

    Its scores are multiplied by the number that makes the training labels likeliest: they may be whole
    numbers of any size, or bits (Guo et al., "On calibration of modern neural networks", ICML 2017). The
    labels also tell whether it takes bytes as they are or as numbers from 0 to 1, which no file says.
    """

    def __init__(self, path: Path, train: Subset) -> None:
        super().__init__()
        self._network = load(path)
        rules = self._network.names.preprocessing
        self._resize = rules.resize if isinstance(rules, ResizedSamples) else None
        if self._network.class_index:
            raise RecipeError(f"'{path}' says only a class; a teacher has to give scores", "distill.teacher")
        try:
            few = self.layout(train.x[:CALIBRATION])
        except DataError as error:
            raise RecipeError(f"'{path}': {error}", "distill.teacher") from error
        if few.shape[1:] != self._network.model_shape:
            raise RecipeError(
                f"'{path}' takes inputs of shape {self._network.model_shape}, not {few.shape[1:]}",
                "distill.teacher",
            )
        labels = torch.from_numpy(train.y[:CALIBRATION])
        units = (None, np.array(1 / 255)) if train.x.dtype == np.uint8 and self._resize is None else (None,)
        found = [(*self._calibrated(torch.from_numpy(few), labels, unit), unit) for unit in units]
        _, self.sharpness, self._unit = min(found, key=lambda each: each[0])

    def _calibrated(self, x: Tensor, labels: Tensor, unit: NDArray[np.float64] | None) -> tuple[float, float]:
        """The least loss of the labels for inputs in steps of ``unit``, and the sharpness that has it."""
        scores = self._scores(x, unit)
        losses = [float(nn.functional.cross_entropy(scores * s, labels)) for s in SHARPNESSES]
        least = int(np.argmin(losses))
        return losses[least], float(SHARPNESSES[least])

    @property
    def layout(self) -> Layout:
        """From stored samples to its inputs."""
        return Layout(len(self._network.model_shape), resize=self._resize)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of its input."""
        return self._network.model_shape

    def forward(self, x: Tensor) -> Tensor:
        """The scores (N, classes) of inputs ``x``."""
        return (self._scores(x, self._unit) * self.sharpness).to(x.device)

    def _scores(self, x: Tensor, unit: NDArray[np.float64] | None) -> Tensor:
        codes = quantize(x.cpu().numpy(), self._network, unit)
        scores = self._network.host.real_outputs(self._network.run(codes))
        return torch.from_numpy(scores.astype(np.float32))
