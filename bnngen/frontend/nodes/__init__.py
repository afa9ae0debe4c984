"""Readers of the ONNX operators, by kind. Importing this package registers them all."""

from bnngen.frontend.nodes import constants, elementwise, heads, linear, moving, quantizers, shaping, windows

__all__ = ["constants", "elementwise", "heads", "linear", "moving", "quantizers", "shaping", "windows"]
