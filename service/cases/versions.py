"""Which article of a case a text is a new version of: its own paper's, edited. What another paper took over is a copy, and an article of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from casebrief.service.pipeline.articles import COPY_SHARE, FEWEST, Submitted, shingles_of

_FRAGMENT = re.compile(r"#.*$")


def known_as(arrived: Submitted, known: Sequence[Submitted], *, by_id: bool) -> str | None:
    """The article of a case that a text belongs to by its id, where the client gave it, or by its address."""
    return next((one.id for one in known if (by_id and one.id == arrived.id) or _same_address(one.url, arrived.url)), None)


def edit_of(arrived: Submitted, known: Sequence[Submitted], stories: Mapping[str, Sequence[str]]) -> str | None:
    """The article of a case that a text is an edit of, by its words; of several the likest. ``stories``: by id, the parts of the texts that tell the story.

    Both must be of one paper, as far as anything is told of it, and the text not be the older one. Of a paper that is named, either may be the longer; where
    none is named, most of the known story must be left, for another paper's copy is mostly a shorter one.
    """
    mine = shingles_of(stories[arrived.id])
    shares = {one.id: _share(mine, shingles_of(stories[one.id]), named=bool(one.publisher)) for one in known if _may_be_edit(arrived, one)}
    best = max(shares, key=lambda name: shares[name], default=None)
    return best if best is not None and shares[best] >= COPY_SHARE else None


def _same_address(one: str | None, other: str | None) -> bool:
    return bool(one and other) and _FRAGMENT.sub("", one or "").strip() == _FRAGMENT.sub("", other or "").strip()


def _may_be_edit(arrived: Submitted, known: Submitted) -> bool:
    if _name(arrived.publisher) != _name(known.publisher):
        return False
    if arrived.published_on and known.published_on and arrived.published_on < known.published_on:
        return False
    return bool(known.publisher) or not (arrived.url and known.url)


def _name(publisher: str | None) -> str:
    return " ".join((publisher or "").casefold().split())


def _share(mine: set[tuple[str, ...]], theirs: set[tuple[str, ...]], *, named: bool) -> float:
    if min(len(mine), len(theirs)) < FEWEST:
        return 0.0
    return len(mine & theirs) / (min(len(mine), len(theirs)) if named else len(theirs))
