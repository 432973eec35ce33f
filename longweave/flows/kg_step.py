"""Documents to candidates by way of a knowledge graph: the steps under ``kg/``.

``chunks/`` what is read → ``statements/`` what an extractor says → ``triples/`` what the documents bear out →
``pairs/`` which names may be one thing → ``decisions/`` which of the doubtful ones are → ``woven/`` triples
between nodes → ``paths/`` → ``plans/`` what is asked about each → ``candidates/`` in words. There is one
graph per split and domain.
"""

from longweave.flows.kg_ask import ask_questions, perturb_chains, sample_chains
from longweave.flows.kg_read import choose_passages, extract_facts, ground_facts
from longweave.flows.kg_weave import decide_names, pair_names, weave_entities

WEAVING = (
    choose_passages,
    extract_facts,
    ground_facts,
    pair_names,
    decide_names,
    weave_entities,
    sample_chains,
    perturb_chains,
    ask_questions,
)
"""The steps of this maker, in order."""
