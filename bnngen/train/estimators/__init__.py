"""Straight-through estimators: what stands in for the gradient of the sign. One a file."""

from __future__ import annotations

from bnngen.train.estimators.annealed import Annealed
from bnngen.train.estimators.approx_sign import ApproxSign
from bnngen.train.estimators.clipped import Clipped
from bnngen.train.estimators.sign import Estimator

ESTIMATORS: dict[str, type[Estimator]] = {
    "clipped": Clipped,
    "approx_sign": ApproxSign,
    "annealed": Annealed,
}
