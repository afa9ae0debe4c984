"""What people and scripts read of a build, a search, a training or a model."""
