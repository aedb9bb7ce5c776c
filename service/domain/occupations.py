"""What people are called beside their name: "Retired nurse Jo Bell" is Jo Bell.

At the beginning of a sentence an occupation has a capital as a name has. The words are those that stand before a person's name in the training corpus, with
the endings that only occupations have ("-ist", "-maker"); of 7,410 marked parties, lawyers and judges none begins
with one, of the marked speakers 119.
"""

from __future__ import annotations

import re

_BEFORE_NAMES = frozenset(
    "accountant actor actress administrator adviser advocate agent analyst angler architect attorney auditor author baker banker barrister biologist boss "
    "builder cameraman candidate captain carpenter chair chairman chairperson chairwoman champion chancellor chef claimant cleaner clerk client coach "
    "collector commissioner conductor consultant contractor cook councilman councillor counsel courier crofter customer defendant deputy detective director "
    "doctor driver editor employee engineer farmer father fisherman founder goalkeeper governor headman influencer inspector inventor investor jeweller "
    "journalist juror kayaker landlord lawyer leader magistrate mahout manager mayor miner minister mother musician neighbour neighbor novelist nurse officer "
    "official operator owner painter partner passenger pastor patient pensioner photographer pilot plaintiff player plumber postman postmistress potter "
    "presenter president professor prosecutor recorder registrar reporter researcher resident rower sailor schoolteacher sculler seaman secretary selectman "
    "senator shareholder sheriff shipowner singer solicitor songwriter spokesman spokesperson spokeswoman steward striker student subscriber superintendent "
    "supervisor surgeon swimmer teacher technician tenant trader trainer treasurer user victim waiter waitress welder widow widower worker wrestler writer".split()
)
_ENDING = re.compile(r"[a-z]{2,}(?:(?<!qu)ist|woman|maker|keeper|owner|holder|worker|driver|ician|([bgmp])\1er)")
"""Endings of occupations and none of given names."""

_OFFICE = r"(?!(?:General|Secretary|Justice|Attorney)\b)"
_BODY = (
    r"(?!(?:LL[PC]|Inc|Ltd|Corp|Co|Company|Group|Union|Association|System|Fund|Trust|Society|Club|Plan|Caf[eé]|Bank|Office|School|College|University|Hospital"
    r"|Church|Foundation|Council|League|Alliance|Network|Services?|Agency|Board|Department|Claims?)\b)"
)
_NAME = rf"(?={_OFFICE}{_BODY}[A-ZÀ-Þ][\w’'.-]*(?:\s+{_BODY}[A-ZÀ-Þ][\w’'.-]*)+$)"
"""The name of a person, to its end: no office, and of no word that ends the name of a body."""

_DESCRIBED = re.compile(rf"(?:(?:Former|Retired|Ex|Local|Ousted|Fellow)[ -])?([A-Z][a-z-]+)\s+{_NAME}")
_JOINS = r"(?!(?:of|for|and|the|in|on|at|to|by|from|with)\b)"
_IN_SMALL_LETTERS = re.compile(rf"[A-ZÀ-Þ][\w’'-]*(?:\s+{_JOINS}[a-z][\w-]*)*\s+{_JOINS}[a-z][\w-]{{3,}}\s+{_NAME}")


def before_name(words: str) -> int:
    """How many characters of some words are an occupation before a name of two words or more; 0 where none is.

    >>> before_name("Retired nurse Jo Bell"), before_name("Baker Ada Pell"), before_name("Jasper Yuen Pell")
    (14, 6, 0)
    """
    found = _DESCRIBED.match(words)
    if found and is_occupation(found.group(1)):
        return found.end()
    described = _IN_SMALL_LETTERS.match(words)
    return described.end() if described else 0


def is_occupation(word: str) -> bool:
    """Whether a word, in whatever letters, tells what somebody does."""
    return word.casefold() in _BEFORE_NAMES or _ENDING.fullmatch(word.casefold()) is not None
