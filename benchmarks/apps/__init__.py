"""What benchmarks serve: the platform, and the bare limit beside it."""
