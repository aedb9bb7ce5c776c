"""`casebrief bench`: what a case costs on this machine, beside the floor of the build and beside what others do, in a given time.

Every part of it has its share of the time, by its weight; what one does not use goes to those after it. What does not fit is left out,
and told. Times that make a ratio are taken one after the other, so that a busy machine is busy for both.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from casebrief.evals.deadline import Deadline, expected
from casebrief.evals.speeds import AtOnce, Floor, Kept, Length, Measured, Other, Read
from casebrief.models.cache import CachedEngine, Store
from casebrief.models.engine import EngineConfig
from casebrief.models.errors import Cancelled
from casebrief.models.process import ENVIRONMENT
from casebrief.service.domain.schema import Timings
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.wiring import Casebrief, engine_config, tried, wire
from casebrief.service.pipeline.articles import Submitted
from casebrief.service.pipeline.labelled import LabelReader
from casebrief.service.pipeline.summarizing import Summarizer
from pydantic import TypeAdapter

ROUNDS = 3
"""Times that a part is measured at most."""

AT_ONCE = (2, 4, 8)
"""Requests at the same time."""

LENGTHS = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000)
"""Characters of one article."""

KEPT_BYTES = 1 << 26

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Part:
    """Something to measure: its name, its weight where time is shared out, and what all of it takes, about, in readings of all articles."""

    name: str
    weight: int
    readings: float
    measure: Callable[[Deadline], None]


@dataclass
class Bench:
    """The measuring of one product, on the articles of one case."""

    product: Casebrief
    articles: Sequence[Submitted]
    deadline: Deadline
    tell: Tell
    measured: Measured = field(default_factory=Measured)
    _reading_s: float = 0.0
    """Seconds of a reading, as it was last; 0 before the first."""
    _part_end: float = 0.0
    _later: float = 0.0
    """When the part that is measured is likely to end, and how many readings those after it are likely to take."""

    def run(self, others: Mapping[str, Mapping[str, str]]) -> Measured:
        """Measure everything that fits; ``others`` says by name what `casebrief.evals.stock` is to ask."""
        parts = [*self._parts(), *(Part(name, 5, 20 * ROUNDS, partial(self._other, name, asked)) for name, asked in others.items())]
        for place, part in enumerate(parts):
            self._later = sum(later.readings for later in parts[place + 1 :])
            self._part_end = self.deadline.clock() + part.readings * self._reading_s
            self._measure(part, self.deadline.share([one.weight for one in parts[place:]]))
        return self.measured

    def _parts(self) -> Iterator[Part]:
        reader = self.product.summarizer.reader
        yield Part("warming up", 10, 1 / len(self.articles), self._warm_up)
        yield Part("the product", 10, ROUNDS * (3 if isinstance(reader, LabelReader) else 1), self._rounds)
        if isinstance(reader, LabelReader) and len(self.articles) > 1:
            yield Part("one more article", 2, 2 * ROUNDS, partial(self._keeping, reader))
        yield Part("requests at once", 3, sum(1 + count for count in AT_ONCE), self._together)
        yield Part("long articles", 5, sum(LENGTHS) / sum(len(article.text) for article in self.articles), self._long)

    def _measure(self, part: Part, deadline: Deadline) -> None:
        """One part; what was measured before it was cut off, or failed, stays."""
        share = deadline.left
        try:
            part.measure(deadline)
        except (Cancelled, subprocess.TimeoutExpired):
            self.measured.left_out.append(f"{part.name}: cut off after its share of {share:.0f} s")
        except OSError as error:
            self.measured.faults.append(f"{part.name}: {error}")

    def _doing(self, what: str) -> None:
        known = max(0.0, self._part_end - self.deadline.clock()) + self._later * self._reading_s
        minutes, seconds = divmod(round(min(self.deadline.left, known) if self._reading_s else self.deadline.left), 60)
        self.tell(f"{what}; about {minutes}:{seconds:02} left" if self._reading_s else f"{what}; at most {minutes}:{seconds:02} left")

    # ------------------------------------------------------------------ the parts

    def _warm_up(self, deadline: Deadline) -> None:
        self._doing("one article, to warm up")
        timed(self.product.summarizer, self.articles[:1], deadline)

    def _rounds(self, deadline: Deadline) -> None:
        """The product, and the floor of the build right behind it."""
        for number in self._rounds_of(deadline, "the product"):
            seconds, timings = timed(self.product.summarizer, self.articles, deadline)
            self._reading_s = seconds
            self.measured.reads.append(Read(seconds, timings.prefill_s, timings.decode_s, timings.prompt_tokens))
            if self.product.engine.info.labels:
                self._doing(f"the floor of the build, {number} of {ROUNDS}")
                asked = {"config": asdict(_config(self.product)), "articles": _articles.dump_python([*self.articles], mode="json")}
                self.measured.floors.append(Floor(**apart("casebrief.evals.floor", asked, deadline)))

    def _rounds_of(self, deadline: Deadline, what: str, readings: float = 0.0) -> Iterator[int]:
        """The numbers of rounds from 1: the first where it fits, being so many readings, others for as long as one fits that takes as long as the longest."""
        longest = 0.0
        for number in range(1, ROUNDS + 1):
            if longest > deadline.left or not (longest or self._fits(what, readings * self._reading_s, deadline)):
                return
            self._doing(f"{what}, {number} of {ROUNDS}")
            began = deadline.clock()
            yield number
            longest = max(longest, deadline.clock() - began)

    def _keeping(self, reader: LabelReader, deadline: Deadline) -> None:
        """All articles with nothing kept; then again, with all but the last one kept."""
        for _ in self._rounds_of(deadline, "one more article", 2):
            seconds = []
            for before in (self.articles[:0], self.articles[:-1]):
                with tempfile.TemporaryDirectory() as folder:
                    keeping = replace(reader, engine=CachedEngine(reader.engine, Store(Path(folder) / "answers.sqlite", KEPT_BYTES), ""))
                    summarizer = replace(self.product.summarizer, reader=keeping)
                    if before:
                        timed(summarizer, before, deadline)
                    seconds.append(timed(summarizer, self.articles, deadline)[0])
            self.measured.kept.append(Kept(*seconds))

    def _together(self, deadline: Deadline) -> None:
        """So many requests at once, right behind one alone."""
        for count in AT_ONCE:
            if not self._fits(f"{count} and more requests at once", (1 + count) * self._reading_s, deadline):
                return
            self._doing(f"{count} requests at once")
            alone, _ = timed(self.product.summarizer, self.articles, deadline)
            began = deadline.clock()
            with ThreadPoolExecutor(count) as pool:
                list(pool.map(lambda _: timed(self.product.summarizer, self.articles, deadline), range(count)))
            self.measured.at_once.append(AtOnce(count, deadline.clock() - began, alone))

    def _long(self, deadline: Deadline) -> None:
        """One article of each length, made of those given."""
        texts = [article.text for article in self.articles]
        for characters in LENGTHS:
            if not self._fits(f"an article of {characters:,} and more characters", expected(self.measured.lengths, characters), deadline):
                return
            self._doing(f"an article of {characters:,} characters")
            seconds, _ = timed(self.product.summarizer, [Submitted("a1", joined(texts, characters))], deadline)
            self.measured.lengths.append(Length(characters, seconds))

    def _other(self, name: str, asked: Mapping[str, str], deadline: Deadline) -> None:
        """Another way, right behind the product; one that takes too long is ended."""
        articles = [{"id": article.id, "text": article.text} for article in self.articles]
        for _ in self._rounds_of(deadline, name, 1):
            product, _ = timed(self.product.summarizer, self.articles, deadline)
            room = deadline.left
            try:
                told = apart("casebrief.evals.stock", {**asked, "articles": articles}, deadline)
                self.measured.others.setdefault(name, []).append(Other(told["seconds"], product, valid_json=_is_object(told["text"])))
            except subprocess.TimeoutExpired:
                self.measured.left_out.append(f"{name}: longer than {room:.0f} s, {room / product:.0f} times the product")
                return

    def _fits(self, what: str, seconds: float, deadline: Deadline) -> bool:
        """Whether something is likely to end in time; where not, that is noted."""
        if seconds > deadline.left:
            self.measured.left_out.append(f"{what}: likely to take {seconds:.0f} s, where {deadline.left:.0f} s were left")
        return seconds <= deadline.left


def timed(summarizer: Summarizer, articles: Sequence[Submitted], deadline: Deadline) -> tuple[float, Timings]:
    """The seconds of a summary, and what it says of them. Raises `Cancelled` at the deadline, and every other `EngineError`."""
    began = deadline.clock()
    response = summarizer.summarize(articles, stop=deadline.over)
    return deadline.clock() - began, response.timings


def apart(module: str, asked: Mapping[str, object], deadline: Deadline) -> Any:
    """What a module says that runs in a process of its own. Raises `OSError` with its last words when it fails, `TimeoutExpired` at the deadline."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", module],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=deadline.left,
        env=ENVIRONMENT | os.environ,
    )
    if done.returncode:
        raise OSError((done.stderr.strip().splitlines() or [f"{module} ended with {done.returncode}"])[-1])
    return json.loads(done.stdout)


def joined(texts: Sequence[str], characters: int) -> str:
    r"""Texts one after the other, and again from the first, cut to so many characters.

    >>> joined(["One.", "Two."], 16)
    'One.\n\nTwo.\n\nOne.'
    """
    whole = "".join(f"{text}\n\n" for text in texts)
    return (whole * -(-characters // len(whole)))[:characters]


@contextmanager
def started(settings: Settings, tell: Tell) -> Iterator[Casebrief]:
    """The product with its engine up and nothing kept. Raises what `wire` and the engine's start raise."""
    product = wire(settings.model_copy(update={"cache_mb": 0}), tell)
    try:
        product.engine.start()
        yield product
    finally:
        product.close()


def others_of(product: Casebrief, *, stock: bool, server: str | None) -> dict[str, dict[str, str]]:
    """What else is asked, by name, for `Bench.run`."""
    found = {"server": {"server": server}} if server else {}
    return found | ({"stock": {"path": str(product.catalog.path(product.model))}} if stock else {})


def described(product: Casebrief, articles: Sequence[Submitted]) -> dict[str, Any]:
    """Of what, and on what, the figures are; the forms of the weights that set-up has tried, with their prompt tokens a second."""
    info, trial = product.engine.info, tried(product.settings, product.catalog, product.model)
    return {
        "machine": {"processors": os.cpu_count(), "machine": platform.machine(), "system": platform.system(), "build": info.build},
        "model": info.model,
        "engine": info.engine,
        "threads": info.threads,
        "articles": len(articles),
        "characters": sum(len(article.text) for article in articles),
        "forms": trial.tokens_per_s if trial else {},
    }


def _config(product: Casebrief) -> EngineConfig:
    return engine_config(product.settings, product.catalog, product.model, product.catalog.entry(product.model))


_articles = TypeAdapter(list[Submitted])


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
