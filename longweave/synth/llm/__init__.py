"""The model client: every question that a stage asks a model goes through here.

In: ``ModelSettings`` (who answers in which role), a ``Prompt``, the type of the answer. Out: typed answers.

- ``loop.open_models`` runs a stage's records on one event loop, each with a ``client.Asker`` to ask by.
- ``store.AnswerStore`` keeps raw responses, so that none is paid for twice; ``typed`` reads them.
- ``line``, ``capacity``, ``patience`` and ``budget`` decide what is sent, when, where, and how often.
- ``backends`` are the servers that we start ourselves.

Importing this package imports nothing; the ``openai`` library is loaded only by those who ask.
"""
