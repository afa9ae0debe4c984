"""A copy of a module, so that nothing that an exporter does to it is seen."""

from __future__ import annotations

import copy
from typing import Any


def copied(module: Any) -> Any:
    """A copy of a torch module on the CPU, in evaluation mode.

    Raises whatever a module raises that can't be copied.
    """
    made = copy.deepcopy(module, _computed(module))
    return made.cpu().eval()


def _computed(module: Any) -> dict[int, Any]:
    """For `copy.deepcopy`: copies of the tensors that a module keeps of its last run, which torch itself
    copies only where nothing can be differentiated through them."""
    import torch

    known: dict[int, Any] = {}
    for part in module.modules():
        for value in vars(part).values():
            if isinstance(value, torch.Tensor) and not value.is_leaf:
                known[id(value)] = value.detach().clone()
    return known
