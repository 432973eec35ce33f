"""Longweave: real documents in, verified long-context RL training data out.

Each sub-package is one room of the pipeline; ``docs/architecture.md`` says what crosses their
boundaries. Imports point one way: ``flows`` to the makers and ``verify``, those to ``synth``.
"""

__version__ = "0.1.0"
