"""What a layer's foldings cost on a board: cycles, LUTs, memories."""
