"""Speed as ratios against a named baseline of the same run: ``python -m benchmarks.speed [NAME …]``."""
