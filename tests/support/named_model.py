"""A model file that carries names, as those of bnngen train do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx

from bnngen.reference.names import Names
from bnngen.reference.preprocessing import NumberColumn, Preprocessing
from tests.frontend.onnx_file import File

RULES = Preprocessing(tuple(NumberColumn(name, (0.5,), True, -1, 2) for name in ("left", "right")), "state")
NAMES = Names(("ok", "worn", "broken"), RULES.names, RULES)


def named_model(path: Path, metadata: Mapping[str, str] = NAMES.to_metadata()) -> Path:
    """Two bipolar inputs, three classes."""
    model = File(2)
    signs = model.bipolar("x", name="signs")
    hidden = model.bipolar(model.node("MatMul", signs, np.array([[1.0, -1], [1, 1]]), name="hidden"))
    model.save(path, model.node("MatMul", hidden, np.array([[1.0, -1, 1], [1, 1, -1]]), name="scores"))
    written = onnx.load(path)
    onnx.helper.set_model_props(written, dict(metadata))
    onnx.save(written, path)
    return path
