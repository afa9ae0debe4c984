"""A dataflow as Verilog, with the description of its ports."""
