"""How a text as people paste it becomes the one that is read: folds, each a list of edits, in the order in which they are made.

A file a kind: `characters`, `mail`, `capitals`, `lines`, `marks`. A fold changes nothing in what it has made.
"""

from __future__ import annotations

from casebrief.service.domain.folds import characters, marks
from casebrief.service.domain.folds.capitals import capitals
from casebrief.service.domain.folds.edits import Fold, dropped, unwrapped
from casebrief.service.domain.folds.lines import joined
from casebrief.service.domain.folds.mail import QUOTED, quoted_printable

FOLDS: tuple[Fold, ...] = (
    quoted_printable,
    characters.entities,
    dropped(characters.TERMINAL),
    dropped(characters.SOFT_BREAK),
    dropped(characters.UNSEEN),
    dropped(characters.PARTED_SUM),
    characters.alike,
    characters.composed,
    characters.docket_dashes,
    dropped(QUOTED),
    capitals,
    joined,
    dropped(marks.IMAGE),
    dropped(marks.NOTE),
    dropped(marks.NOTE_SIGN),
    unwrapped(marks.LINK),
    unwrapped(marks.BOLD),
    unwrapped(marks.EMPHASIS),
    dropped(marks.ESCAPED),
    dropped(marks.LINE_MARK),
    marks.pictures,
    dropped(marks.GOES_ON_ELSEWHERE),
    dropped(marks.UNOPENED),
)
