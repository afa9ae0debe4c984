"""What keeps words between layers: line buffers, queues, joins, replayed vectors."""
