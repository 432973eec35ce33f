"""Typed triples from plain text without a language model: spaCy's entities and dependencies."""

from longweave.kg.offline.extract import OFFLINE, extract_offline

__all__ = ["OFFLINE", "extract_offline"]
