"""Which folding and which memories each layer gets: one exact choice for one board."""
