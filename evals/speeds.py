"""What `casebrief bench` has measured, and the figures that are made of it: medians, each ratio of two times that were taken one after the other."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Read:
    """One reading of all articles with nothing kept: seconds in all, of the model at its prompts and at answers, and tokens of the prompts."""

    seconds: float
    prompt_s: float
    decode_s: float
    tokens: int


@dataclass(frozen=True)
class Floor:
    """The same tokens through the native library alone."""

    seconds: float
    tokens: int


@dataclass(frozen=True)
class Kept:
    """Seconds for all articles with nothing kept, and with all but the last one kept."""

    all_s: float
    last_s: float


@dataclass(frozen=True)
class AtOnce:
    """So many requests at the same time: seconds until all were answered, and of one alone just before."""

    requests: int
    seconds: float
    alone_s: float


@dataclass(frozen=True)
class Length:
    """Seconds for one article of so many characters."""

    characters: int
    seconds: float


@dataclass(frozen=True)
class Other:
    """Seconds of another way, and of the product just before it; whether the other's answer is a JSON object."""

    seconds: float
    product_s: float
    valid_json: bool


@dataclass
class Measured:
    """Everything, in the order in which it was measured; ``left_out`` says what is missing, and why, ``faults`` what went wrong."""

    reads: list[Read] = field(default_factory=list)
    floors: list[Floor] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    at_once: list[AtOnce] = field(default_factory=list)
    lengths: list[Length] = field(default_factory=list)
    others: dict[str, list[Other]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def figures(measured: Measured) -> dict[str, float]:
    """The figures that are told, by name; what was not measured, or not to its end, has none."""
    reads, floors = measured.reads, measured.floors
    told = {
        "product_s": [read.seconds for read in reads],
        "prompt_s": [read.prompt_s for read in reads],
        "decoding_s": [read.decode_s for read in reads if read.decode_s],
        "heads_and_python_s": [read.seconds - read.prompt_s - read.decode_s for read in reads],
        "tokens_per_s": [read.tokens / read.prompt_s for read in reads if read.prompt_s],
        "floor_tokens_per_s": [floor.tokens / floor.seconds for floor in floors],
        "tokens_per_s_over_floor": [
            read.tokens / read.prompt_s / (floor.tokens / floor.seconds) for read, floor in zip(reads, floors, strict=False) if read.prompt_s
        ],
        "product_over_floor": [read.seconds / floor.seconds for read, floor in zip(reads, floors, strict=False)],
        "last_article_s": [kept.last_s for kept in measured.kept],
        "last_article_over_all": [kept.last_s / kept.all_s for kept in measured.kept],
    }
    for count in dict.fromkeys(one.requests for one in measured.at_once):
        told[f"throughput_of_{count}_over_one"] = [count * one.alone_s / one.seconds for one in measured.at_once if one.requests == count]
    for name, ran in measured.others.items():
        told[f"{name}_s"] = [one.seconds for one in ran]
        told[f"{name}_over_product"] = [one.seconds / one.product_s for one in ran]
        told[f"{name}_answers_that_are_json"] = [float(one.valid_json) for one in ran]
    return dict(_medians(told.items()))


def _medians(told: Iterable[tuple[str, list[float]]]) -> Iterable[tuple[str, float]]:
    return ((name, statistics.median(values)) for name, values in told if values)


def digits(value: float) -> str:
    """A positive number in three digits, or as many as stand before its point.

    >>> digits(0.01234), digits(1.2345), digits(1172.4)
    ('0.0123', '1.23', '1,172')
    """
    return f"{value:,.{max(0, 2 - math.floor(math.log10(value)))}f}" if value > 0 else "0"
