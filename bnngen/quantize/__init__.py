"""Post-training quantization: a float network becomes one of 8 to 2 bits, without training."""
