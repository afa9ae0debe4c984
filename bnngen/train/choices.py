"""Every name that a recipe may use: what it stands for, and in which file that is.

A new one is its file and a line here. The files are imported at their first use: a recipe is checked without
torch.
"""

from __future__ import annotations

from dataclasses import dataclass

from bnngen.base.registry import Choice, Registry


@dataclass(frozen=True)
class NetworkChoice(Choice):
    """A module with ``RANK``, that of its input (1 for vectors), and ``build``; the sizes for those that the
    recipe does not give; and which of the optional ones it takes at all."""

    widths: tuple[int, ...]
    dense: tuple[int, ...] = ()
    kernel: int = 3
    padding: int = 1
    end: str = "flatten"
    takes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unit(Choice):
    """A function that chooses what goes; the fields of the recipe that say how much: those it needs, and
    those it may have."""

    needed: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


SOURCES = Registry(
    "data set",
    "bnngen.train.datasets",
    {
        "csv": Choice("csv", "a file with a head line"),
        "digits": Choice("digits", "1,797 digits of 8 x 8"),
        "fashion_mnist": Choice("fashion_mnist", "Fashion-MNIST"),
        "idx": Choice("idx", "a folder of IDX files"),
        "images": Choice("images", "a folder of pictures"),
        "mnist": Choice("mnist", "MNIST"),
        "mnist_5000": Choice("mnist_5000", "5,000 MNIST images"),
        "npz": Choice("npz", "arrays"),
    },
)
"""Modules with a function ``load(table) -> Samples``."""

_BLOCKS = ("depths", "kernels")
_CONVS = (*_BLOCKS, "end")

ARCHITECTURES = Registry(
    "architecture",
    "bnngen.train.architectures",
    {
        "mlp": NetworkChoice("mlp", "dense", (64, 64)),
        "tfc": NetworkChoice("mlp", "dense", (64, 64, 64)),
        "sfc": NetworkChoice("mlp", "dense", (256, 256, 256)),
        "lfc": NetworkChoice("mlp", "dense", (1024, 1024, 1024)),
        "cnv": NetworkChoice("cnv", "two convolutions for each width", (64, 128, 256), (512, 512), padding=0),
        "vgg": NetworkChoice(
            "vgg",
            "convolutions that keep the map, a pool between widths",
            (16, 32, 64),
            end="mean",
            takes=_CONVS,
        ),
        "residual": NetworkChoice(
            "residual", "a stem, two residual blocks for each width", (16, 32, 64), takes=_BLOCKS
        ),
        "separable": NetworkChoice(
            "separable", "a stem, a depthwise and a 1 x 1 convolution", (16, 32, 64), takes=_BLOCKS
        ),
        "inverted": NetworkChoice(
            "inverted", "a stem, inverted bottlenecks", (16, 24, 32), takes=(*_BLOCKS, "expand")
        ),
        "kws_mlp": NetworkChoice("mlp", "dense", (128, 128, 128)),
        "kws_conv": NetworkChoice("conv1d", "convolution and pool over time", (64, 64), (64,), takes=_CONVS),
    },
)

ESTIMATORS = Registry(
    "estimator",
    "bnngen.train.estimators",
    {
        "clipped": Choice("clipped:Clipped", "the clipped identity"),
        "approx_sign": Choice("approx_sign:ApproxSign", "a piecewise polynomial"),
        "annealed": Choice("annealed:Annealed", "a tanh that becomes steeper"),
    },
)
"""Subclasses of `bnngen.train.estimators.sign.Estimator`."""

OPTIMIZERS = Registry(
    "optimizer",
    "bnngen.train",
    {
        "adam": Choice("optimizers:adam", "Adam"),
        "adamw": Choice("optimizers:adamw", "Adam with decoupled weight decay"),
        "sgd": Choice("optimizers:sgd", "gradient descent with Nesterov's momentum"),
    },
)
"""Functions of groups of parameters and a learning rate."""

RATES = Registry(
    "schedule of the learning rate",
    "bnngen.train",
    {
        "cosine": Choice("optimizers:cosine", "half a cosine"),
        "linear": Choice("optimizers:linear", "a straight line"),
        "constant": Choice("optimizers:constant", "the same to the end"),
    },
)
"""Functions from how far training is, 0 to 1, to the share of the learning rate."""

LOSSES = Registry(
    "loss of a teacher",
    "bnngen.train.distill",
    {
        "response": Choice("response:ResponseLoss", "between softened answers"),
        "feature": Choice(
            "feature:FeatureLoss", "between a learned map of the last hidden layer and the teacher's"
        ),
        "relation": Choice("relation:RelationLoss", "between distances and angles of samples in both"),
    },
)
"""Modules as `bnngen.train.distill` describes them; the field of that name in ``[distill]`` is the weight."""

UNITS = Registry(
    "unit of pruning",
    "bnngen.train.prune.units",
    {
        "weights": Unit("weights:choose", "single weights", ("amount",)),
        "neurons": Unit("neurons:choose", "neurons, and channels of convolutions", (), ("amount", "widths")),
        "layers": Unit("layers:choose", "whole layers", ("amount",)),
        "fan_in": Unit("fan_in:choose", "inputs of each neuron", ("fan_in",), ("group",)),
        "blocks": Unit("blocks:choose", "blocks of weights", ("amount", "pe", "simd")),
    },
)
"""Functions of the type `bnngen.train.prune.units.Choose`."""

SCORES = Registry(
    "score",
    "bnngen.train.prune.scores",
    {
        "magnitude": Choice("magnitude:Magnitude", "the latent weight's distance from 0"),
        "taylor": Choice("taylor:Taylor", "the change of the loss, to first order"),
        "fisher": Choice("fisher:Fisher", "the same to second order"),
        "surgeon": Choice("surgeon:Surgeon", "the error that is left when all others make up for it"),
        "norm_scale": Choice("norm_scale:NormScale", "the batch norm's factor"),
        "nisp": Choice("nisp:Nisp", "how much of the scores comes from here"),
    },
)
"""Subclasses of `bnngen.train.prune.scores.Score`."""

SCHEDULES = Registry(
    "schedule of pruning",
    "bnngen.train.prune.schedules",
    {
        "one_shot": Choice("one_shot", "all at once"),
        "iterative": Choice("iterative", "in `steps`, each the same share of what is left"),
        "polynomial": Choice("polynomial", "in front of each of the first `steps` epochs, ever less"),
    },
)
"""Modules as `bnngen.train.prune.schedules` describes them."""

RECOVERIES = Registry(
    "recovery",
    "bnngen.train.prune.recoveries",
    {
        "continue": Choice("go_on:origin", "the weights that are left go on"),
        "rewind": Choice("rewind:origin", "they are set back to those in front of the epoch `rewind_epoch`"),
        "scratch": Choice("scratch:origin", "they begin anew, with another seed"),
    },
)
"""Functions ``origin`` as `bnngen.train.prune.recoveries` describes them."""
