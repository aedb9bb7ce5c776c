"""The one error of this room: a file that cannot be read, why, and what would help.

``reason``: "kind" (nothing here reads it), "no-text" (there is none in it), "locked" (a password), "damaged", "too-large", "too-slow".
"""

from __future__ import annotations

from typing import Literal

Reason = Literal["kind", "no-text", "locked", "damaged", "too-large", "too-slow"]


class Unreadable(Exception):
    """``str()`` is one line: what the file is, and what would help. Trying again does not."""

    def __init__(self, reason: Reason, told: str) -> None:
        super().__init__(told)
        self.reason, self.told = reason, told
