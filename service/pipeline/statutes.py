"""Laws and legal theories sued on: citations by eyecite, named acts by their form, theories from a closed vocabulary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from casebrief.service.domain.folds.capitals import in_small_letters
from casebrief.service.domain.spans import Span

# The common causes of action of private and public law in English-speaking courts, as practice manuals name them.
_THEORIES = (
    "breach of contract|breach of (?:the )?implied (?:contract|warranty|covenant of good faith(?: and fair dealing)?)|breach of (?:express )?warranty|breach of fiduciary dut(?:y|ies)"
    "|breach of confidence|breach of duty|breach of trust|unjust enrichment|unfair competition|deceptive (?:trade )?practices|false advertising|negligent misrepresentation"
    "|misrepresentation|gross negligence|negligence(?: per se)?|professional negligence|medical malpractice|legal malpractice|strict (?:products? )?liability|products? liability|design defect"
    "|defective design|failure to warn|public nuisance|private nuisance|nuisance|trespass(?: to chattels)?|conversion|defamation|libel|slander|invasion of privacy|intrusion upon seclusion"
    "|misuse of private information|right of publicity|(?:direct |contributory |vicarious )?copyright infringement|(?:induced |willful |direct )?patent infringement|trademark infringement"
    "|trademark dilution|trade dress infringement|passing off|misappropriation of trade secrets|trade secret (?:theft|misappropriation)|trade secrets misappropriation"
    "|tortious interference(?: with (?:a )?contract)?|securities fraud|wire fraud|mail fraud|bank fraud|tax fraud|tax evasion|money laundering|bribery|racketeering|conspiracy to commit [a-z ]{4,20}fraud"
    "|fraudulent (?:inducement|concealment|misrepresentation)|common[- ]law fraud|wrongful (?:death|termination|dismissal)|unfair dismissal|constructive dismissal"
    "|(?:racial|sex|gender|age|pregnancy|disability|race|religious) discrimination|sexual harassment|hostile work environment|retaliation|whistleblower retaliation|false imprisonment"
    "|malicious prosecution|excessive force|intentional infliction of emotional distress|negligent infliction of emotional distress|loss of consortium|price[- ]fixing|monopolization"
    "|abuse of (?:a )?dominan(?:ce|t position)|market manipulation|insider trading|embezzlement"
)
_THEORY = re.compile(rf"\b(?:{_THEORIES})\b", re.IGNORECASE)
_OWNER = r"(?:(?P<owner>[A-Z][\w.]+(?:\s[A-Z][\w.]+)?)['’]s\s+)"
_ACT_WORD = r"(?!(?:Act|Code|Law)\b)[A-Z][\w’'&-]*"
_ACT_WORDS = rf"{_ACT_WORD}(?:,?\s+(?:and\s+|of\s+the\s+|of\s+|the\s+|for\s+|in\s+|to\s+|or\s+)?{_ACT_WORD}){{0,7}}"
_SECTION = r"(?:[Ss]ections?|§+)\s?[\w().-]+(?:\s(?:and|or)\s[\w().-]+)?"
_ACT = re.compile(
    rf"(?:(?P<section>{_SECTION})\s+of\s+(?:the\s+)?(?:federal\s+)?)?(?P<act>(?:Title\s[IVXL]+\sof\sthe\s)?{_ACT_WORDS}\s(?:Act|Code|Law|Directive|Regulation)\b(?:\s+of\s+\d{{4}}|,?\s+\d{{4}})?)"
)
_LAW = re.compile(
    rf"{_OWNER}?(?P<law>unfair competition law|consumer protection (?:act|laws?)|wiretap(?:ping)? (?:act|law)|UK GDPR|GDPR|SEC Rule \d+b-\d+|Title VII)\b"
)
_SMALL_ACT = re.compile(
    r"(?:\b(?:under|violat\w+|breach\w*|broke|invok\w+|cit\w+)(?:\sof)?\s(?:the\s)?(?:federal\s)?|\b(?P<section>(?:sections?|§+)\s[\w().-]+(?:\sand\s[\w().-]+)?\sof\s)(?:the\s)?)"
    r"(?P<act>(?:[a-z’'&-]+,?\s){1,7}?(?:act|code|directive|regulation)\b(?:\sof\s\d{4}|,?\s\d{4})?)"
)
"""A named act in a sentence that has no capitals, behind the words that bring one in."""

_LEADING = re.compile(r"^(?:The|Under|In|Violating|Violates|Violations? of|And|By|For|A|An|Its|This|That|With|But|If)\s+", re.IGNORECASE)


@dataclass(frozen=True)
class LawPhrase:
    """Words that name a law or theory; ``jurisdiction`` where the words tell it ("California's", "federal")."""

    span: Span
    jurisdiction: str | None


def law_phrases(text: str, within: Span) -> Iterator[LawPhrase]:
    """The laws and theories that a span names, longest first at each place."""
    found: list[LawPhrase] = []
    words = within.of(text)
    if in_small_letters(words):
        for match in _SMALL_ACT.finditer(words):
            start = match.start("section" if match.group("section") else "act")
            found.append(LawPhrase(Span(within.start + start, within.start + match.end()), _jurisdiction(words, start)))
    for match in _ACT.finditer(words):
        start, end = match.start(), match.end()
        if match.group("section") is None:
            while lead := _LEADING.match(words[start:end]):
                start += lead.end()
        name = words[start:end]
        if len(name.split()) >= 2 and not re.match(r"(?:Class|Executive|Equal Rights) (?:Act|Code|Law)$", name):
            found.append(LawPhrase(Span(within.start + start, within.start + end), _jurisdiction(words, start)))
    for pattern in (_LAW, _THEORY):
        for match in pattern.finditer(words):
            owner = match.groupdict().get("owner")
            found.append(LawPhrase(Span(within.start + match.start(), within.start + match.end()), owner or _jurisdiction(words, match.start())))
    if "§" in words or re.search(r"\b(?:U\.S\.C|Code|Stat)\b", words):
        from eyecite import get_citations  # its tables take a fifth of a second, and most sentences cite no code
        from eyecite.models import FullLawCitation

        for citation in get_citations(words):
            if isinstance(citation, FullLawCitation) and "Patent" not in str(citation):
                start, end = citation.span()  # type: ignore[no-untyped-call]
                found.append(LawPhrase(Span(within.start + start, within.start + end), "US" if "U.S.C" in words[start:end] else None))
    taken: list[Span] = []
    for phrase in sorted(found, key=lambda phrase: (phrase.span.start - phrase.span.end, phrase.span.start)):
        if not any(phrase.span.meets(other) for other in taken):
            taken.append(phrase.span)
            yield phrase


def _jurisdiction(words: str, start: int) -> str | None:
    before = words[max(0, start - 24) : start]
    if re.search(r"\bfederal\s+(?:the\s+)?$", before):
        return "US"
    match = re.search(r"\b([A-Z]\w+(?:\s[A-Z]\w+)?)['’]s\s+$", before)
    return match.group(1) if match else None
