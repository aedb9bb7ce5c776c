"""A job, as it stands, and what happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED: tuple[State, ...] = ("done", "failed", "cancelled")

Kind = Literal["queued", "started", "progress", "done", "failed", "cancelled"]


@dataclass(frozen=True)
class New:
    """A job to be taken on.

    ``request`` is kept until the job ends; ``sum`` tells two requests apart. ``characters``: of its texts, as far as they are known. ``deadline_s``: seconds
    that it has from now on. ``key`` is the client's name for it, ``webhook`` an address; empty for none.
    """

    request: bytes
    sum: str
    articles: int
    characters: int
    deadline_s: float | None = None
    key: str = ""
    webhook: str = ""


@dataclass(frozen=True)
class Job:
    """A job as it stands. Times are in seconds since 1970. ``begun``: how often it was begun; ``webhook``: who is still to be told of its end."""

    id: str
    state: State
    articles: int
    characters: int
    made_at: float
    deadline_at: float | None
    started_at: float | None
    ended_at: float | None
    expires_at: float | None
    begun: int
    webhook: str

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ENDED


@dataclass(frozen=True)
class Event:
    """Something that happened to a job; ``number`` counts from 1 within the job. ``article`` of how many is being read, and about how many seconds are left; at the end neither is told."""

    number: int
    kind: Kind
    at: float
    article: int | None = None
    seconds_left: float | None = None


@dataclass(frozen=True)
class Outcome:
    """How a job ended: its result, or the problem that ended it, as JSON; neither for one that was cancelled."""

    state: State
    document: bytes = b""
