"""From a large network to one that fits a board: which sizes fit, and which of those learns most."""
