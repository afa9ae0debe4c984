"""The ground: errors, files, the cache, programs. It imports nothing of the project."""
