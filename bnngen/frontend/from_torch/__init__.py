"""A torch module becomes an ONNX file in memory, without its user choosing an exporter."""
