"""What a model reads in a chunk of a document: statements, not yet believed.

In: a chunk. Out: ``Statement``s as the model gave them; ``kg.ground`` checks each against the text. With
``passes`` above 1 the model is shown what it found and asked for what it missed.
"""

from longweave.kg.chunks import Chunk
from longweave.kg.records import Statement
from longweave.kg.settings import ExtractSettings
from longweave.synth.llm.client import Asker
from longweave.synth.llm.errors import AnswerError
from longweave.synth.llm.prompting import load_prompt, render_documents
from longweave.synth.llm.request import Prompt
from longweave.synth.llm.typed import ModelAnswer
from longweave.synth.prompt import PromptPiece
from longweave.synth.records import Document, content_id

MODEL = "model"


# As it comes: one bad fact is rejected by itself, by ``kg.ground``, not the answer with all others. (Not a
# docstring, which would go into the schema that the model is shown.)
class _Fact(ModelAnswer):
    subject: str
    subject_type: str
    relation: str
    object: str
    object_type: str
    time: str
    quote: str


class _Facts(ModelAnswer):
    facts: list[_Fact]


async def extract_chunk(
    document: Document, chunk: Chunk, asker: Asker, settings: ExtractSettings, seed: int
) -> list[Statement]:
    """The statements that the model finds in ``chunk``, in the order in which it gives them.

    Raises:
        AnswerError: The model gave no usable answer.
        RunError: The run cannot go on.
    """
    shown = render_documents([PromptPiece(document.title, document.text[chunk.start : chunk.end])])
    instruction = load_prompt(__package__, "extract.txt", most=str(settings.most_facts))
    found: list[_Fact] = []
    for number in range(settings.passes):
        text = instruction
        if number:
            listed = "\n".join(f"- {fact.subject} | {fact.relation} | {fact.object}" for fact in found)
            missed = load_prompt(__package__, "extract_missed.txt", found=listed or "- none")
            text = f"{instruction}\n\n{missed}"
        own_seed = int(content_id(seed, number, chunk.doc_id, chunk.start)[:7], 16)
        try:
            (answer,) = await asker.ask("extractor", Prompt(text, shown), _Facts, seed=own_seed)
        except AnswerError:
            if not number:
                raise
            break  # what was found before stands
        found += answer.value.facts[: settings.most_facts]
    return [
        Statement(doc_id=chunk.doc_id, start=chunk.start, end=chunk.end, extractor=MODEL, **fact.model_dump())
        for fact in found
    ]
