"""Courts as newsrooms call them, and their courts-db ids. May say "not known", and does when two courts fit.

A small layer over courts-db: its own search takes partial matches for hits (the bankruptcy court for "S.D.N.Y.") and
knows no newsroom phrasing ("Manhattan federal court"). Here a phrase is read by its form; an id is given only when
it is one of courts-db's.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from casebrief.service.domain.folds.capitals import in_small_letters
from casebrief.service.domain.schema import Court
from casebrief.service.domain.spans import Span

_DIRECTIONS = {"northern": "n", "southern": "s", "eastern": "e", "western": "w", "middle": "m", "central": "c"}
_ORDINALS = {
    "first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5", "sixth": "6", "seventh": "7", "eighth": "8", "ninth": "9",
    "tenth": "10", "eleventh": "11", "federal": "f", "d.c.": "dc",
}  # fmt: skip
_PLACE_WORD = r"(?:St\.|Ste\.|Ft\.|[A-Z][\w’'-]+)"
_PLACE = rf"{_PLACE_WORD}(?:\s(?:of\s)?{_PLACE_WORD}){{0,2}}"


@dataclass(frozen=True)
class CourtPhrase:
    """Words that name a court. ``precise`` is false for words that fit many courts ("a federal court")."""

    span: Span
    court: Court
    precise: bool
    appellate: bool = False


@cache
def _courts() -> list[dict[str, Any]]:
    """The table of courts-db, read when a text first names a court."""
    from courts_db import courts

    return list(courts)


@cache
def _ids() -> frozenset[str]:
    return frozenset(court["id"] for court in _courts())


@cache
def _states() -> dict[str, dict[str, object]]:
    return tomllib.loads(files("casebrief.service.pipeline").joinpath("courthouses.toml").read_text(encoding="utf-8"))


@cache
def _abbreviations() -> dict[str, tuple[str, str]]:
    """("direction", state) by the letters of a citation string: "ndcal" is the Northern District of California."""
    table: dict[str, tuple[str, str]] = {}
    for state, entry in _states().items():
        for direction in [key for key in entry if key != "code"]:
            court_id = _district_id(state, direction)
            for court in _courts():
                if court["id"] == court_id and court["citation_string"]:
                    table[_letters(court["citation_string"])] = (direction, state)
    return table


def _letters(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.lower())


def _district_id(state: str, direction: str) -> str | None:
    """The courts-db id of a district: the state's code, the direction's letter, "d"; none where courts-db lacks it."""
    code = str(_states()[state]["code"])
    candidate = f"{code}{_DIRECTIONS.get(direction, '')}d"
    return candidate if candidate in _ids() else None


def _district(state: str, direction: str) -> Court | None:
    court_id = _district_id(state, direction)
    if court_id is None or direction not in _states()[state]:
        return None
    which = "" if direction == "only" else f"{direction.title()} "
    where = state if direction != "only" or state != "District of Columbia" else "Columbia"
    return Court(court_id=court_id, name=f"United States District Court for the {which}District of {where}")


def _by_city(city: str, state: str | None) -> Court | None:
    """The federal trial court that sits in a city; ``None`` when no or more than one known city has that name."""
    found = []
    for name, entry in _states().items():
        if state and name != state:
            continue
        for direction, cities in entry.items():
            if direction != "code" and isinstance(cities, list) and city in cities:
                found.append((name, direction))
    return _district(*found[0]) if len(found) == 1 else None


def _by_state(state: str) -> Court | None:
    return _district(state, "only") if state in _states() and "only" in _states()[state] else None


@cache
def _state_pattern() -> str:
    return "|".join(sorted(map(re.escape, _states()), key=len, reverse=True))


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    state = rf"(?P<state>{_state_pattern()})"
    direction = r"(?P<direction>Northern|Southern|Eastern|Western|Middle|Central)"
    us = r"(?:U\.S\.|US|United States|federal|Federal)"
    ordinal = r"(?:\d{1,2}(?:st|nd|rd|th)|First|Second|Third|Fourth|Fifth|Sixth|Seventh|Eighth|Ninth|Tenth|Eleventh|Twelfth)"
    in_place = rf"(?P<city>{_PLACE})(?:,\s(?:{state}|(?P<abbreviated>[A-Z][a-z]{{2,4}}\.|D\.C\.)))?"
    sources = {
        "bankruptcy": rf"{us}\s[Bb]ankruptcy\s[Cc]ourt\s(?:(?:for|in|of)\s)?(?:the\s)?(?:(?:{direction}\s)?District\sof\s)?{state}",
        "national": r"(?P<national>(?:U\.S\.|US|United\sStates)\sCourt\sof\s(?:International\sTrade|Federal\sClaims|Appeals\sfor\sthe\sDistrict\sof\sColumbia(?:\sCircuit)?)"
        r"|(?:D\.C\.|District\sof\sColumbia)\sCourt\sof\sAppeals|Federal\sCircuit\sand\sFamily\sCourt(?:\sof\sAustralia)?)",
        "division": rf"(?P<division>{state}\s(?:{ordinal}\s(?:Circuit|District)\sCourts?\sof\sAppeals?|Appellate\sCourt(?:,\s{ordinal}\sDistrict)?)"
        rf"|{ordinal}\sDistrict\sCourt\sof\sAppeals?(?:\s(?:of|in)\s{state.replace('<state>', '<state2>')})?)",
        "district": rf"(?:{us}\sDistrict\sCourt,?\s(?:(?:for|in|of)\s)?(?:the\s)?)?{direction}\sDistrict\sof\s{state}",
        "single": rf"(?:{us}\sDistrict\sCourt,?\s(?:(?:for|in|of)\s)?(?:the\s)?)?District\sof\s(?!Columbia){state}",
        "directed": rf"{direction}\s{state}(?:['’]s)?\s(?:federal|U\.S\.\sdistrict)\scourt\b",
        "states": rf"{state}['’]s\s(?:federal|U\.S\.\sdistrict)\scourt\b",
        "dc": rf"{us}\sDistrict\sCourt,?\s(?:(?:for|in|of)\s)?(?:the\s)?(?P<columbia>District\sof\sColumbia)",
        "cited": r"\b(?P<cited>[NSEWMC]\.D\.\s?[A-Z][\w.]*\.?(?:\s[A-Z][a-z]+\.?)?|D\.\s?[A-Z][a-z]{2,5}\.|D\.D\.C\.|D\.N\.J\.|D\.N\.H\.|D\.N\.M\.|D\.R\.I\.|D\.S\.C\.)",
        "federal_in": rf"(?:{us}\s(?:district\s)?(?:[Dd]istrict\s)?[Cc]ourt(?:house)?|[Ff]ederal\sjudge)\sin\s(?:the\s)?{in_place}",
        "city_first": rf"(?:the\s)?{in_place},?\s(?:federal|U\.S\.\sdistrict)\s(?:district\s)?court\b",
        "circuit": r"(?:(?:U\.S\.|US|United States)\s)?(?:Court\sof\sAppeals\sfor\sthe\s)?(?P<circuit>\d{1,2}(?:st|nd|rd|th)|First|Second|Third|Fourth|Fifth|Sixth"
        r"|Seventh|Eighth|Ninth|Tenth|Eleventh|Federal|D\.C\.)\s(?:U\.S\.\s|US\s)?Circuit(?:\sCourt\sof\sAppeals)?(?!\sJudge|\sCourt\sof\s[A-Z]\w+\sCounty|\s[Cc]ourt\s(?:in|of)\s)",
        "scotus": r"(?P<scotus>U\.?S\.?\sSupreme\sCourt|Supreme\sCourt\sof\sthe\sUnited\sStates)",
        "chancery": r"(?P<chancery>(?:Delaware(?:['’]s)?\s)?Court\sof\sChancery(?:\sin\sDelaware|\sof\s(?:the\sState\sof\s)?Delaware)?|Delaware\sChancery\sCourt)",
        "of_state": rf"(?P<of_state>{state}(?:['’]s)?\s(?:Supreme\s(?:Judicial\s)?Court(?:\sof\sAppeals)?|Superior\sCourt|Courts?\sof\s(?:Criminal\s)?Appeals?|Appeals\sCourt)"
        rf"|(?:Supreme\s(?:Judicial\s)?Court(?:\sof\sAppeals)?|Court\sof\sAppeals)\s(?:of|for)\s(?:the\s(?:State|Commonwealth)\sof\s)?{state.replace('<state>', '<state2>')})",
        "county": rf"(?P<county>{_PLACE}\sCounty\s(?:Superior|Circuit|District|Supreme|Common\sPleas)\sCourt|{_PLACE}\sCounty\sCourt\sof\sCommon\sPleas"
        rf"|(?:Superior|Circuit|District|Supreme)\sCourt\s(?:of|for|in)\s(?:the\s)?{_PLACE}(?:\sCounty)?|{_PLACE}\sSuperior\sCourt(?:\sof\sJustice)?)",
        "elsewhere": rf"(?P<elsewhere>High\sCourt(?:\sof\s(?:Justice|England\sand\sWales|Australia|{_PLACE}))?(?:,?\s(?:in\s)?(?:London|King['’]s\sBench\sDivision|Chancery\sDivision))?"
        rf"|{_PLACE}\sHigh\sCourt|King['’]s\sBench\sDivision|{_PLACE}\sCrown\sCourt|Federal\sCourt(?:\sof\s(?:Australia|Canada))?(?!house)|Competition\sAppeal\sTribunal"
        rf"|Supreme\sCourt\sof\s{_PLACE}|Court\sof\sJustice\sof\sthe\sEuropean\sUnion|Court\sof\sSession|Court\sof\sAppeal(?!s)|Old\sBailey|{_PLACE}\sTribunal)",
        "vague": rf"(?P<vague>{us}\s(?:[Dd]istrict\s)?[Cc]ourt)(?!house|\sjudge)",
    }
    return tuple((kind, re.compile(rf"(?<![\w.]){source}")) for kind, source in sources.items())


def court_phrases(text: str, within: Span) -> Iterator[CourtPhrase]:
    """The courts that a span names, in order of the patterns; a place in the text is read once, by the first that fits."""
    taken: list[Span] = []
    if in_small_letters(within.of(text)):
        text = text[: within.start] + _as_names(within.of(text)) + text[within.end :]
    for kind, pattern in _patterns():
        for match in pattern.finditer(text, within.start, within.end):
            span = _bare(match)
            if any(span.meets(other) for other in taken):
                continue
            if phrase := _phrase(kind, match, span):
                taken.append(span)
                yield phrase


_BEFORE = re.compile(r"(?:(?:[Tt]he|In|At|A|An|And|But|For|From|By|On|Before|After|When|While)\s)+")
_TITLE = r"(?:Judges?|Justices?|Magistrate|Sheriff|Recorder|Master|Chancellor)\s"
_JUDGE_OF = re.compile(rf"{_TITLE}.*?\sof\s(?:the\s)?|.*?\sof\s(?:the\s)?(?=[A-Z][\w’'-]+\s(?:Superior|High|Crown|County|Tribunal))")


def _bare(match: re.Match[str]) -> Span:
    """The court's own words: without an article or preposition before them, and without the judge who is of it."""
    start = match.start()
    if before := _BEFORE.match(match.group()):
        start += before.end()
    titled = re.search(rf"{_TITLE}$", match.string[max(0, start - 16) : start]) or re.match(_TITLE, match.group())
    if titled and (judge := _JUDGE_OF.match(match.string, start, match.end())):
        start = judge.end()
    return Span(start, match.end())


def _as_names(words: str) -> str:
    """A sentence in small letters with the capitals that the names of courts and of their places have."""
    return _court_words().sub(lambda match: _capitalised(match.group()), words)


def _capitalised(name: str) -> str:
    return re.sub(r"(?<![\w’'])(?!(?:of|for|the|and|in)\b)[a-z]", lambda letter: letter.group().upper(), name)


@cache
def _court_words() -> re.Pattern[str]:
    cities = [city.lower() for entry in _states().values() for places in entry.values() if isinstance(places, list) for city in places]
    places = "|".join(sorted({re.escape(place) for place in (*cities, *(state.lower() for state in _states()))}, key=len, reverse=True))
    return re.compile(
        rf"(?<![\w.])(?:(?!(?:the|a|an|this|that|in|of|for|at|to)\b)[a-z][\w’'-]+\s(?:county|high\scourt|crown\scourt|superior\scourt|tribunal)\b|{places}"
        r"|united\sstates|(?:northern|southern|eastern|western|middle|central)(?=\sdistrict|\s[a-z]+\sfederal)|(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh"
        r"|twelfth|federal)(?=\s(?:u\.s\.\s)?(?:circuit|district))|circuit|district|(?:court|courts)\sof\s[a-z]+|court|supreme|superior|judicial|appeals?|common\spleas|chancery|high"
        r"|king['’]s\sbench\sdivision|competition\sappeal\stribunal|old\sbailey|england\sand\swales|australia|canada|london|european\sunion)(?![\w])"
    )


def _phrase(kind: str, match: re.Match[str], span: Span) -> CourtPhrase | None:
    words = match.group()[span.start - match.start() :]
    parts = {key: value for key, value in match.groupdict().items() if value}
    if kind == "circuit":
        ordinal = parts["circuit"].lower()
        court_id: str | None = "ca" + (_ORDINALS.get(ordinal) or re.sub(r"\D", "", ordinal))
        court_id = "cafc" if court_id == "caf" else court_id
        return CourtPhrase(span, Court(court_id=court_id if court_id in _ids() else None, name=words), True, appellate=True)
    if kind == "scotus":
        return CourtPhrase(span, Court(court_id="scotus", name="Supreme Court of the United States"), True, appellate=True)
    if kind == "chancery":
        delaware = "Delaware" in words
        return CourtPhrase(span, Court(court_id="delch" if delaware else None, name="Delaware Court of Chancery" if delaware else words), delaware)
    if kind == "of_state":
        court_id = _state_court_id(re.sub(r"['’]s\s", " ", words), parts.get("state") or parts["state2"])
        return CourtPhrase(span, Court(court_id=court_id, name=words), True, appellate="Superior" not in words)
    if kind == "bankruptcy":
        return CourtPhrase(span, _bankruptcy(parts, words), True)
    if kind == "national":
        return CourtPhrase(span, Court(court_id=_national(words), name=words), True, appellate="Appeals" in words)
    if kind == "division":
        state = parts.get("state") or parts.get("state2") or ""
        return CourtPhrase(span, Court(court_id=_state_court_id(words, state) if state else None, name=words), True, appellate=True)
    if kind == "county":
        place = words.split(maxsplit=1)[0] if not words.startswith(("Superior", "Circuit", "District", "Supreme")) else words.rsplit(maxsplit=1)[-1]
        court_id = _state_court_id(words, place, _named_states(match.string) | _states_of_city(words))
        return CourtPhrase(span, Court(court_id=court_id, name=words), True)
    if kind == "elsewhere":
        return CourtPhrase(span, Court(court_id=None, name=words), True, appellate=words == "Court of Appeal")
    court = _federal(kind, parts, _named_states(match.string))
    if court is not None:
        return CourtPhrase(span, court, True)
    if kind == "cited":
        return None
    return CourtPhrase(span, Court(court_id=None, name=words), False)


@cache
def _state_court_id(words: str, place: str, states: frozenset[str] | None = None) -> str | None:
    """The id that courts-db gives a county or state court by its whole name, when it is one, bears the place's name, and lies in one of the states if told."""
    from courts_db import find_court

    found = find_court(words)
    if len(found) != 1:
        return None
    court = next(court for court in _courts() if court["id"] == found[0])
    return str(found[0]) if place in court["name"] and (states is None or court["location"] in states) else None


@lru_cache(maxsize=64)
def _named_states(text: str) -> frozenset[str]:
    """The states that a text names, as courts-db calls them."""
    found = {match.group().lower() for match in re.finditer(rf"\b(?:{_state_pattern()})\b", text, re.IGNORECASE)}
    return frozenset("Washington D.C." if state == "District of Columbia" else state for state in _states() if state.lower() in found)


def _states_of_city(words: str) -> frozenset[str]:
    """The state of a court that bears a city's name, where no other state has one of that name."""
    bearing = {
        state
        for state, entry in _states().items()
        for cities in entry.values()
        if isinstance(cities, list) and any(words.startswith(f"{city} ") and not words.startswith(f"{city} County") for city in cities)
    }
    return frozenset(bearing if len(bearing) == 1 else ())


def _bankruptcy(parts: dict[str, str], words: str) -> Court:
    """A bankruptcy court, of a direction or of a state that has one."""
    court_id = _district_id(parts["state"], parts.get("direction", "only").lower())
    bankruptcy = court_id and f"{court_id.removesuffix('d')}b"
    return Court(court_id=bankruptcy if bankruptcy in _ids() else None, name=words)


def _national(words: str) -> str | None:
    named = {"International Trade": "cit", "Federal Claims": "uscfc", "for the District of Columbia": "cadc", "Court of Appeals": "dc"}
    return next((court_id for name, court_id in named.items() if name in words), None)


def _federal(kind: str, parts: dict[str, str], named: frozenset[str]) -> Court | None:
    if kind in ("district", "directed"):
        return _district(parts["state"], parts["direction"].lower())
    if kind in ("single", "states"):
        return _by_state(parts["state"])
    if kind == "dc":
        return _by_state("District of Columbia")
    if kind == "cited":
        found = _abbreviations().get(_letters(parts["cited"]))
        return _district(found[1], found[0]) if found else None
    city = parts.get("city", "")
    if city == "Washington" and "state" not in parts and not parts.get("abbreviated", "").startswith("Wash"):
        return _by_state("District of Columbia")
    state = parts.get("state") or _spelled(parts.get("abbreviated"))
    if city in _states() and not state:
        # "federal court in New York" may be the city or the state; only a state with one district settles it.
        return _by_state(city)
    return _by_city(city, state) or _by_city(city, next(iter(named)) if len(named) == 1 else None)


def _spelled(abbreviated: str | None) -> str | None:
    """The state of a press abbreviation ("Calif.", "Wash."), when just one begins so."""
    if not abbreviated:
        return None
    if abbreviated == "D.C.":
        return "District of Columbia"
    found = [state for state in _states() if state.startswith(abbreviated.rstrip("."))]
    return found[0] if len(found) == 1 else None
