"""Fillers of slots: made-up names, real courts and laws, sums and dates; one `Cast` is the people of one story."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

from faker import Faker

LOCALES = ["en_US", "en_GB", "en_IN", "en_AU", "en_IE", "fr_FR", "de_DE", "es_MX", "it_IT", "nl_NL", "pl_PL", "pt_BR", "sv_SE", "tr_TR"]
MONTHS = "January February March April May June July August September October November December".split()
SHORT_MONTHS = "Jan. Feb. March April May June July Aug. Sept. Oct. Nov. Dec.".split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday".split()
_HEADS = "Al Ar Bel Bran Cor Cros Dal Dor El Er Fal Fen Gal Gren Hal Har Il Jor Kal Kes Lan Lor Mar Mel Nor Ol Or Pel Pren Quar Ras Ren Sal Ser Tal Tor Ul Val Ver Wes Wil Yar Zel".split()
_MIDDLES = ["a", "o", "i", "en", "ar", "un", "il", "es", "and", "ov", "ing", ""]
_TAILS = "bridge dine don field ford gard gate haven ix lane line lo mark mont nova path point port ra ric rion ship sky son tel ton tra vance via ware well wood worth".split()
_TRADES = "Foods Motors Health Energy Media Systems Airlines Retail Insurance Logistics Robotics Pharma Labs Games Networks Textiles Mining Dairy Rail Water Homes Toys Software Security Finance Biologics Seeds Steel Paper Chemicals".split()
_FORMS = ["Inc", "Inc.", "Corp", "Corp.", "LLC", "Ltd", "plc", "Limited", "Pty Ltd", "Pvt Ltd", "GmbH", "S.A.", "Co.", "Group", "Holdings", "& Co"]


@cache
def lists() -> dict[str, Any]:
    """The lists of words.toml."""
    return tomllib.loads(files("casebrief.models.training").joinpath("words.toml").read_text(encoding="utf-8"))


@cache
def acts() -> tuple[tuple[str, str, str], ...]:
    """Every act in its three forms: base, past, ing."""
    found = []
    for rows in lists()["acts"].values():
        for row in rows:
            verbs, rests = row.split(" : ", 1)
            base, past, ing = verbs.split(" | ")
            found += [(f"{base} {rest}", f"{past} {rest}", f"{ing} {rest}") for rest in rests.split("; ")]
    return tuple(found)


@cache
def act_forms() -> dict[str, str]:
    """First words of acts by the form that they show."""
    forms = {act[1].split()[0]: "act_past" for act in acts()}
    return forms | {act[2].split()[0]: "act_ing" for act in acts()}


class Names:
    """Made-up people and companies, none of which has a word of ``avoid`` in it."""

    def __init__(self, seed: int, avoid: frozenset[str]) -> None:
        self._faker, self._avoid = Faker(LOCALES), avoid
        self._faker.seed_instance(seed)

    def _allowed(self, name: str) -> bool:
        return (
            not self._avoid & set(name.casefold().replace("-", " ").replace("'s", "").split())
            and name.isprintable()
            and all(ord(c) < 0x250 or c == "’" for c in name)
        )

    def person(self) -> str:
        while True:
            name = f"{self._faker.first_name()} {self._faker.last_name()}"
            if self._allowed(name) and len(name) < 32:
                return name

    def surname(self) -> str:
        return self.person().rsplit(" ", 1)[1]

    def company(self, chance: random.Random) -> tuple[str, str]:
        """A company's full name and its short one."""
        while True:
            word = chance.choice(_HEADS) + chance.choice(_MIDDLES) + chance.choice(_TAILS)
            shape = chance.random()
            if shape < 0.15:
                word = f"{self.surname()} {chance.choice(['&', 'and'])} {self.surname()}"
            elif shape < 0.25:
                word = f"{chance.choice(_HEADS)}{chance.choice(_TAILS)} {chance.choice('River Harbor Peak Street Green Blue North First Union Star'.split())}"
            elif shape < 0.32:
                word = word[:4] + chance.choice(["Pay", "Net", "Bio", "Soft", "Care", "Chat", "Tube"])
            full = word + (f" {chance.choice(_TRADES)}" if chance.random() < 0.5 else "")
            if self._allowed(full):
                return full + (f" {chance.choice(_FORMS)}" if chance.random() < 0.6 else ""), word


class Cast:
    """The people, companies, court and subject of one story; slots are filled from it, so that a story stays one story."""

    def __init__(self, names: Names, chance: random.Random, proceeding: str) -> None:
        self.names, self.chance, self.proceeding = names, chance, proceeding
        pick, words = chance.choice, lists()
        self.full, self.short = names.company(chance)
        if proceeding == "criminal" and chance.random() < 0.7:
            self.full = names.person()
            self.short = self.full.split(" ", 1)[1]
        self.mentioned = False
        self.other, self.other_short = names.company(chance)
        self.people = [names.person() for _ in range(3)]
        self.plaintiff = pick([names.person(), names.person(), names.company(chance)[0]])
        self.group = pick(words["groups"]["all"])
        self.judge, self.agency = names.person(), pick(words["agencies"]["all"])
        self.lawyers = [names.person() for _ in range(4)]
        self.firms = [self._firm() for _ in range(2)]
        self.state, self.city = pick(words["places"]["states"]), pick(words["places"]["cities"])
        self.courts = [self._court(), self._court()]
        self.product, self.product2 = self._product(), self._product()
        self.publisher = f"{pick(words['media']['first'])} {pick(words['media']['second'])}"
        self.docket = self._docket()
        self.year = chance.randint(2016, 2026)
        self.british = chance.random() < 0.4
        self.caption = self._caption()

    def slots(self) -> Callable[[str], str]:
        """A filler for one template: the same slot twice gets the same words."""
        filled: dict[str, str] = {}
        act = self.chance.choice(acts())

        def slot(name: str) -> str:
            if name.startswith("fresh_act"):
                return self.chance.choice(acts())[{"fresh_act_past": 1, "fresh_act_ing": 2}[name]]
            if name == "fresh_quote":
                return str(self.chance.choice(lists()["quotes"]["all"]))
            if name.startswith("fresh_person"):
                return self.names.person()
            if name in ("fresh_theory", "fresh_date"):
                return self._fill({"fresh_theory": "legal_theory", "fresh_date": "date"}[name])
            if name in ("act", "act_past", "act_ing"):
                return act[("act", "act_past", "act_ing").index(name)]
            if name not in filled:
                filled[name] = self._fill(name)
            return filled[name]

        return slot

    def _fill(self, name: str) -> str:
        pick, words = self.chance.choice, lists()
        made: dict[str, Callable[[], str]] = {
            "plaintiff": lambda: self.plaintiff,
            "plaintiff_group": lambda: self.group if self.chance.random() < 0.6 else str(pick(words["groups"]["all"])),
            "defendant": self._defendant,
            "company2": lambda: pick([self.other, self.other_short]) if self.chance.random() < 0.6 else self.names.company(self.chance)[pick([0, 1])],
            "person": lambda: pick(self.people) if self.chance.random() < 0.5 else self.names.person(),
            "judge_name": lambda: self.judge if self.chance.random() < 0.6 else self.judge.split(" ", 1)[1],
            "lawyer": lambda: pick(self.lawyers),
            "plaintiff_lawyer": lambda: pick(self.lawyers[:2]),
            "defendant_lawyer": lambda: pick(self.lawyers[2:]),
            "law_firm": lambda: pick(self.firms),
            "plaintiff_law_firm": lambda: self.firms[0],
            "defendant_law_firm": lambda: self.firms[1],
            "agency": lambda: self.agency,
            "court_phrase": lambda: pick(self.courts),
            "caption": lambda: self.caption,
            "docket": lambda: self.docket,
            "statute": lambda: str(pick(words["laws"]["all"])).removeprefix("the "),
            "legal_theory": lambda: str(pick(words["theories"]["all"])),
            "city": lambda: self.city if self.chance.random() < 0.6 else str(pick(words["places"]["cities"])),
            "state": lambda: self.state if self.chance.random() < 0.6 else str(pick(words["places"]["states"])),
            "country": lambda: str(pick(words["places"]["countries"])),
            "weekday": lambda: pick(WEEKDAYS),
            "month": self._month,
            "month2": self._month,
            "day": lambda: str(self.chance.randint(1, 28)),
            "year": lambda: str(self.chance.randint(self.year - 5, self.year)),
            "year2": lambda: str(self.chance.randint(self.year, self.year + 2)),
            "date": self._date,
            "relative_date": self._relative,
            "money": self._money,
            "money2": self._money,
            "number": self._number,
            "number2": self._number,
            "percent": lambda: (
                f"{self.chance.choice([str(self.chance.randint(2, 95)), f'{self.chance.randint(1, 30)}.{self.chance.randint(1, 9)}'])}{pick(['%', ' percent', ' per cent'])}"
            ),
            "product": lambda: self.product,
            "product2": lambda: self.product2,
            "did": self._did,
            "title": lambda: pick(
                [
                    "chief executive",
                    "general counsel",
                    "finance director",
                    "head of safety",
                    "plant manager",
                    "professor of law",
                    "union secretary",
                    "managing director",
                ]
            ),
            "publisher": lambda: self.publisher,
        }
        return made[name]()

    def _defendant(self) -> str:
        name = self.short if self.mentioned and self.chance.random() < 0.6 else self.full
        self.mentioned = True
        return name

    def _did(self) -> str:
        phrase = str(self.chance.choice(lists()["did"]["all"]))
        for name in ("product", "month", "month2", "year", "year2", "date"):
            if f"{{{name}}}" in phrase:
                phrase = phrase.replace(f"{{{name}}}", self._fill(name))
        return phrase

    def _product(self) -> str:
        words = lists()["products"]
        return (
            f"{self.chance.choice(words['first'])} {self.chance.choice(words['second'])}"
            if self.chance.random() < 0.5
            else str(self.chance.choice(words["second"]))
        )

    def _firm(self) -> str:
        one, two, three = (self.names.surname() for _ in range(3))
        return self.chance.choice(
            [
                f"{one} & {two}",
                f"{one} {two} LLP",
                f"{one}, {two} & {three}",
                f"{one} Law",
                f"{one} {two}",
                f"{one} & {two} LLP",
                f"The {one} Firm",
                f"{one} Solicitors",
            ]
        )

    def _court(self) -> str:
        places = lists()["places"]
        return str(self.chance.choice(lists()["courts"]["all"])).format(
            city=self.city,
            state=self.state if self.chance.random() < 0.8 else self.chance.choice(places["states"]),
            direction=self.chance.choice(["Northern", "Southern", "Eastern", "Western", "Central", "Middle"]),
            ordinal=self.chance.choice(["First", "2nd", "Third", "4th", "Fifth", "6th", "Seventh", "8th", "Ninth", "11th", "Federal"]),
        )

    def _caption(self) -> str:
        left = self.plaintiff.split()[-1] if " " in self.plaintiff and self.chance.random() < 0.6 else self.plaintiff
        if self.proceeding == "criminal":
            left = self.chance.choice(["United States", "U.S.", "People", "R", "Commonwealth", f"State of {self.state}"])
        elif self.proceeding == "regulatory" and self.chance.random() < 0.6:
            left = self.agency
        if self.proceeding == "class_action" and self.chance.random() < 0.2:
            return f"In re {self.short} {self.chance.choice(['Data Breach', 'Securities', 'Products Liability', 'Antitrust', 'Consumer Privacy'])} Litigation"
        more = self.chance.choice(["", "", "", " et al", " and others", " et al."])
        return f"{left}{more} {self.chance.choice(['v.', 'v.', 'v', 'vs.', 'vs'])} {self.chance.choice([self.full, self.short, self.full + ' et al'])}"

    def _docket(self) -> str:
        year, number = self.chance.randint(18, 26), self.chance.randint(100, 99999)
        return self.chance.choice(
            [f"{year}-{number:05d}", f"{self.chance.randint(1, 5)}:{year}-cv-{number:05d}", f"{year}-cv-{number % 10000:04d}", f"CV-20{year}-{number:06d}", f"KB-20{year}-{number:06d}", f"1:{year}-cr-{number % 1000:05d}",
             f"{number} of 20{year}", f"20{year}-CA-{number:06d}", f"C-{number % 900}/{year}", f"NSD{number % 3000}/20{year}", f"CGC-{year}-{number:06d}", f"T-{number % 900}-{year}"]
        )  # fmt: skip

    def _month(self) -> str:
        return self.chance.choice(MONTHS)

    def _date(self) -> str:
        month, day, year = self.chance.randrange(12), self.chance.randint(1, 28), self.chance.randint(self.year - 3, self.year)
        if self.british:
            return self.chance.choice([f"{day} {MONTHS[month]} {year}", f"{day} {MONTHS[month]}", f"{MONTHS[month]} {year}"])
        return self.chance.choice(
            [
                f"{MONTHS[month]} {day}",
                f"{MONTHS[month]} {day}, {year}",
                f"{SHORT_MONTHS[month]} {day}",
                f"{SHORT_MONTHS[month]} {day}, {year}",
                f"{MONTHS[month]} {year}",
            ]
        )

    def _relative(self) -> str:
        fixed = "last week,last month,earlier this month,last year,on Tuesday,late on Friday,in the spring,two weeks ago,yesterday,this week,earlier this year,in recent days"
        made = [f"last {self._month()}", f"in {self._month()}", f"last {self.chance.choice(WEEKDAYS)}", f"late {self.chance.choice(WEEKDAYS)}"]
        return self.chance.choice([*fixed.split(","), *made])

    def _money(self) -> str:
        n, m = self.chance.randint(1, 990), self.chance.randint(1, 9)
        sign = self.chance.choice(["£", "£", "€", "A$", "₹", "Rs "]) if self.british else self.chance.choice(["$", "$", "$", "US$", "C$", "€"])
        big = {"₹": [f"{n} crore", f"{m} lakh"], "Rs ": [f"{n} crore", f"{m} lakh"]}.get(
            sign, [f"{n} million", f"{m}.{self.chance.randint(1, 9)} billion", f"{n}m", f"{m}.{self.chance.randint(1, 9)} million", f"{m}bn"]
        )
        return sign + self.chance.choice([*big, *big, f"{m},{self.chance.randint(0, 999):03d}", f"{n},{self.chance.randint(0, 99) * 10:03d}", str(n)])

    def _number(self) -> str:
        n, m = self.chance.randint(2, 950), self.chance.randint(1, 9)
        return self.chance.choice(
            [
                f"{n},{self.chance.randint(0, 99) * 10:03d}",
                f"{n} million",
                f"{m}.{self.chance.randint(1, 9)} million",
                f"{m},{self.chance.randint(100, 999)}",
                str(n),
                f"{m} lakh",
                "tens of thousands of",
                f"{n},000",
            ]
        )
