"""Small files that were read wrongly, or not at all, or without an end: each is right now, or refused by name."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pytest

import bnngen
from bnngen.base.errors import ModelError
from bnngen.import_check.check import check_import
from bnngen.reference.network import Network

RIGHT = [
    "batch4_reshape",
    "data_bip",
    "esc",
    "map_out_bn",
    "markup",
    "opx_clip",
    "prime",
    "resh_conv",
    "squeeze1_conv1d",
    "squeeze_conv1d",
    "tchain_Add_400",
    "unsq2_conv",
    "unsq_add",
    "unsq_maxpool",
    "wide_800",
    "local_function_relu_is_neg_mid",
]
REFUSED = {
    "attr_maxpool_no_kernel": r"^layer 'MaxPool_3': MaxPool lacks its attribute kernel_shape$",
    "attr_pads_floats": r"^layer 'Conv_1': Conv has its attribute pads of type FLOATS; accepted: INTS$",
    "attr_quant_rounding_int": r"^layer 'Quant_0': Quant has its attribute rounding_mode of type INT; accep",
    "chlast_maxpool": r"^layer 'mp': MaxPool is of the domain 'qonnx.custom_op.channels_last', which is not s",
    "dos_concat_double40": r"^layer 'Concat_\d+': Concat makes a tensor of [\d,]+ elements; at most 16,777,216 ",
    "dos_convpads_1e+09": r"^layer 'Conv_1': Conv makes a padded map of [\d,]+ elements; at most 16,777,216 ",
    "dos_square24_const": r"^layer 'Mul_12': Mul leads to exact numbers of more than 65,536 bits; ",
    "dropout_training": r"^layer 'Dropout_1': Dropout is in training mode; export the model in evaluation m",
    "foreign_domain_matmul": r"^layer 'MatMul_1': MatMul is of the domain 'evil', which is not supported: ",
    "gemm_bias_col_end": r"^layer 'Gemm_2': Gemm has parameters of shape \(4, 1\) for a tensor of shape \(1, 4\)",
    "in_dim_1099511627776": r"^layer 'x': the input makes frames of 1,099,511,627,776 elements; at most 16,",
    "int64_overflow2": r"^layer 'MatMul_13': makes sums of 70 bits; at most 62 are supported: ",
    "narrow_5": r"^layer 'Quant_1': Quant has narrow = 5; accepted are 0 and 1$",
    "noattr_Cast": r"^layer 'Cast_1': Cast lacks its attribute to$",
    "ovf_8": r"^layer 'MatMul_7': makes sums of 71 bits; at most 62 are supported: ",
    "ovf_bq": r"^layer 'MatMul_7': makes sums of 67 bits; at most 62 are supported: ",
    "sum_bcast": r"^layer 'Add_4': Add of tensors of shapes \(1, 3\) and \(1, 3, 1, 1\) is not supported: ",
    "sum_factors": r"^layer 'Add_\d+': makes sums of \d+ bits; at most 62 are supported: ",
    "trunc_init": r"^layer 'MatMul_1': reads the tensor 'c5', which does not hold the 30 numbers of its shape$",
    "undef_dt": r"^layer 'MatMul_1': reads the tensor 'c5', which is of the unknown type 0$",
}
SECONDS = 60
"""Of processor time, a guard against what never ends: the longest takes four, thrice that while coverage is measured."""


def load(shared: Path, name: str) -> Network:
    start = time.process_time()
    try:
        return bnngen.load(shared / "cases" / "faults" / f"{name}.onnx")
    finally:
        assert time.process_time() - start < SECONDS


@pytest.mark.parametrize("name", RIGHT)
def test_it_is_right(shared: Path, name: str) -> None:
    network = load(shared, name)
    shape = (64, *network.model_shape)
    for x in (
        np.random.default_rng(0).integers(-8, 9, shape) / 4,
        np.random.default_rng(1).normal(0, 3, shape),
    ):
        found = check_import(network, x)
        assert (found.differing, found.undecided) == (0, 0), found


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_by_name(shared: Path, name: str) -> None:
    with pytest.raises(ModelError) as error:
        load(shared, name)
    assert re.search(REFUSED[name], str(error.value)), error.value


def test_every_case_is_here(shared: Path) -> None:
    """But for those that only other commands read: float networks, which are to be quantised."""
    files = {path.stem for path in (shared / "cases" / "faults").glob("*.onnx")}
    assert files == {*RIGHT, *REFUSED, "f_clip", "f_relu"}
