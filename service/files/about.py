"""What an HTML page says of its article: title, publisher and day, from JSON-LD, then ``<meta>``, then the page's own words."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from casebrief.service.files.extracted import MOST_PUBLISHER, MOST_TITLE, Metadata, one_line
from casebrief.service.files.markup import Page

_TITLES = ("og:title", "twitter:title", "headline", "dc.title", "parsely-title", "sailthru.title")
_PUBLISHERS = ("og:site_name", "publisher", "dc.publisher", "application-name", "copyright-holder")
_DAYS = (
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "date.published",
    "publishdate",
    "publish-date",
    "pubdate",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
    "dc.date.issued",
    "dcterms.created",
    "dc.date",
    "article.published",
    "date",
)
_ARTICLE = re.compile(r"Article$|^Report$|BlogPosting$")
_SITE = re.compile(r"\s+[|–—·»-]\s+[^|–—·»]{2,60}$")
T = TypeVar("T")

MOST_NODES = 2000
"""Nodes of JSON-LD that are looked at."""


@dataclass(frozen=True)
class About:
    """The metadata, and whether the page says that it shows only a part to those who do not pay."""

    metadata: Metadata
    behind_a_wall: bool


def about(page: Page, headline: str | None) -> About:
    """What a page says of its article. ``headline``: the one that was found in the page's text."""
    articles = [node for script in page.scripts for node in _nodes(script) if _is_article(node)]
    if headline:
        # A page may describe others that it links to.
        articles.sort(key=lambda node: one_line(node.get("headline"), MOST_TITLE) != headline)
    first = articles[0] if articles else {}
    title = _first(
        ("json-ld", one_line(first.get("headline"), MOST_TITLE)),
        ("meta", _meta(page, _TITLES, MOST_TITLE)),
        ("html", headline or one_line(_SITE.sub("", page.title), MOST_TITLE)),
    )
    publisher = _first(("json-ld", _name(first.get("publisher"))), ("meta", _meta(page, _PUBLISHERS, MOST_PUBLISHER)))
    day = _first(
        ("json-ld", day_of(first.get("datePublished"))),
        ("meta", next((day for name in _DAYS for key, content in page.metas if key == name and (day := day_of(content))), None)),
        ("html", day_of(page.times[0]) if page.times else None),
    )
    metadata = Metadata(title[1], title[0], publisher[1], publisher[0], day[1], day[0])
    return About(metadata, str(first.get("isAccessibleForFree", "")).lower() == "false")


def day_of(written: object) -> datetime.date | None:
    """The day of an ISO date or time, as it stands there, whatever the zone; ``None`` for anything else.

    >>> day_of("2025-03-06T23:30:00-08:00")
    datetime.date(2025, 3, 6)
    """
    if not isinstance(written, str):
        return None
    try:
        day = datetime.date.fromisoformat(written.strip()[:10])
    except ValueError:
        return None
    return day if 1900 <= day.year < 2200 else None


def _first(*found: tuple[str, T | None]) -> tuple[str | None, T | None]:
    return next(((where, value) for where, value in found if value), (None, None))


def _meta(page: Page, names: Sequence[str], most: int) -> str | None:
    return next((told for name in names for key, content in page.metas if key == name and (told := one_line(content, most))), None)


def _nodes(script: str) -> Iterator[dict[str, Any]]:
    """Every object of a JSON-LD script, outermost first; none of one that is not JSON."""
    try:
        waiting = [json.loads(script.strip().removeprefix("<!--").removesuffix("-->"), strict=False)]
    except (ValueError, RecursionError):
        return
    for _ in range(MOST_NODES):
        if not waiting:
            return
        node = waiting.pop(0)
        if isinstance(node, dict):
            yield node
            waiting.extend(value for value in node.values() if isinstance(value, dict | list))
        elif isinstance(node, list):
            waiting.extend(node)


def _is_article(node: dict[str, Any]) -> bool:
    kinds = node.get("@type")
    return any(isinstance(kind, str) and _ARTICLE.search(kind) for kind in (kinds if isinstance(kinds, list) else [kinds]))


def _name(publisher: object) -> str | None:
    if isinstance(publisher, list):
        publisher = publisher[0] if publisher else None
    return one_line(publisher.get("name") if isinstance(publisher, dict) else publisher, MOST_PUBLISHER)
