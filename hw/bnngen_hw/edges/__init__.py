"""The accelerator's ends: AXI4-Stream, and a serial line for a board."""
