"""Memories of constants: weights, thresholds, and what borders of a map add."""
