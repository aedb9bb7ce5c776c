"""Whether batching, drafts and kept answers change what is answered: ``python -m casebrief.evals.sameness [CASE …]``.

Greedy decoding is the same sum in another order: an argmax that is nearly a tie may fall otherwise. Told are the answers that differ
from those of the whole case together, when every article is read alone, when nothing is drafted, and when every question is asked alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import as_file, files

from casebrief.evals.bench import Metered
from casebrief.evals.labels import Case, load_cases
from casebrief.evals.scoring import CaseScore, score_case
from casebrief.evals.totals import totals
from casebrief.models.engine import Batch, EngineConfig, Heard, Reading, Readings, Stop, Usage, never, unheard
from casebrief.models.llama import LlamaEngine
from casebrief.prompts.loader import load as load_prompt
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.wiring import catalog_of, engine_config
from casebrief.service.pipeline.articles import assemble
from casebrief.service.pipeline.asking import listen
from casebrief.service.pipeline.reading import BothReader, ModelReader, RuleReader, StoryReader
from casebrief.service.pipeline.summarizing import Summarizer


def shipped() -> EngineConfig:
    """The model as the product runs it."""
    settings = Settings()
    catalog = catalog_of(settings)
    model = settings.model or catalog.default
    return engine_config(settings, catalog, model, catalog.entry(model))


class _Given(Metered):
    """The engine port over answers that are known already."""

    def ask(self, batches: Sequence[Batch], stop: Stop = never, heard: Heard = unheard) -> Readings:
        """See the port."""
        return self.readings


def one_by_one(engine: LlamaEngine, batch: Batch) -> Reading:
    """The answers when every question is a job of its own."""
    asked = [engine.ask([replace(batch, questions=(question,))]).readings[0] for question in batch.questions]
    return Reading(tuple(answer for reading in asked for answer in reading.checked()))


def ways(engine: LlamaEngine, undrafted: LlamaEngine, case: Case) -> dict[str, tuple[Reading, ...]]:
    """A case's readings by the way in which it was asked; the product's comes first."""
    meter = Metered(engine)
    listen(assemble(case.articles).views, meter, load_prompt())
    return {
        "together": meter.readings.readings,
        "articles alone": tuple(engine.ask([batch]).readings[0] for batch in meter.batches),
        "no drafts": undrafted.ask(meter.batches).readings,
        "questions alone": tuple(one_by_one(engine, batch) for batch in meter.batches),
    }


def texts(readings: Sequence[Reading]) -> list[str]:
    """The answers alone, in order."""
    return [answer.text for reading in readings for answer in reading.checked()]


def score(engine: LlamaEngine, case: Case, readings: tuple[Reading, ...]) -> CaseScore:
    """What the summary made of these answers is worth."""
    catalog = catalog_of(Settings())
    entry = catalog.entry(catalog.default)
    reader = StoryReader(
        BothReader(RuleReader(), ModelReader(_Given(engine, readings=Readings(readings, Usage())), load_prompt(), entry.floor, entry.confidence))
    )
    response = Summarizer(reader, "", lambda: None).summarize(case.articles)
    return score_case(case, json.loads(response.model_dump_json(by_alias=True)))


def main() -> None:
    """Tell the differences of the bundled cases, or of those named."""
    with as_file(files("casebrief.evals")) as folder:
        cases = load_cases(folder / "cases", tuple(sys.argv[1:]))
    config = shipped()
    engine, undrafted = LlamaEngine(config), LlamaEngine(config, drafts=False)
    differ: dict[str, int] = {}
    scores: dict[str, list[CaseScore]] = {}
    total = 0
    for case in cases:
        found = ways(engine, undrafted, case)
        together = texts(found["together"])
        total += len(together)
        for name, readings in found.items():
            differ[name] = differ.get(name, 0) + sum(a != b for a, b in zip(together, texts(readings), strict=True))
            scores.setdefault(name, []).append(score(engine, case, readings))
        print(f"{case.id}: {len(together)} answers", file=sys.stderr, flush=True)
    for name, number in differ.items():
        reached = totals(scores[name])
        told = ", ".join(f"{key} {reached[key]:.3f}" for key in ("recall_vital", "recall", "precision"))
        print(f"{name}: {number} of {total} answers differ ({number / total:.2%}); {told}")


if __name__ == "__main__":
    main()
