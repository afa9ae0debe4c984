"""Training: a recipe becomes a quantised network as a QONNX file. What uses torch needs the extra `train`."""
