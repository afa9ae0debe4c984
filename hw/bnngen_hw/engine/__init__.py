"""The matrix-vector engine: XNOR-popcount and integer products, folded."""
