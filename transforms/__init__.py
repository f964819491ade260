"""What a program becomes: derivatives, batches, and smaller programs."""
