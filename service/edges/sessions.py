"""Sessions of browsers: a page cannot send a key with every link, so a key that is entered once stands behind a cookie.

The cookie is a random token that means nothing elsewhere. It is good for as long as its key is, and no longer than the process: what is kept here is
kept in memory, by its SHA-256.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from pathlib import Path

from casebrief.service.edges.keys import Keys

COOKIE = "casebrief_session"

IDLE_S = 12 * 3600.0
"""Seconds without a request after which a session is over: a working day, not a night."""

MOST = 1000
"""Sessions that are kept; the one that was silent longest goes first."""


class Sessions:
    """The sessions of one server, each opened by a key of one file."""

    def __init__(self, keys_file: Path) -> None:
        self.keys = Keys(keys_file)
        self._open: dict[str, tuple[str, float]] = {}  # by the sum of the token: the key's sum, and when it was last used; the longest silent first

    def begin(self, key: str) -> str | None:
        """The token of a new session; none for a key that is not known."""
        if not self.keys.know(key):
            return None
        token = secrets.token_urlsafe(32)
        self._open[_sum(token)] = (_sum(key), time.monotonic())
        while len(self._open) > MOST:
            del self._open[next(iter(self._open))]
        return token

    def know(self, token: str) -> bool:
        """Whether a session is open, which this keeps open; a key that was removed closes its sessions."""
        key, used = self._open.pop(_sum(token), ("", 0.0))
        if not key or time.monotonic() - used > IDLE_S or not self.keys.hold(key):
            return False
        self._open[_sum(token)] = (key, time.monotonic())
        return True

    def end(self, token: str) -> None:
        """Close a session; nothing happens where there is none."""
        self._open.pop(_sum(token), None)


def _sum(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
