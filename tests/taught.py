"""Marked cases to teach from, made up for the tests."""

from pathlib import Path

from casebrief.evals.marked import MarkedArticle, MarkedCase, load_marked

MILL = """id: mill
kind: civil
names:
  company: Harrow Mills Ltd | Harrow Mills
  person: Ada Stone | Stone
=== a1 | Herald | 2024-01-12 | filed
[plaintiffs|Ada Stone] [status.filed|sues] [defendants|Harrow Mills]

[plaintiffs#s|Ada Stone] sued [defendants#h|Harrow Mills Ltd] on [timeline#f=2024-01-09|Tuesday 9 January], asking for [relief_sought.damages#d!|$1,250,000] and [relief_sought.fees!|3 weeks’ pay]. “[quotes|I ran 45 looms],” [speaker|Stone] said. The mill, of 1,250,000 bricks, was [timeline=1998|built in 1998].

~ Sign up for our newsletter
=== a2 | Courier | 2024-02-02 | settled
[defendants|Harrow Mills] [rulings.settlement#p|[status.settled|settles] for 45 looms] on [timeline#s=2024-02-01|Thursday]
"""

LENDER = """id: lender
kind: civil
names:
  company: Quern & Vane plc | Quern & Vane
  person: Bartholomew de Witt | de Witt
=== a1 | Herald | 2024-01-12 | filed
[plaintiffs|Bartholomew de Witt] sued [defendants|Quern & Vane plc]. [plaintiffs|De Witt] and de Witt said that Quern & Vane owed him.

~ Most read in Business
"""


def case_of(text: str, folder: Path) -> MarkedCase:
    path = folder / f"{text.partition(chr(10))[0].removeprefix('id: ')}.case"
    path.write_text(text, encoding="utf-8")
    return load_marked(path)


def words(article: MarkedArticle) -> list[str]:
    return [article.text[mark.start : mark.end] for mark in article.marks]
