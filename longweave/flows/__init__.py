"""Wiring: the pipeline's steps over shards, the ``longweave`` command, and the Prefect flows.

In: ``RunSettings``. Out: a run directory. No prompt, no parsing, no rule is written here.
"""
