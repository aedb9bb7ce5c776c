"""Gates: floors and ceilings that a run must keep, from ``gates.toml``, or ``gates-corpus.toml`` for marked cases."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from casebrief.evals.labels import FIELDS
from casebrief.evals.marks import LESS_IS_BETTER, figures
from pydantic import BaseModel, ConfigDict, Field, ValidationError

Share = Annotated[float, Field(ge=0, le=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Floors(_Strict):
    recall_vital: Share | None = None
    recall_other: Share | None = None
    recall: Share | None = None
    precision: Share | None = None
    f1: Share | None = None
    absent_accuracy: Share | None = None
    speakers_right: Share | None = None


class Ceilings(_Strict):
    distractors: Annotated[int, Field(ge=0)] | None = None
    ungrounded: Annotated[int, Field(ge=0)] | None = None
    false_conflicts: Annotated[int, Field(ge=0)] | None = None


class Gates(_Strict):
    """What a run must reach over all, what it may have at most, what each field must reach, and each figure of marks by its name in reports."""

    all: Floors = Floors()
    most: Ceilings = Ceilings()
    fields: dict[str, Floors] = {}
    marks: dict[str, Share] = {}


class GateError(ValueError):
    """A gates file that cannot be used."""


@dataclass(frozen=True)
class Miss:
    """One gate that a run missed."""

    where: str
    reached: float | None
    wanted: float

    def __str__(self) -> str:
        reached = "nothing" if self.reached is None else f"{self.reached:.3f}"
        return f"{self.where}: {reached}, the gate is {self.wanted:g}"


def load_gates(path: Path) -> Gates:
    """Read a gates file. Raises `GateError`."""
    try:
        gates = Gates.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise GateError(f"{path}: {' '.join(str(error).split())}") from error
    unknown = set(gates.fields) - set(FIELDS)
    if unknown:
        raise GateError(f"{path}: unknown fields {sorted(unknown)}")
    unknown = set(gates.marks) - (set(figures()) - set(LESS_IS_BETTER))
    if unknown:
        raise GateError(f"{path}: unknown figures of marks {sorted(unknown)}")
    return gates


def misses(gates: Gates, totals: dict[str, Any], marks: Mapping[str, float | None]) -> list[Miss]:
    """The gates that these totals and figures of marks miss; a score that there is not misses its floor."""
    found = _below("all", gates.all, totals)
    for name, floors in gates.fields.items():
        if name in totals["fields"]:
            found += _below(name, floors, totals["fields"][name])
    reached = {**totals, "false_conflicts": totals["conflicts"]["false"]}
    for name, most in gates.most.model_dump(exclude_none=True).items():
        if reached[name] > most:
            found.append(Miss(f"all {name}", reached[name], most))
    return found + [Miss(name, marks.get(name), floor) for name, floor in gates.marks.items() if (marks.get(name) or 0.0) < floor]


def _below(where: str, floors: Floors, reached: dict[str, Any]) -> list[Miss]:
    wanted = floors.model_dump(exclude_none=True)
    return [Miss(f"{where} {name}", reached.get(name), floor) for name, floor in wanted.items() if (reached.get(name) or 0.0) < floor]
