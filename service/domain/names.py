"""Names of people and organisations as news prose writes them, found by form and compared by their words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from casebrief.service.domain.occupations import before_name
from casebrief.service.domain.spans import Span

SUFFIX = (
    r"(?:Inc|Incorporated|Corp|Corporation|Cos|Co|Company|LLC|L\.L\.C|LLP|LP|L\.P|Ltd|Limited|plc|PLC|Plc|GmbH|AG|S\.A|SA|N\.V|NV|B\.V"
    r"|Pty Ltd|Pte Ltd|Pvt Ltd|Oy|AB|SE|SpA|PLLC|P\.C|PC)\b\.?"
)
_WORD = r"(?:[A-ZÀ-ÖØ-Þ][\w&À-ÿ]*(?:[.’'\-&/][\wÀ-ÿ]+)*(?:(?<=\b[A-Z])\.(?=\s[A-Z]))?|\d{1,3}[A-Z]\w*)"
_JOINER = r"(?:\s+(?:of\s+the|of|the|de\s+la|de|la|del|van|von|der|den|al|bin|&|for\s+the)\s+|\s+)"
NAME = rf"{_WORD}(?:{_JOINER}(?!(?:Inc|Corp|Cos|Co|Ltd)\.){_WORD})*(?:,?\s+{SUFFIX})*"
_name = re.compile(NAME)

_NOT_FIRST = frozenset(
    "the a an in on at but and or by for from this that these those its his her their no not if when after before as is was both "
    "each one two three last since while with there what who how meanwhile however also according attorney lawyer lawyers novelist "
    "see under once until then earlier later both now so yet still some many most all any other others another such it he she they "
    "we you i mr ms mrs dr mx sir judge justice chief executive ceo president chairman founder former officer company rival case "
    "plaintiff plaintiffs defendant defendants customers users shareholders investors workers monday tuesday wednesday thursday friday "
    "saturday sunday january february march april may june july august september october november december because although though "
    "mp mps sen senator rep representative citing captioned titled styled against versus v spokesman spokeswoman spokesperson".split()
)
_GENERIC = frozenset(
    "court courts district state federal government lawsuit complaint premium internet english american british european u.s us uk eu "
    "ai class action suit congress house senate act law order company reuters associated press news".split()
)
_LEGAL_WORDS = frozenset(
    "inc incorporated corp corporation co company llc llp lp ltd limited plc gmbh ag sa nv bv pty pte pvt oy ab se spa pllc pc "
    "the and et al others ors anor of us u.s l.l.c l.p s.a n.v b.v p.c".split()
)


_UNITED_STATES = frozenset({"U.S.", "U.S.A.", "US", "USA", "United States", "United States of America"})


def names(text: str, within: Span) -> Iterator[Span]:
    """Names in a span, without a leading article or title, without an owner ("Microsoft's LinkedIn" is LinkedIn)."""
    for match in _name.finditer(text, within.start, within.end):
        if span := clean(text, Span(match.start(), match.end())):
            yield span


def clean(text: str, span: Span) -> Span | None:
    """A matched name without leading words that are none, a trailing possessive or full stop, and an owner before it."""
    start, end = span.start, span.end
    owned = re.search(r"[’']s\s+(?=[A-Z])", text[start:end])
    if owned and not _is_one_name(text, start, owned.end(), end):
        start += owned.end()
    if role := _ROLE.match(text[start:end]):
        start += role.end()
    start += before_name(text[start:end])
    if office := re.match(r"(?:(?:Assistant|Deputy|State|U\.S\.) )*Attorney General (?=[A-Z])", text[start:end]):
        start += office.end()
    if role := re.match(r"(?:[A-Z][a-z]+ )*(?:Officer|Executive|President|Director|Chair(?:man|woman)?|Founder|Treasurer|Editor) (?=[A-Z])", text[start:end]):
        start += role.end()
    while match := re.match(r"([\w.&’'-]+)\s+(?=\S)", text[start:end]):
        if match.group(1).lower().rstrip(".") not in _NOT_FIRST or (match.group(1) == "Justice" and re.match(_KINDS, text[start + match.end() :])):
            break
        start += match.end()
    if based := re.match(r"\S+-based\s+(?=[A-Z])", text[start:end]):
        start += based.end()
    words = text[start:end]
    words = re.sub(r"[’']s?$", "", words)
    if words in ("U.S.", "U.S.A."):
        return Span(start, start + len(words))
    if words.endswith(".") and not re.search(rf"(?:{SUFFIX}|\b[A-Z]\.)$", words):
        words = words.rstrip(".")
    if re.search(r"\b(?:Inc|Corp|Co|Ltd|Bros)$", words) and re.match(r"\.(?=[,;)]|\s[^A-Z])", text[start + len(words) :]):
        words += "."
    if not words or words.lower().rstrip(".") in _NOT_FIRST or (not words[0].isupper() and not words[0].isdigit()):
        return None
    return Span(start, start + len(words))


_KINDS = (
    r"(?:Department|Ministry|Agency|Bureau|Commission|Authority|Board|Council|Committee|Office|Service|Administration|Foundation|Institute|Alliance|League|Project|Center|Centre|Fund"
    r"|Bakery|Restaurants?|Cafe|Café|Diner|Grill|Pizza|Pharmacy|Garage|Farms?|Stores?|Market|Deli|Inn|Brewery|Hospital|School|College|Church|Kitchen|Hardware|Books"
    r"|Courier|Times|Post|Herald|Tribune|Gazette|Ledger|Mail|Journal|Chronicle)"
)
"""Words that end the name of an office, a shop or a paper, and are none alone."""

_LEGAL_FORM = re.compile(rf"(?:,?\s+{SUFFIX})+")
_LEFT = re.compile(r"(?<=\b[Tt]he\s)(?:[A-ZÀ-ÖØ-Þ][\wÀ-ÿ&-]*\s+)+$|\b[A-ZÀ-ÖØ-Þ][\wÀ-ÿ&-]*[’']s\s+$")
_ROLE = re.compile(
    r"(?:[A-Z][\w’'-]*\s+(?:\w+\s+){0,3}?)?(?:(?:co-)?(?:founder|owner|boss|maker|chairman|chairwoman|president|director|lawyer|attorney|manager|chief)|chief executive|CEO)\s+(?=[A-ZÀ-Þ])"
    r"|[A-Z][a-z]*maker\s+(?=[A-ZÀ-Þ])"
    r"|(?:Dean|Director|Head|President|Secretary|Minister|Provost|Chancellor|Commissioner|Superintendent|Chief)\s+of\s+(?:the\s+)?[A-Z]\w+\s+(?=[A-ZÀ-Þ][\w’'-]+\s+[A-ZÀ-Þ][\w’'-]+$)"
)
"""An occupation or an office, and whose it is, before a name: "Orvane founder", "Chipmaker", "Dean of Students"."""


def whole_name(text: str, span: Span) -> Span:
    """A marked name whole and alone: without a possessive ending or an occupation before it, with the legal form behind it and what a word like "Department" is of.

    >>> whole_name("Orvane founder Dane Silvers's firm", Span(0, 29)).of("Orvane founder Dane Silvers's firm")
    'Dane Silvers'
    """
    start, end = span.start, span.end
    if owned := re.search(r"(?<=.)[’']s?$", span.of(text)):
        end -= len(owned.group())
    elif form := _LEGAL_FORM.match(text, end):
        end = form.end() - (text[form.end() - 1] == "." and not re.match(r"\s+[a-z]|[,;)]", text[form.end() :]))
    if role := _ROLE.match(text[start:end]):
        start += role.end()
    elif occupation := before_name(text[start:end]):
        start += occupation
    elif re.fullmatch(_KINDS, text[start:end]) and (left := _LEFT.search(text, max(0, start - 60), start)):
        start = left.start()
    return Span(start, end)


def _is_one_name(text: str, start: int, cut: int, end: int) -> bool:
    """Whether an apostrophe belongs to the name ("Wendy's Corp"): a legal form follows, and the rest never stands alone."""
    rest = text[start + cut : end]
    if re.fullmatch(_KINDS, rest):
        return True
    if not re.search(rf"{SUFFIX}$", rest):
        return False
    bare = re.sub(rf",?\s+{SUFFIX}$", "", rest)
    return bare == rest or not re.search(rf"(?<![’']s )(?<!\w)\b{re.escape(bare)}\b(?!\s+[A-Z])", text[:start] + text[end:])


def is_specific(name: str) -> bool:
    """Whether a name names someone, and is not only a common legal or news word with a capital."""
    words = key_words(name)
    return bool(words - _GENERIC) and any(character.isalpha() for character in name) and len(name) > 2


@lru_cache(maxsize=4096)
def key_words(name: str) -> frozenset[str]:
    """The words that tell a name from others: lower case, without legal forms and small words.

    >>> sorted(key_words("LinkedIn Corp."))
    ['linkedin']
    """
    if name.strip() in _UNITED_STATES:
        return frozenset({"united states"})
    words = re.findall(r"[\wÀ-ÿ&.’'-]+", re.sub(r"[’']s\b", "", name).casefold())
    bare = (re.sub(r"\.(?:com|org|net|io)$", "", word.strip(".'’")) for word in words)
    return frozenset(word for word in bare if word and word not in _LEGAL_WORDS and word not in {"mr", "ms", "mrs", "dr"})


def same_name(one: str, other: str) -> bool:
    """Whether two names may be forms of one: the words of the shorter are among the longer's, and not only what that is of; or it is the longer's initials.

    >>> same_name("De La Torre", "Maria De La Torre"), same_name("Orrery Labs Inc", "Windrow AI"), same_name("Crossmead", "Friends of Crossmead")
    (True, False, False)
    """
    first, second = key_words(one), key_words(other)
    if not first or not second:
        return False
    if first == second or _is_acronym(one, other) or _is_acronym(other, one):
        return True
    return (first < second and not _is_what_it_is_of(first, other)) or (second < first and not _is_what_it_is_of(second, one))


_PLACE = re.compile(r"(?:Town|Township|City|County|State|Village|Borough|Parish|Republic|Kingdom|Commonwealth|Province)$")


def _is_what_it_is_of(short: frozenset[str], long: str) -> bool:
    """Whether words stand in a name behind its "of" alone: of ten such pairs in the training corpus seven are of two names, the others begin like "Town of"."""
    head, of, tail = long.partition(" of ")
    return bool(of) and not _PLACE.search(head) and short <= key_words(tail) and not short & key_words(head)


def _is_acronym(short: str, long: str) -> bool:
    """Whether one name is the initials of the other: EEOC, the U.S. Equal Employment Opportunity Commission."""
    return short[:1].isupper() and short[-1:].isupper() and short.isalpha() and len(short) > 2 and short in initials(long)


@lru_cache(maxsize=4096)
def initials(name: str) -> frozenset[str]:
    """The initials of a name, with or without its legal form and small words.

    >>> sorted(initials("Office of Fair Trading Ltd"))
    ['OFT', 'OFTL', 'OoFT', 'OoFTL']
    """
    words = re.findall(r"[^\W\d_][\w’']*", re.sub(r"\bU\.?S\.?\s", "", name))
    bare = re.findall(r"[^\W\d_][\w’']*", re.sub(rf"\bU\.?S\.?\s|(?:,?\s+{SUFFIX})+$", "", name))
    return frozenset(
        "".join(word if word.isupper() and len(word) == len("HM") else word[0] for word in chosen)
        for several in (words, bare)
        for chosen in (several, [word for word in several if word[0].isupper()])
    )


def mentions(text: str, name: str) -> bool:
    """Whether a text has the name's most telling word: a person's last, an organisation's first."""
    return bool(_telling(name).search(text))


@lru_cache(maxsize=4096)
def _telling(name: str) -> re.Pattern[str]:
    words = "|".join(re.escape(word) for word in telling_words(name))
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)" if words else "(?!)", re.IGNORECASE)


def telling_words(name: str) -> list[str]:
    """The first word that is not generic, and the last for a name without a legal form (a person's surname)."""
    ordered = [word.strip(".,'’") for word in re.split(r"\s+", re.sub(r"[’']s\b", "", name))]
    useful = [word for word in ordered if key_words(word) & key_words(name) and word.casefold() not in _GENERIC and len(word) > 2]
    useful = [re.sub(r"\.(?:com|org|net|io)$", "", word) for word in useful]
    if not useful:
        return []
    is_person = not re.search(rf"{SUFFIX}$", name) and len(useful) in (2, 3) and useful[-1][0].isupper()
    return [useful[0]] if not is_person else [useful[-1], useful[0]] if len(useful) == 2 else [useful[-1]]


def has_form_of_name(words: str) -> bool:
    """Whether words have the form of a name: the first has a capital, the last has one or is a number."""
    return words[0].isupper() and (words.rsplit(maxsplit=1)[-1][0].isupper() or words[-1].isdigit())


def short_forms(name: str) -> list[str]:
    """What news prose shortens a name to: a person's last word or first, an organisation's name without its legal form, and its first words.

    >>> short_forms("Maria Quill"), short_forms("Gulf Anchor Specialty Insurance Ltd")
    (['Quill', 'Maria'], ['Gulf Anchor Specialty Insurance', 'Gulf Anchor Specialty', 'Gulf Anchor', 'Gulf'])
    """
    bare = re.sub(rf"(?:,?\s+{SUFFIX})+$", "", name)
    words = bare.split()
    if bare == name and len(words) in (2, 3) and all(word[0].isupper() for word in words):
        return [words[-1], words[0]] if len(words) == 2 else [words[-1], " ".join(words[:2]), words[0]]
    return [short for count in range(len(words), 0, -1) if (short := " ".join(words[:count])) != name and short.split()[-1][0].isupper()]
