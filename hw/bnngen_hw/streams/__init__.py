"""Between two streams: registers, queues, forks, and changes of the beat's shape."""
