"""Planted faults: how many of them the gates of a run catch, and how many good samples they cost.

``python -m benchmarks.gates`` makes a run from ``data/sample``, puts good samples and samples with one
planted fault each where ``extend_context`` has left its own, and takes the remaining steps of the pipeline
with scripted models behind a socket. Which sample has which fault only the benchmark knows; gates see rows.
"""
