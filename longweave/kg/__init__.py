"""Documents to multi-hop questions by way of a knowledge graph."""
