"""Straight-through estimators: what stands in for the gradient of the sign. One a file."""
