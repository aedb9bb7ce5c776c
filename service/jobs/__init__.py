"""Jobs: what is to be read while nobody waits. Their file, what happened to them, and who is told of their end. Knows nothing of HTTP and of reading."""
