"""Real conversations to questions that code can answer, with no model.

In: dialogue ``Document``s: meetings, chats, histories of an assistant. Out: their turns, and candidates of
two families: one turn among look-alikes to be reproduced (MRCR), and needles; a prover for the finished
samples and what may not pad them.
"""

from longweave.mase.dialogue.conflicts import conflicts_dialogue
from longweave.mase.dialogue.pose import pose_dialogue
from longweave.mase.dialogue.prove import prove_dialogue
from longweave.mase.dialogue.settings import DialogueSettings
from longweave.mase.dialogue.turns import Turn, read_turns

__all__ = [
    "DialogueSettings",
    "Turn",
    "conflicts_dialogue",
    "pose_dialogue",
    "prove_dialogue",
    "read_turns",
]
