"""Measurements run by hand: ``benchmarks.gold`` against labels, ``benchmarks.speed`` against a baseline."""
