"""Good proposals of each task type over documents of the sample corpus, as a strong model writes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from longweave.mase.task_type import Posed, Proposal, TaskType
from longweave.mase.types import TASK_TYPES

ADDRESSES = ("sotu-1957-Eisenhower", "sotu-1962-Kennedy")
HYACINTH = "fairytale-prince-hyacinth-and-thedear-little-princess"
MEETING = "qmsum-ES2013a"
STUDY = "plos-journal.pone.0046041"
CLICK = tuple(f"code-click-src.click.{name}" for name in ("types", "utils", "exceptions"))

DOCUMENTS: Mapping[str, Sequence[str]] = {
    "viewpoint_analysis": ADDRESSES,
    "in_context_learning": (STUDY,),
    "manual_outcome": CLICK[:1],
    "code_repository": CLICK,
    "reading_comprehension": ("sotu-1963-Kennedy", "sotu-1964-Johnson"),
    "narrative_causal": (HYACINTH,),
    "narrative_hypothetical": (HYACINTH,),
    "dialogue_memory": (MEETING,),
}
GOOD: Mapping[str, Mapping[str, Any]] = {
    "viewpoint_analysis": {
        "question": "The State of the Union addresses of Eisenhower in 1957 and Kennedy in 1962 both want "
        "pay and profits to keep pace with output per worker. On what do they part when it comes to keeping "
        "a free economy in balance?",
        "answer": "Kennedy wants the executive armed beforehand to act against slumps; Eisenhower fears that "
        "officials who step in wear liberty away.",
        "quotes": [
            "By that process freedom will step by step disappear.",
            "Presidential standby authority, subject to congressional veto, to adjust personal income tax "
            "rates downward within a specified range and time",
            "Our first line of defense against inflation is the good sense and public spirit of business and"
            " labor",
        ],
        "wrong_options": [
            "Kennedy wants a numerical test by which officials can settle wage claims; Eisenhower would "
            "leave such claims to bargaining.",
            "Kennedy holds that rising prices matter less than lost jobs; Eisenhower holds that a prosperous "
            "nation need not fear either.",
            "Kennedy expects both sides of industry to hold back unasked; Eisenhower expects it of labor but "
            "exempts those who set prices.",
        ],
    },
    "in_context_learning": {
        "question": "Apply the study groups of the paper on telling active from latent tuberculosis in "
        "children by IFN-γ and IL-2 ELISPOT. A boy without complaints and with a clear chest film lives with"
        " his father, who is being treated for contagious tuberculosis. His skin swelling after two days "
        "measures 7 mm; his QuantiFERON result is 0.2 IU with a good mitogen response. To which group does "
        "he belong?",
        "answer": "LTBI",
        "quotes": [
            "a positive TST was defined as an induration size ≥5 mm for children in close contact with known"
            " or suspected contagious case of TB disease",
            "In the event of discordant TST/QFT-G-IT results, children were assigned to the corresponding "
            "group on the bases on the TST result",
            "LTBI diagnosis was assigned to any child with a positive TST and no clinical or radiographic "
            "evidence of active TB",
        ],
        "unit": "",
        "labels": ["uninfected", "LTBI", "active TB"],
    },
    "manual_outcome": {
        "question": "A command written with click 8.5.1 has an option of type IntRange(min=3, max=8, "
        "max_open=True, clamp=True). Which integer does the command get when its user gives 8?",
        "answer": "7",
        "quotes": ["return self._clamp(max, -1, self.max_open)", "return bound + dir"],
        "unit": "",
    },
    "code_repository": {
        "question": "A command of click 8.5.1 has an argument of type File opened for writing, with all else"
        " left at its default. Its user names a file in a folder that does not exist, and the body of the "
        "command writes to it without catching anything. Which exception class of click ends the command?",
        "answer": "FileError",
        "quotes": [
            'elif "w" in self.mode:\n            return True',
            "return getattr(self.open(), name)",
            "raise FileError(self.name, hint=e.strerror) from e",
        ],
        "unit": "",
    },
    "reading_comprehension": {
        "question": "By how many billion dollars was the tax relief that Johnson wanted to release in his "
        "State of the Union address of 1964 greater than what would have been left of the cut that Kennedy "
        "announced in his of 1963, once the reforms that were to go with it had taken back their part?",
        "answer": "1",
        "quotes": [
            "I shall propose a permanent reduction in tax rates which will lower liabilities by $13.5 "
            "billion",
            "in the net offset some $3.5 billion of the revenue loss",
            "we must release $11 billion of tax reduction into the private spending stream",
        ],
        "unit": "billion dollars",
    },
    "narrative_causal": {
        "question": "In the tale of Prince Hyacinth, infants at court had their faces tugged several times a "
        "day. Going back along what led to this, which act of the King's, done while he was still unmarried, "
        "set it off?",
        "answer": "treading on the cat's tail",
        "quotes": [
            "the King, without losing a moment, set his foot upon it heavily",
            "You shall have a son, who will never be happy until he finds out that his nose is too long",
            "the courtiers, to get into favor with the Queen, took to pulling their babies' noses several "
            "times every day",
        ],
        "unit": "",
    },
    "narrative_hypothetical": {
        "question": "In the tale of Prince Hyacinth, what would have become of the King if he had confided "
        "to his wife, before their child was born, what had passed between him and the man that the cat "
        "became?",
        "answer": "he would have vanished",
        "quotes": [
            "if you ever tell anyone what I have just said to you, you shall vanish away instantly",
            "they had not been married very long when the King died",
        ],
        "unit": "",
    },
    "dialogue_memory": {
        "question": "In the Product meeting ES2013a, by what factor was the Project Manager's first guess at"
        " how many remote controls would have to be sold greater than the number settled on after doing the "
        "sum?",
        "answer": "25",
        "quotes": ["like what , a hundred million of them", "You'd have to sell four million"],
        "unit": "",
        "labels": [],
    },
}


def propose(name: str, **changes: Any) -> Proposal:
    """The good proposal of this type with ``changes``."""
    fields = {"problem": "", "usable": True, "reasoning": "as quoted", **GOOD[name], **changes}
    return TASK_TYPES[name].proposal.model_validate(fields)


def pose(name: str, turn: int = 0, **changes: Any) -> Posed:
    """As it is asked."""
    return TASK_TYPES[name].pose(propose(name, **changes), turn)


def find_flaw(name: str, passages: Sequence[str], **changes: Any) -> str:
    """The reason for which its type refuses it; empty if it does not."""
    task_type: TaskType = TASK_TYPES[name]
    proposal = propose(name, **changes)
    dropped = task_type.check(proposal, task_type.pose(proposal, 0), passages)
    return dropped.reason if dropped else ""
