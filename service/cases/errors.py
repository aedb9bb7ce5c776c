"""What can go wrong with a case file; each is one line for the user.

CaseError
├── NoSuchCase      no case has that name
├── CaseExists      a case has that name already
├── NoSuchNumber    the case was never at that number
├── BadName         a name that no case can have
├── EmptyCase       nothing was added to it yet
├── CaseChanged     it is no longer at the number that the caller knew; reading it again helps
└── CasesFault      the file of all cases cannot be read or written
"""

from __future__ import annotations


class CaseError(Exception):
    """Base of this tree."""


class NoSuchCase(CaseError):
    """No case has that name."""


class NoSuchNumber(CaseError):
    """The case was never at that number."""


class CaseExists(CaseError):
    """A case has that name already."""


class BadName(CaseError):
    """A name that no case can have."""


class EmptyCase(CaseError):
    """Nothing was added to it yet."""


class CaseChanged(CaseError):
    """The case is no longer at the number that the caller knew."""


class CasesFault(CaseError):
    """The file of all cases cannot be read or written."""
