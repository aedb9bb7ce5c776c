"""Evidence told in marked words, and the summary that is merged of it."""

import datetime

from casebrief.service.domain.article import CaseIdentity
from casebrief.service.domain.evidence import Evidence, copied
from casebrief.service.domain.merging import Sources, merge
from casebrief.service.domain.schema import CaseSummary, Court, Date, Fact, Figure, Money, Name, Relief, Response
from casebrief.service.domain.spans import Span
from hypothesis import strategies as st

CASE = CaseIdentity(None, (), (), ())
TOLD = {
    "Norvane Home Inc": ("defendants", Name(name="Norvane Home Inc"), ""),
    "Norvane": ("defendants", Name(name="Norvane"), ""),
    "Windrow Kitchens": ("defendants", Name(name="Windrow Kitchens"), ""),
    "kettle maker": ("defendants", Name(name="kettle maker"), ""),
    "Clayton Act": ("causes_of_action", None, ""),
    "Section 7 of the Clayton Act": ("causes_of_action", None, ""),
    "the doorbells record visitors": ("allegations", None, ""),
    "kettles melt on the stove": ("allegations", None, ""),
    "pay $40 million": ("rulings", Money(kind="settlement", amount=40_000_000, currency="USD", per=None, qualifier=None), ""),
    "pay $44 million": ("rulings", Money(kind="settlement", amount=44_000_000, currency="USD", per=None, qualifier=None), ""),
    "pay $47 million": ("rulings", Money(kind="settlement", amount=47_000_000, currency="USD", per=None, qualifier=None), ""),
    "pay nearly $50 million": ("rulings", Money(kind="settlement", amount=50_000_000, currency="USD", per=None, qualifier="about"), ""),
    "pay more than $50 million": ("rulings", Money(kind="settlement", amount=50_000_000, currency="USD", per=None, qualifier="at least"), ""),
    "pay A$40 million": ("rulings", Money(kind="settlement", amount=40_000_000, currency="AUD", per=None, qualifier=None), ""),
    "pay $43.7 million": ("rulings", Money(kind="settlement", amount=43_700_000, currency="USD", per=None, qualifier=None), ""),
    "denies that the kettles melt": ("responses", Response(speaker="Norvane", stance="denies"), ""),
    "calls the suit baseless": ("responses", Response(speaker="Norvane", stance="denies"), ""),
    "had no comment": ("responses", Response(speaker="Norvane", stance="declined_to_comment"), ""),
    "heard on May 5": ("timeline", Date(date="2025-05-05", precision="day"), "May 5"),
    "argued on May 5": ("timeline", Date(date="2025-05-05", precision="day"), "May 5"),
    "Ada Brinkworth": ("judge", Name(name="Ada Brinkworth"), ""),
    "Lucan Feherty": ("judge", Name(name="Lucan Feherty"), ""),
    "lifted the injunction": ("rulings", Relief(kind="injunction"), "injunction"),
    "85,000 buyers": ("figures", Figure(quantity=85_000, unit="buyers"), ""),
    "58,000 buyers": ("figures", Figure(quantity=58_000, unit="buyers"), ""),
    "85,000 homes": ("figures", Figure(quantity=85_000, unit="homes"), ""),
    "83,000 buyers": ("figures", Figure(quantity=83_000, unit="buyers"), ""),
    "62,000 buyers": ("figures", Figure(quantity=62_000, unit="buyers"), ""),
    "74,000 kettles": ("figures", Figure(quantity=74_000, unit="kettles"), ""),
    "3 million users": ("figures", Figure(quantity=3_000_000, unit="users"), ""),
    "3 million kettles": ("figures", Figure(quantity=3_000_000, unit="kettles"), ""),
    "2,843 kettles": ("figures", Figure(quantity=2_843, unit="kettles"), ""),
    "2,843 users": ("figures", Figure(quantity=2_843, unit="users"), ""),
    "some 60": ("figures", None, ""),
    "March 3": ("filed_on", Date(date="2025-03-03", precision="day"), ""),
    "March 13": ("filed_on", Date(date="2025-03-13", precision="day"), ""),
    "2022": ("filed_on", Date(date="2022", precision="year"), ""),
    "federal court in Oakland": ("court", Court(court_id="cand", name="Northern District of California"), ""),
    "court in San Francisco": ("court", Court(court_id=None, name="court in San Francisco"), ""),
    "Federal Court of Appeal": ("court", Court(court_id=None, name="Federal Court of Appeal"), ""),
    "Federal Court": ("court", Court(court_id=None, name="Federal Court"), ""),
    "Commercial Court": ("court", Court(court_id=None, name="Commercial Court"), ""),
    "High Court": ("court", Court(court_id=None, name="High Court"), ""),
    "eight other owners": ("figures", Figure(quantity=8, unit="owners"), ""),
    "nine owners": ("figures", Figure(quantity=9, unit="owners"), ""),
    "some 91,000": ("figures", None, ""),
    "fired on March 10": ("timeline", Date(date="2025-03-10", precision="day"), "March 10"),
    "sacked on March 17": ("timeline", Date(date="2025-03-17", precision="day"), "March 17"),
    "threw out the plea bargain on Monday": ("timeline", Date(date="2025-03-01", precision="day"), "Monday"),
    "threw out the plea bargain on March 22": ("timeline", Date(date="2025-03-22", precision="day"), "March 22"),
    "Brinkworth, J.": ("judge", Name(name="Brinkworth, J."), ""),
    "$500": ("relief_sought", Money(kind="fine", amount=500, currency="USD", per=None, qualifier=None), ""),
    "$500 per call": ("relief_sought", Money(kind="statutory_damages", amount=500, currency="USD", per="call", qualifier=None), ""),
    "refused the class": ("rulings", Relief(kind="other"), "certification"),
    "revived the class": ("rulings", Relief(kind="other"), "certification"),
    "upheld the fine": ("rulings", Relief(kind="other"), "other"),
    "struck out": ("rulings", Relief(kind="other"), "dismissal"),
    "9th Circuit": ("court", Court(court_id="ca9", name="9th Circuit"), ""),
}
DAY = datetime.date(2025, 3, 3)
ARTICLES = st.lists(st.lists(st.sampled_from(sorted(TOLD)), min_size=1, max_size=5, unique=True), min_size=1, max_size=4, unique_by=tuple)


def text_of(words: list[str]) -> str:
    return ". ".join(words) + ".\n"


def sources_of(texts: dict[str, str], days: dict[str, datetime.date | None], copies: dict[str, str], alike: float) -> Sources:
    return Sources(texts, days, copies, {}, lambda one, other: alike)


def evidence_in(article: str, words: list[str]) -> list[Evidence]:
    text = text_of(words)
    found = []
    for said in words:
        field, normalized, about = TOLD[said]
        start = text.index(said)
        found.append(copied(field, article, text, Span(start, start + len(said)), 0.9, normalized, about))
    return found


def summary_of(articles: dict[str, list[str]], days: dict[str, datetime.date | None], copies: dict[str, str] | None = None, alike: float = 0.5) -> CaseSummary:
    sources = sources_of({name: text_of(words) for name, words in articles.items()}, days, copies or {}, alike)
    return merge([item for name, words in articles.items() for item in evidence_in(name, words)], sources, CASE)


def facts_of(summary: CaseSummary) -> list[tuple[str, Fact]]:
    single = [(name, getattr(summary, name)) for name in ("court", "judge") if getattr(summary, name)]
    return single + [
        (name, fact)
        for name in ("defendants", "allegations", "rulings", "figures", "causes_of_action", "responses", "timeline")
        for fact in getattr(summary, name)
    ]
