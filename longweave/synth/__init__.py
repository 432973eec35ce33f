"""What every maker shares: records, run directory, stages, settings, tokens, context assembly, answers,
export.

Knows none of the other rooms. The modules are its names: ``synth.records``, ``synth.stage``,
``synth.context``, …
"""
