"""Clean files: every model that can be read, written as QONNX that leaves nothing open."""
