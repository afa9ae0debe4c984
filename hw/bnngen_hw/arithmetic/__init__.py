"""Fixed-latency arithmetic: popcounts, sums, dot products, thresholds."""
