"""Questions that no graph or table gives: asked by models and evolved, or read out of dialogues by code."""
