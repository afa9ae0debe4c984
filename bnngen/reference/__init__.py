"""The golden model, the only truth: exact integers from input file to output file."""
