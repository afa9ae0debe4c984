"""The one place that imports Brevitas, which announces an optional kernel that nothing here uses."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import brevitas.nn as qnn
    from brevitas.export import export_qonnx
    from brevitas.inject import ExtendedInjector
    from brevitas.inject.enum import RestrictValueType, ScalingImplType, ScalingPerOutputType
    from brevitas.quant.base import IntQuant, NarrowIntQuant, UintQuant
    from brevitas.quant.binary import SignedBinaryActPerTensorConst, SignedBinaryWeightPerTensorConst
    from brevitas.quant.solver import ActQuantSolver, WeightQuantSolver

__all__ = [
    "ActQuantSolver",
    "ExtendedInjector",
    "IntQuant",
    "NarrowIntQuant",
    "RestrictValueType",
    "ScalingImplType",
    "ScalingPerOutputType",
    "SignedBinaryActPerTensorConst",
    "SignedBinaryWeightPerTensorConst",
    "UintQuant",
    "WeightQuantSolver",
    "export_qonnx",
    "qnn",
]
