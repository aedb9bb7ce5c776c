"""How alike two wordings are, by their content words."""

from __future__ import annotations

import re
from functools import lru_cache

_STOP = frozenset(
    "that this with from have been were their they them which while said says according also into over about would could lawsuit complaint "
    "suit company claims alleges allegedly when what than then there these those being after before customers users".split()
)


@lru_cache(maxsize=4096)
def content_words(text: str) -> frozenset[str]:
    """Content words, lower case, their endings cut: what is compared.

    >>> sorted(content_words("It disclosed private messages"))
    ['disclos', 'messag', 'privat']
    """
    words = re.findall(r"[a-z0-9]{4,}", text.casefold())
    return frozenset(re.sub(r"(?:ing|ed|es|s|e)$", "", word) for word in words if word not in _STOP)


def overlap(one: str, other: str) -> float:
    """The share of the shorter wording's content words that the longer one has too, 0 to 1."""
    first, second = content_words(one), content_words(other)
    smaller = min(len(first), len(second))
    return len(first & second) / smaller if smaller else 0.0


@lru_cache(maxsize=4096)
def bare(text: str) -> str:
    """Letters and digits in lower case, single spaces: for comparing quotations by their exact words.

    >>> bare("“False claims, with no merit”.")
    'false claims with no merit'
    """
    return " ".join(re.findall(r"\w+", text.casefold().replace("’", "'")))
