"""Amaranth components for dataflow accelerators of binarized and low-bit networks.

Nothing is imported here: take each name from its module.

- `encoding`, `beats`, `timing`: how integers become bits and beats, and when beats move (plain Python)
- `component`: the base classes
- `target`: the fabric that all adapt to
- `counting`, `rom` (with `rom_columns`, `rom_block`), `compressors`, `heap`, `dot`, `accumulate`, `threshold`
  (with `threshold_table`, `comparators`): fixed-latency building blocks
- `slice`, `fifo`, `credit`: registers and queues between streams
- `pack`, `width`, `replay`, `feed`: from one beat shape to another, and again and again
- `dense` (with `dense_numbers`), `argmax`: matrix-vector engine and class index
- `axis`: AXI4-Stream at the edge of the accelerator

A stream component has ports `i` and `o` (`amaranth.lib.stream` with a plain vector as payload, element 0
in the least significant bits), the method `arrivals` and the property `interval`; see `timing`.
Lanes that the last beat of a frame does not fill are zero bits everywhere.
"""
