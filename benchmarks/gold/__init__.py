"""Metrics against gold labels, one module per set; run as ``python -m benchmarks.gold SET BUNDLE``."""
