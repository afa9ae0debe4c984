"""What can't become integers, why, and what to do instead: one table, for messages and for the pages.

An operator is its domain and its name. A domain that ends in a star stands for all that begin so.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass

from bnngen.base.text import joined

PAGE = "docs/import.md#operators"
"""Where the supported operators are listed."""


@dataclass(frozen=True)
class Remedy:
    """``because``: the reason, in words that follow "is not supported: "; ``instead``: what to do, as an
    order. ``keeps_shape``: the output has the shape of the first input."""

    because: str
    instead: str
    keeps_shape: bool = False


def _table(*rows: tuple[str, str, Remedy]) -> dict[tuple[str, str], Remedy]:
    """Rows of a domain, the names of its operators (none: all), and the remedy."""
    return {
        (domain, operator): remedy
        for domain, operators, remedy in rows
        for operator in operators.split() or [""]
    }


_BEFORE = Remedy(
    "it is a layer of FINN's hardware, which has lost the network's numbers",
    "give bnngen the file from before that step (FINN's step_streamline and earlier; its intermediate models "
    "are in the build's intermediate_models folder)",
)
_FRAME_NORM = Remedy(
    "its mean and variance are those of each frame, so that no threshold is the same for two frames",
    "train with BatchNorm1d or BatchNorm2d in its place, whose statistics are constants",
    keeps_shape=True,
)
_RECURRENT = Remedy(
    "its state goes round a loop of real numbers, and an accelerator here is a pipeline of integers",
    "use a stack of Conv1d or dense layers over a window of time steps",
)
_ATTENTION = Remedy(
    "it multiplies computed tensors with each other and divides by their sums, which are no thresholds",
    "use convolutions and dense layers, with BatchNorm in the place of LayerNorm",
)
_NOT_MONOTONE = Remedy(
    "it rises and falls, so that a level of the quantiser behind it is not one threshold",
    "use ReLU, Hardtanh, ReLU6 or LeakyReLU in its place, and train again",
    keeps_shape=True,
)
_CONTROL = Remedy(
    "what runs is decided while it runs, and hardware is fixed",
    "export a static graph: torch.onnx.export(..., dynamo=True) or torch.jit.trace unroll loops and take one "
    "branch of each condition",
)
_DATA_SHAPE = Remedy(
    "the shape of its result depends on the numbers of the frame",
    "cut the network in front of it, and leave it to the host",
)
_DETECTION = Remedy(
    "it chooses and places boxes, which is work for the host",
    "cut the network in front of it: export the heads' raw outputs",
)
LOOKUP = Remedy(
    "it reads at places that are computed",
    "use one-hot inputs and a dense layer in the place of a table, and fixed slices in the place of indices",
)
_RANDOM = Remedy(
    "its numbers are random", "export the model in evaluation mode: model.eval() before the export"
)
_TEXT = Remedy("it works on text", "turn text into numbers on the host, and export the network behind that")
_SEQUENCE = Remedy(
    "it works on lists of tensors or on tensors that may be missing",
    "export with fixed shapes: plain tensors in and out, and lists unrolled (torch.onnx.export traces them)",
)
_SIGNAL = Remedy(
    "it is a front end in real or complex numbers",
    "compute it on the host, and export the network from its first quantiser on",
)
_LOSS = Remedy("it is a part of training", "export the model itself, in evaluation mode, without its loss")
_SPREAD = Remedy(
    "it computes with real numbers that no integer layer here has",
    "keep it outside: cut the network in front of it, and leave it to the host",
)
_ROOTS = Remedy(
    "it divides each frame by its own length, so that no threshold is the same for two frames",
    "normalise the weights in training, not the activations, or leave it to the host",
)
_MATRIX = Remedy(
    "it may multiply computed tensors, by a formula in text",
    "write it as torch.nn.Linear, torch.matmul with constant weights, or Conv",
)
_DYNAMIC = Remedy(
    "its scale depends on the frame, and hardware has one scale",
    "quantise statically: onnxruntime.quantization.quantize_static with calibration data in the place of "
    "quantize_dynamic",
)
_FUSED = Remedy(
    "it is of ONNX Runtime's own, left by an optimisation of the file",
    "quantise or save the file without it: graph_optimization_level = ORT_ENABLE_BASIC or lower in "
    "SessionOptions, quant_pre_process(skip_optimization=True), and no onnxruntime.transformers.optimizer",
)
_QUANTIZED_RECURRENT = Remedy(
    "its weights are integers, but its state and its gates are real numbers that go round a loop",
    "use a stack of quantised Conv1d or dense layers over a window of time steps",
)
_FLOAT_QUANT = Remedy(
    "it rounds to small floating-point numbers, and hardware here has integers",
    "use Brevitas' integer quantisers (Int8WeightPerTensorFloat, Int8ActPerTensorFloat and theirs) in the "
    "place of the Fp8 ones",
    keeps_shape=True,
)

REMEDIES = _table(
    ("finn.custom_op.fpgadataflow*", "", _BEFORE),
    (
        "finn",
        "StreamingFCLayer_Batch ConvolutionInputGenerator Thresholding_Batch StreamingMaxPool_Batch "
        "StreamingDataWidthConverter_Batch StreamingFIFO StreamingDataflowPartition IODMA TLastMarker "
        "DuplicateStreams_Batch AddStreams_Batch FMPadding_Batch GlobalAccPool_Batch LabelSelect_Batch",
        _BEFORE,
    ),
    ("finn.custom_op.general", "StreamingDataflowPartition XnorPopcountMatMul Im2Col", _BEFORE),
    (
        "qonnx.custom_op.general",
        "XnorPopcountMatMul Im2Col",
        Remedy(
            "it is what qonnx's or FINN's lowering leaves of Conv or MatMul",
            "give the file from before that step (LowerConvsToMatMul, ConvertBipolarMatMulToXnorPopcount)",
        ),
    ),
    (
        "qonnx.custom_op.general",
        "GenericPartition",
        Remedy(
            "it stands for a network in a file of its own",
            "give that file, or the one from before the partitioning",
        ),
    ),
    ("qonnx.custom_op.general", "FloatQuant", _FLOAT_QUANT),
    ("onnx.brevitas", "FloatQuant", _FLOAT_QUANT),
    (
        "qonnx.custom_op.channels_last",
        "",
        Remedy(
            "the file was converted to channels last",
            "leave out that step (qonnx's ConvertToChannelsLastAndClean), and save it channels first",
        ),
    ),
    ("com.microsoft", "", _FUSED),
    ("com.microsoft.nchwc", "", _FUSED),
    ("com.microsoft", "DynamicQuantizeMatMul MatMulIntegerToFloat", _DYNAMIC),
    ("com.microsoft", "QuantizeBFP DequantizeBFP MatMulNBits MatMulBnb4", _FLOAT_QUANT),
    (
        "com.microsoft",
        "Attention QAttention MultiHeadAttention GroupQueryAttention SkipLayerNormalization "
        "EmbedLayerNormalization QEmbedLayerNormalization RotaryEmbedding",
        _ATTENTION,
    ),
    ("com.microsoft", "Gelu FastGelu BiasGelu QuickGelu QGelu BiasSplitGelu", _NOT_MONOTONE),
    ("com.microsoft", "Inverse Irfft Rfft", _SPREAD),
    (
        "ai.onnx.ml",
        "",
        Remedy(
            "it is classical machine learning (trees, support vectors, encoders), no network",
            "export a torch network, or leave the step to the host",
        ),
    ),
    (
        "ai.onnx.preview.training",
        "",
        Remedy("it is a part of training", "export the model itself, in evaluation mode"),
    ),
    (
        "org.pytorch.aten",
        "",
        Remedy(
            "the exporter found no ONNX operator and left torch's own",
            "export with operator_export_type = ONNX and a newer opset, or write the layer with torch.nn's",
        ),
    ),
    (
        "pkg.onnxscript.torch_lib*",
        "",
        Remedy(
            "the exporter left a function of its library whose body is not in the file",
            "export again with torch.onnx.export(..., dynamo=True, optimize=True)",
        ),
    ),
    (
        "ai.onnx.contrib",
        "",
        Remedy(
            "it is of onnxruntime-extensions, which prepare text and pictures",
            "prepare the data on the host, and export the network behind that",
        ),
    ),
    (
        "tf*",
        "",
        Remedy(
            "the converter found no ONNX operator and left TensorFlow's or Keras' own",
            "build the layer of Keras' Dense, Conv2D, ReLU and pooling, or of QKeras' quantisers, and "
            "convert again (tf2onnx, qonnx.converters.keras)",
        ),
    ),
    ("", "LSTM GRU RNN", _RECURRENT),
    ("com.microsoft", "QLSTM DynamicQuantizeLSTM", _QUANTIZED_RECURRENT),
    ("", "Attention RotaryEmbedding", _ATTENTION),
    (
        "",
        "LayerNormalization InstanceNormalization GroupNormalization RMSNormalization "
        "MeanVarianceNormalization",
        _FRAME_NORM,
    ),
    ("", "LpNormalization LRN ReduceL2 LpPool GlobalLpPool", _ROOTS),
    ("", "Gelu HardSwish Mish Swish Sin Cos Tan Sinh Cosh", _NOT_MONOTONE),
    ("", "Loop If Scan", _CONTROL),
    ("", "NonZero Unique Compress", _DATA_SHAPE),
    ("", "NonMaxSuppression RoiAlign MaxRoiPool", _DETECTION),
    (
        "",
        "GridSample AffineGrid DeformConv",
        Remedy(
            "it reads between the elements of a map, at places that are computed",
            "sample with strides, pooling or nearest-neighbour Upsample",
        ),
    ),
    ("", "GatherElements GatherND Scatter ScatterElements ScatterND OneHot TensorScatter", LOOKUP),
    ("", "Multinomial Bernoulli RandomNormal RandomNormalLike RandomUniform RandomUniformLike", _RANDOM),
    ("", "StringNormalizer StringConcat StringSplit RegexFullMatch TfIdfVectorizer", _TEXT),
    (
        "",
        "SequenceConstruct SequenceEmpty SequenceInsert SequenceErase SequenceAt SequenceLength SequenceMap "
        "SplitToSequence ConcatFromSequence Optional OptionalGetElement OptionalHasElement",
        _SEQUENCE,
    ),
    ("", "DFT STFT MelWeightMatrix HannWindow HammingWindow BlackmanWindow ImageDecoder", _SIGNAL),
    ("", "NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss", _LOSS),
    ("", "Det CumSum ReduceLogSum ReduceLogSumExp ReduceSumSquare", _SPREAD),
    ("", "Einsum", _MATRIX),
    ("", "DynamicQuantizeLinear", _DYNAMIC),
    (
        "",
        "MaxUnpool",
        Remedy("it puts elements back at places that are computed", "use a nearest-neighbour Upsample"),
    ),
)
"""By domain and operator; an operator without a name stands for the others of its domain."""


def remedy_of(domain: str, operator: str) -> Remedy | None:
    """What to do about an operator; None where nothing is known of it."""
    domain = "" if domain == "ai.onnx" else domain
    found = REMEDIES.get((domain, operator)) or REMEDIES.get((domain, ""))
    if found is None:
        starred = (r for (d, _), r in REMEDIES.items() if d.endswith("*") and domain.startswith(d[:-1]))
        found = next(starred, None)
    return found


def near_operators(operator: str, supported: Collection[str]) -> str:
    """The supported operators with a name like this one, and where all of them are listed."""
    near = difflib.get_close_matches(operator, sorted(supported), n=3, cutoff=0.6)
    meant = f"is {joined(near, 'or')} meant? " if near else ""
    return f"{meant}All that are supported are listed in {PAGE}"
