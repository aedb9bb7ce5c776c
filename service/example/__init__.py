"""Three articles about one made-up case, written for casebrief: what `casebrief summarize --example` reads."""

from __future__ import annotations

import datetime
from importlib.resources import files

from casebrief.service.pipeline.articles import Submitted

_ARTICLES = (
    ("wire.txt", "Tidewater Wire", datetime.date(2025, 3, 6)),
    ("daily.txt", "The Harbor Daily", datetime.date(2025, 3, 7)),
    ("blog.txt", "Gadgets & Grievances", None),
)


def articles() -> list[Submitted]:
    """The example's articles, as a client would send them."""
    folder = files("casebrief.service.example")
    return [
        Submitted(name.removesuffix(".txt"), folder.joinpath(name).read_text(encoding="utf-8"), publisher=publisher, published_on=day)
        for name, publisher, day in _ARTICLES
    ]
