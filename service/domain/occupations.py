"""What people are called beside their name: "Retired nurse Jo Bell" is Jo Bell.

At the beginning of a sentence an occupation has a capital as a name has. The words are those that stand before a person's name in the training corpus and
others of their sort, with endings that only occupations have ("-ist", "-maker"). Of 7,410 marked parties, lawyers and judges of the corpus none begins with
one, of the marked speakers 119.
"""

from __future__ import annotations

import re

_BEFORE_NAMES = frozenset(
    "accountant actor actress administrator adviser advocate agent analyst angler architect attorney auditor author baker banker barber barrister bartender "
    "biologist boss broadcaster builder butcher cameraman candidate captain carpenter chair chairman chairperson chairwoman champion chancellor chef "
    "claimant cleaner clerk client coach collector comedian commissioner commuter conductor consultant contractor cook councillor councilman counsel "
    "courier crofter customer dancer defendant dentist deputy detective developer diner director doctor driver editor electrician employee engineer farmer "
    "father firefighter fisher fisherman founder gardener goalkeeper golfer governor hairdresser headman hiker influencer inspector inventor investor "
    "jeweller jockey journalist juror kayaker landlord lawyer leader lecturer librarian magistrate mahout manager mayor mechanic miner minister mother "
    "musician nanny neighbor neighbour novelist nurse officer official operator owner painter paramedic partner passenger pastor patient pensioner "
    "photographer pilot plaintiff player plumber postman postmistress potter presenter president producer professor programmer prosecutor publisher rancher "
    "recorder registrar renter reporter researcher resident rower sailor schoolteacher scientist sculler seaman secretary selectman senator shareholder "
    "shepherd sheriff shipowner singer skier soldier solicitor songwriter spokesman spokesperson spokeswoman steward striker student subscriber "
    "superintendent supervisor surgeon swimmer tailor teacher technician tenant trader trainer traveler traveller treasurer trucker user victim voter "
    "waiter waitress welder widow widower worker wrestler writer".split()
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
