"""Articles from templates: a headline, a lead, facts among background, second cases in passing, page furniture.

`compose` gives sentences as the product's own splitter cuts them, each with what it states of the story's case.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from casebrief.models.training.bank import Mark, Passage, Template, bank, fill
from casebrief.models.training.filling import Cast, Names, act_forms
from casebrief.service.domain.spans import Span, sentences

PROCEEDINGS = ("class_action", "class_action", "civil", "civil", "criminal", "regulatory", "appeal")
ANOTHER = (
    "In a separate case, ", "In an unrelated lawsuit, ", "Last year, in another dispute, ", "Separately, ", "In a similar case elsewhere, ", "Meanwhile, in a different courtroom, ",
)  # fmt: skip
ANOTHER_ALONE = (
    "It is not the only such case.", "Other firms have been in court over the same thing.", "A different case ended earlier.", "The dispute recalls an older one.", "Lawyers point to another case.", "Elsewhere, a rival is in trouble too.",
)  # fmt: skip


@cache
def _frequencies() -> Counter[str]:
    return Counter(field for template in bank() for field in template.fields)


@cache
def rarity(template: Template) -> float:
    """How often to choose a template: by its rarest field, so that what the bank tells seldom is learnt as well."""
    return max((_frequencies()[field] ** -0.5 for field in template.fields), default=0.05)


@dataclass(frozen=True)
class Labelled:
    """A sentence and its marks (offsets into the sentence); ``response`` is the stance that it takes as a whole."""

    text: str
    marks: tuple[Mark, ...]
    response: str | None


def compose(names: Names, chance: random.Random, held_out: frozenset[int] = frozenset(), *, only_held_out: bool = False) -> list[Labelled]:
    """One article. Templates whose place in the bank is in ``held_out`` are left out, or are the only labelled ones."""
    proceeding = chance.choice(PROCEEDINGS)
    cast, other = Cast(names, chance, proceeding), Cast(names, chance, proceeding)
    fitting = [
        template
        for index, template in enumerate(bank())
        if (index in held_out) == only_held_out and template.proceeding in (None, proceeding)
    ]  # fmt: skip
    facts = [template for template in fitting if not template.empty and not template.headline]
    background = [template for template in fitting if template.empty and not template.clutter]
    clutter = [template for template in fitting if template.clutter]
    headlines = [template for template in fitting if template.headline]
    weights = [rarity(template) for template in facts]
    leads = [template for template in facts if template.names_the_case] or facts
    passages: list[Passage] = []

    def tell(template: Template, who: Cast) -> Passage:
        return fill(template, who.slots(), act_forms(), chance)

    if headlines and chance.random() < 0.6:
        passages.append(tell(chance.choice(headlines), cast))
    passages += [tell(chance.choice(leads), cast) for _ in range(2)]
    for _ in range(chance.randint(5, 13)):
        dice = chance.random()
        if dice < 0.66 or not background:
            passages.append(tell(chance.choices(facts, weights)[0], cast))
        elif dice < 0.86:
            passages.append(_silent(tell(chance.choice(background), cast)))
        elif dice < 0.91 and clutter:
            passages.append(_silent(tell(chance.choice(clutter), cast)))
        else:
            passages += _another(tell(chance.choice(leads), other), chance)
    style = _style(chance)
    return [sentence for passage in passages for sentence in _sentences(_styled(passage, style))]


def _silent(passage: Passage) -> Passage:
    return Passage(passage.text, ())


def _another(passage: Passage, chance: random.Random) -> list[Passage]:
    """A passage of another case: said to be one, and stating nothing of ours."""
    if re.match(r"(?:A|An|The|In|It|On|For|This|Its|Their|They)\b", passage.text) and chance.random() < 0.7:
        return [Passage(chance.choice(ANOTHER) + passage.text[0].lower() + passage.text[1:], ())]
    return [Passage(chance.choice(ANOTHER_ALONE), ()), _silent(passage)]


def _style(chance: random.Random) -> dict[str, str | int | None]:
    """A newspaper's own typography: quotation marks and apostrophes."""
    styles: list[dict[str, str | int | None]] = [{}, {"“": '"', "”": '"', "’": "'", "‘": "'"}, {"'": "’"}, {"“": "‘", "”": "’"}]
    return chance.choice(styles)


def _styled(passage: Passage, style: dict[str, str | int | None]) -> Passage:
    text = passage.text
    if style == {"'": "’"}:
        text = re.sub(r'"([^"]*)"', "“\\1”", text)
    return Passage(text.translate(str.maketrans(style)), passage.marks, passage.response)


def _sentences(passage: Passage) -> Iterator[Labelled]:
    """The passage cut by the product's splitter; a mark across a cut is shared out."""
    spans = sentences(passage.text, Span(0, len(passage.text)))
    for number, span in enumerate(spans):
        marks = []
        for mark in passage.marks:
            start, end = max(mark.start, span.start), min(mark.end, span.end)
            while start < end and passage.text[start] in " \n":
                start += 1
            while end > start and passage.text[end - 1] in " \n":
                end -= 1
            if end - start >= 2:
                marks.append(Mark(start - span.start, end - span.start, mark.field))
        whole = passage.response if number == 0 or len(spans) == 1 else None
        yield Labelled(span.of(passage.text), tuple(marks), whole)
