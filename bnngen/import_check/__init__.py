"""Whether the integer network is what its file means: an evaluation of the file itself, without the importer.

The golden model and the Verilog share the importer's reading of the file, so they agree even where that is
wrong. Here onnx's reference evaluator runs the file's own nodes in double precision.
"""
