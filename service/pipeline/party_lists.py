"""Lists of parties: "Millbread Ltd.; Prairie Ovens; and Metra Inc." are of one side, and each as surely as any.

Of the training corpus' 42 names that follow two marked ones in a list 40 are marked on the same side; after one name alone nothing is told ("Marl County, Alma
Wiederhold, said").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from casebrief.service.domain.names import NAME, clean, has_form_of_name, is_specific
from casebrief.service.domain.spans import Span
from casebrief.service.pipeline.typed import Tag

LISTED = ("plaintiffs", "defendants", "counsel")
"""Labels of which names are listed."""

_PARTED = r"\.?\s?(?:[,;]\s(?:and\s|or\s)?|\sand\s|\s&\s)(?:the\s)?"
_BETWEEN = re.compile(rf"(?:{_PARTED}{NAME})*{_PARTED}")
_NEXT = re.compile(rf"(?P<parted>{_PARTED})(?P<name>{NAME})(?=[.,;]|\sand\b|$)")


def with_lists(text: str, tags: Sequence[Tag]) -> tuple[Tag, ...]:
    """The marks of an article: those of a list all as sure as the surest, and the names of it that are not marked."""
    found = [one for tag in tags for one in _apart(text, tag)]
    for several in _lists(text, found):
        surest = max(several, key=lambda tag: tag.probability)
        found = [replace(tag, probability=surest.probability) if tag in several else tag for tag in found]
        found += [replace(surest, span=name) for name in _others(text, several)]
    return tuple(found)


_SEMICOLON = re.compile(r"\s*;\s+(?:and\s|or\s)?(?=[A-ZÀ-Þ])")


def _apart(text: str, tag: Tag) -> Iterator[Tag]:
    """The names of a mark that holds several, parted by semicolons, each by itself."""
    start = tag.span.start
    if tag.label in LISTED:
        for cut in _SEMICOLON.finditer(text, tag.span.start, tag.span.end):
            yield replace(tag, span=Span(start, cut.start()))
            start = cut.end()
    yield replace(tag, span=Span(start, tag.span.end))


def _lists(text: str, tags: Sequence[Tag]) -> Iterator[list[Tag]]:
    """Two marks of a label and more, of names that nothing but names and what parts them stands between."""
    for label in LISTED:
        named = sorted((tag for tag in tags if tag.label == label and has_form_of_name(tag.span.of(text))), key=lambda tag: tag.span)
        several: list[Tag] = named[:1]
        for tag in named[1:]:
            if not (several[-1].within == tag.within and _BETWEEN.fullmatch(text, several[-1].span.end, tag.span.start)):
                if len(several) > 1:
                    yield several
                several = []
            several.append(tag)
        if len(several) > 1:
            yield several


def _others(text: str, several: Sequence[Tag]) -> Iterator[Span]:
    """The names of a list that no mark of it meets, from the first that is marked to where "and" ends the list."""
    at, end = several[0].span.end, several[0].within.end
    while found := _NEXT.match(text, at, end):
        name = Span(*found.span("name"))
        met = [tag.span.end for tag in several if tag.span.meets(name)]
        if not met and is_specific(name.of(text)) and (cleaned := clean(text, name)):
            yield Span(cleaned.start, cleaned.end - (cleaned.end == end and text[end - 1] == "."))
        at = max([name.end, *met])
        if "and" in found.group("parted") and at >= several[-1].span.end:
            return
