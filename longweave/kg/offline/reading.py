"""A sentence with what its nouns and pronouns stand for, and which of its clauses state something."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from spacy.tokens import Span, Token

from longweave.kg.offline.mention import Mention
from longweave.kg.offline.words import CLASSES, DOUBTS, GOING_ON, MODALS, NAMED_SO, REPORTING, SUPPOSING
from longweave.kg.records import VALUE_TYPES

_SUBJECTS = ("nsubj", "nsubjpass")


@dataclass(frozen=True, slots=True)
class Reading:
    """``by_root`` are mentions by the token that stands for them, names as well as pronouns; ``same_as``
    common nouns that a copula or an apposition equates with a mention. ``quoted`` are tokens in quotes;
    ``is_told`` says that the sentence is neither a question nor someone speaking to someone."""

    sentence: Span
    by_root: Mapping[int, Mention]
    inside: Mapping[int, Mention]
    same_as: Mapping[int, Mention]
    quoted: frozenset[int]
    is_told: bool

    @classmethod
    def of(cls, sentence: Span, mentions: Iterable[Mention], stands_for: Mapping[int, Mention]) -> "Reading":
        """The reading of ``sentence``."""
        doc = sentence.doc
        by_root = {
            index: mention
            for mention in mentions
            for index in range(mention.start, mention.end)
            if not mention.start <= doc[index].head.i < mention.end or index == mention.root
        }
        inside = {index: mention for mention in mentions for index in range(mention.start, mention.end)}
        by_root.update({index: m for index, m in stands_for.items() if index not in inside})
        same_as = dict(_find_equal(sentence, by_root))
        return cls(sentence, by_root, inside, same_as, _find_quoted(sentence, inside), _is_told(sentence))

    def at(self, token: Token) -> Mention | None:
        """What ``token`` stands for, as the head of a phrase."""
        mention = self.by_root.get(token.i)
        if mention is not None or token.i in self.inside:
            return mention
        if token.pos_ not in ("NOUN", "PROPN"):
            return None
        before = self.inside.get(token.i - 1)
        if before is not None and token.lower_ in NAMED_SO and token.doc[before.root].head.i == token.i:
            is_name = before.type not in VALUE_TYPES and token.doc[before.root].ent_type_ != "NORP"
            return before if is_name and token.tag_ == "NN" else None
        for child in token.children:
            if child.dep_ == "appos" and child.i in self.by_root:
                return self.by_root[child.i]
            if child.lower_ == "of" and token.lower_ in CLASSES and CLASSES[token.lower_] == "place":
                named = [self.by_root[pobj.i] for pobj in child.children if pobj.i in self.by_root]
                if named and named[0].type == "place":
                    return named[0]
        return self.same_as.get(token.i)

    def all_at(self, token: Token) -> list[Mention]:
        """What ``token`` and what is joined to it by "and" stand for; nothing for "either … or"."""
        tokens = list_joined(token)
        mentions = [self.at(part) for part in tokens]
        return [mention for mention in mentions if mention is not None]

    def around(self, place: Mention) -> list[Mention]:
        """The places that follow ``place`` after commas, each around the one before: "Anchorage, Alaska"."""
        doc, chain = self.sentence.doc, [place]
        while chain[-1].end + 1 < self.sentence.end and doc[chain[-1].end].text == ",":
            following = self.inside.get(chain[-1].end + 1)
            if following is None or following.type != "place" or following.start != chain[-1].end + 1:
                break
            if doc[following.root].dep_ in ("nsubj", "nsubjpass", "dobj"):
                break
            chain.append(following)
        return [] if self._is_list(chain) else chain[1:]

    def _is_list(self, chain: list[Mention]) -> bool:
        """Whether names between commas are members of a list, not places within places."""
        doc, first, last = self.sentence.doc, chain[0], chain[-1]
        after = [token.lower_ for token in doc[last.end : min(last.end + 2, self.sentence.end)]]
        if len(chain) > 4 or after[:1] in (["and"], ["or"]) or after in ([",", "and"], [",", "or"]):
            return True
        if first.start - 2 >= self.sentence.start and doc[first.start - 1].text == ",":
            before = self.inside.get(first.start - 2)
            if before is not None and before.type != "date":
                return True
        roots = {mention.root for mention in chain}
        return any(doc[m.root].dep_ == "conj" and doc[m.root].head.i in roots for m in chain[1:])

    def states(self, token: Token) -> bool:
        """Whether the clause of the verb or noun ``token`` is stated as a fact by the text itself."""
        if token.i in self.quoted or not self.is_told:
            return False
        verb: Token | None = token
        while verb is not None:
            if _is_doubted(verb):
                return False
            if verb.dep_ in ("ccomp", "csubj") and not _stands_before(verb):
                return False
            if verb.dep_ == "xcomp" and verb.tag_ == "VB" and verb.head.lemma_ not in GOING_ON:
                return False
            if verb.dep_ in ("ROOT", "parataxis") or verb.head == verb:
                break
            verb = verb.head
        return True


def list_joined(token: Token) -> list[Token]:
    """``token`` and its conjuncts that follow; none where they are alternatives."""
    parts, queue = [], [token]
    while queue:
        part = queue.pop(0)
        parts.append(part)
        if any(child.dep_ == "cc" and child.lower_ in ("or", "nor", "but") for child in part.children):
            return []
        queue.extend(child for child in part.children if child.dep_ == "conj")
    return parts


def _is_doubted(token: Token) -> bool:
    """Whether a word beside the head of a clause takes it out of what is stated."""
    for child in token.children:
        word = child.lower_
        if child.dep_ == "neg" or (child.dep_ == "aux" and word in MODALS):
            return True
        if child.dep_ in ("advmod", "preconj", "det") and word in DOUBTS:
            return True
        if child.dep_ == "mark" and word in SUPPOSING:
            return True
        if child.dep_ == "advcl" and any(m.dep_ == "mark" and m.lower_ in SUPPOSING for m in child.children):
            return True
        if child.dep_ in ("prep", "advcl") and word == "according":
            return True
    return False


def _stands_before(verb: Token) -> bool:
    """Whether what is parsed as a complement is a clause of its own, before a semicolon or comma."""
    is_marked = any(child.dep_ == "mark" for child in verb.children)
    return (
        verb.dep_ == "ccomp" and verb.i < verb.head.i and not is_marked and verb.head.lemma_ not in REPORTING
    )


def _find_equal(sentence: Span, by_root: Mapping[int, Mention]) -> Iterable[tuple[int, Mention]]:
    for token in sentence:
        if token.i in by_root or token.pos_ not in ("NOUN", "PROPN", "ADJ", "NUM"):
            continue
        owner = None
        if token.dep_ == "attr" and token.head.lemma_ in ("be", "become", "remain"):
            subjects = [child for child in token.head.children if child.dep_ == "nsubj"]
            owner = subjects[0] if subjects else None
        elif token.dep_ == "appos":
            owner = token.head
        elif token.dep_ == "conj" and token.head.dep_ in ("attr", "appos") and token.head.i not in by_root:
            nearest = token.head
            owner = nearest.head if nearest.dep_ == "appos" else None
            if nearest.dep_ == "attr":
                subjects = [child for child in nearest.head.children if child.dep_ == "nsubj"]
                owner = subjects[0] if subjects else None
        if owner is None or any(child.dep_ == "conj" for child in owner.children):
            continue
        if _names_itself(token):
            continue
        mention = by_root.get(owner.i) or (_relative(owner, by_root) if owner.tag_ in ("WDT", "WP") else None)
        many = token.tag_ == "NNS" and mention is not None and mention.type in ("person", "place")
        if mention is not None and mention.type not in VALUE_TYPES and not many:
            yield token.i, mention


def _names_itself(noun: Token) -> bool:
    """Whether the noun says of what sort the name after its "of" is: "…, the town of Lund"."""
    is_place = CLASSES.get(noun.lower_) == "place" and noun.dep_ in ("appos", "conj")
    definite = any(child.lower_ == "the" for child in noun.children)
    return is_place and definite and any(child.lower_ == "of" for child in noun.children)


def _relative(token: Token, by_root: Mapping[int, Mention]) -> Mention | None:
    """What "who" or "which" stands for."""
    verb = token.head
    return by_root.get(verb.head.i) if verb.dep_ == "relcl" else None


def _is_told(sentence: Span) -> bool:
    return not sentence.text.rstrip(" \"'”’").endswith("?") and not any(
        token.lower_ in ("i", "me", "my", "you", "your", "thou", "thy") and token.ent_iob_ != "I"
        for token in sentence
    )


def _find_quoted(sentence: Span, inside: Mapping[int, Mention]) -> frozenset[int]:
    """Tokens between quotation marks that are no title."""
    quoted: set[int] = set()
    opened: int | None = None
    for token in sentence:
        if token.tag_ != "POS" and token.text in ("‘", "'", '"', "“", "”", "``", "''"):
            if opened is None:
                opened = token.i
            else:
                within = range(opened + 1, token.i)
                if not any(index in inside for index in within[:1]):
                    quoted.update(within)
                opened = None
    if opened is not None:
        quoted.update(range(opened + 1, sentence.end))
    return frozenset(quoted)
