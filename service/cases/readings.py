"""What was read of a case's articles, kept with the case: behind an engine (`casebrief.models.cache.CachedEngine`) only what is new is read.

A reading is kept under the hash of the article, the model with its adapters and heads, and the library: whatever differs is read again. Nothing
else of an article is kept outside the case, so that nothing is left of a case that is removed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

from casebrief.models.cache import Kept
from casebrief.models.engine import Labelling, Reading
from casebrief.service.cases.store import CaseStore
from pydantic import TypeAdapter, ValidationError

_either: TypeAdapter[Reading | Labelling] = TypeAdapter(Reading | Labelling)


class CaseReadings:
    """The kept readings of a case; ``new`` ones are held until an addition stores them, ``asked`` are the keys that were asked for."""

    def __init__(self, store: CaseStore, case: str) -> None:
        self._store, self._case = store, case
        self.new: dict[str, bytes] = {}
        self.asked: dict[str, None] = {}

    def get(self, keys: Sequence[str], kind: TypeAdapter[Kept]) -> list[Kept | None]:
        """What is kept of each key; of what cannot be understood (it was written by another version) nothing."""
        self.asked |= dict.fromkeys(keys)
        held = self._store.readings(self._case, [key for key in keys if key not in self.new]) | self.new
        found: list[Kept | None] = []
        for key in keys:
            found.append(None)
            with contextlib.suppress(ValidationError):
                found[-1] = kind.validate_json(held[key]) if key in held else None
        return found

    def put(self, readings: Mapping[str, Reading | Labelling]) -> None:
        """Hold readings for the addition."""
        self.new |= {key: _either.dump_json(reading) for key, reading in readings.items()}
