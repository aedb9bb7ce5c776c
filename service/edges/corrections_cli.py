"""`casebrief correct`: one fact of a case file accepted, changed, deleted or added."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer
from casebrief.service.corrections.asking import Selected, Wanted
from casebrief.service.corrections.model import Action, CorrectionFault
from casebrief.service.domain.view import harmless
from casebrief.service.edges.cli import BAD_INPUT, fail, settings_of
from casebrief.service.edges.corrected import correct
from casebrief.service.edges.stores import case_store_of


def correct_command(
    case: Annotated[str, typer.Argument(help="The case file's name.", show_default=False)],
    action: Annotated[Action, typer.Argument(help="What is to be done.", show_default=False)],
    field: Annotated[str, typer.Argument(help="The field: judge, figures, timeline …", show_default=False)],
    value: Annotated[str | None, typer.Argument(help="The fact's value, where the field has several.", show_default=False)] = None,
    article: Annotated[str | None, typer.Option(help="The article that the new words are in.")] = None,
    quote: Annotated[str | None, typer.Option(help="The new words, as the article has them.")] = None,
    start: Annotated[int | None, typer.Option(min=0, help="Where they start, in characters from 0, if they stand there several times.")] = None,
    choice: Annotated[str | None, typer.Option(help="Of a closed list: a status, a kind of proceeding, a stance, a side, a kind of sum.")] = None,
    speaker: Annotated[str | None, typer.Option(help="Who said it, as the article names them.")] = None,
    at: Annotated[str | None, typer.Option(help="ARTICLE:START that the fact cites, where two have the same value.", metavar="ARTICLE:START")] = None,
    by: Annotated[str | None, typer.Option(help="Who corrects; the login name without.")] = None,
) -> None:
    """Correct one fact of a case file, with the words of an article that it rests on."""
    if (article is None) != (quote is None):
        fail("--article and --quote go together: the article, and its words", BAD_INPUT)
    words = Selected(article=article, quote=quote, start=start) if article is not None else None
    wanted = Wanted(action=action, field=field, value=value, place=_place(at), words=words, choice=choice, speaker=speaker)
    try:
        now = correct(case_store_of(settings_of()), case, [wanted], by or getpass.getuser())
    except CorrectionFault as fault:
        fail(str(fault), BAD_INPUT)
    print(f"{now.name} is at {now.number}")
    for lost in now.response.corrections.unplaced if now.response.corrections else ():
        print(harmless(f"no place any more: {lost.action} {lost.field} {lost.value!r}: {' '.join(lost.reason.split())}"))


def _place(at: str | None) -> Selected | None:
    if at is None:
        return None
    article, _, start = at.rpartition(":")
    if not article or not start.isascii() or not start.isdecimal():
        fail(f"--at {at}: a place is ARTICLE:START, as in a1:102", BAD_INPUT)
    return Selected(article=article, start=int(start))
