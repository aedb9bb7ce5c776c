"""The messages between supervisor and worker: one JSON object a line, both ways.

To the worker: its `EngineConfig` first, then `Ask`, `Label`, `Count` and `Halt`. From it: `Ready` or `Failed` at the start, then for each
job any number of `Beat` and one `Done`, `Labelled`, `Counted` or `Failed`. Jobs are worked on side by side; their numbers begin with 1, 0 is the start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, Annotated, Literal

from casebrief.models.engine import Batch, Document, EngineInfo, Labellings, Readings
from pydantic import Field, TypeAdapter


@dataclass(frozen=True)
class Ask:
    job: int
    batches: tuple[Batch, ...]
    kind: Literal["ask"] = "ask"


@dataclass(frozen=True)
class Label:
    job: int
    documents: tuple[Document, ...]
    kind: Literal["label"] = "label"


@dataclass(frozen=True)
class Count:
    job: int
    texts: tuple[str, ...]
    kind: Literal["count"] = "count"


@dataclass(frozen=True)
class Halt:
    """Read nothing more for a job; where it is ``kept``, what was read by now is its answer."""

    job: int
    kept: bool = False
    kind: Literal["halt"] = "halt"


@dataclass(frozen=True)
class Ready:
    info: EngineInfo
    kind: Literal["ready"] = "ready"


@dataclass(frozen=True)
class Beat:
    """A sign of life: how much of a job is done, and how much there is (see `Heard`)."""

    job: int
    answered: int
    of: int
    kind: Literal["beat"] = "beat"


@dataclass(frozen=True)
class Done:
    job: int
    readings: Readings
    kind: Literal["done"] = "done"


@dataclass(frozen=True)
class Labelled:
    job: int
    labellings: Labellings
    kind: Literal["labelled"] = "labelled"


@dataclass(frozen=True)
class Counted:
    job: int
    counts: tuple[int, ...]
    kind: Literal["counted"] = "counted"


@dataclass(frozen=True)
class Failed:
    job: int
    error: str
    message: str
    kind: Literal["failed"] = "failed"


ToWorker = Ask | Label | Count | Halt
FromWorker = Ready | Beat | Done | Labelled | Counted | Failed

to_worker: TypeAdapter[ToWorker] = TypeAdapter(Annotated[ToWorker, Field(discriminator="kind")])
from_worker: TypeAdapter[FromWorker] = TypeAdapter(Annotated[FromWorker, Field(discriminator="kind")])


def send(stream: IO[bytes], line: bytes) -> None:
    """Write one message. Raises `OSError` (also `BrokenPipeError`) or `ValueError` when the other side is gone."""
    stream.write(line + b"\n")
    stream.flush()
