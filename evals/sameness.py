"""Whether batching, drafts and kept answers change what is answered: ``python -m casebrief.evals.sameness [CASE …]``.

Greedy decoding is the same sum in another order: an argmax that is nearly a tie may fall otherwise. Told are the answers that differ
from those of the whole case together, when every article is read alone, when nothing is drafted, and when every question is asked alone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.resources import as_file, files

from casebrief.evals.bench import Metered
from casebrief.evals.labels import Case, load_cases
from casebrief.models.engine import Batch, EngineConfig, Readings
from casebrief.models.llama import LlamaEngine
from casebrief.prompts.loader import load as load_prompt
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.wiring import catalog_of, engine_config
from casebrief.service.pipeline.articles import assemble
from casebrief.service.pipeline.asking import listen


def shipped() -> EngineConfig:
    """The model as the product runs it."""
    settings = Settings()
    catalog = catalog_of(settings)
    model = settings.model or catalog.default
    return engine_config(settings, catalog, model, catalog.entry(model))


def asked(engine: LlamaEngine, case: Case) -> tuple[list[Batch], list[str]]:
    """A case's batches, and the answers to all of them together."""
    meter = Metered(engine)
    listen(assemble(case.articles).views, meter, load_prompt())
    return meter.batches, _texts([meter.readings])


def alone(engine: LlamaEngine, batches: Sequence[Batch]) -> list[str]:
    """The answers when every batch is a job of its own."""
    return _texts([engine.ask([batch]) for batch in batches])


def one_by_one(engine: LlamaEngine, batches: Sequence[Batch]) -> list[str]:
    """The answers when every question is a job of its own."""
    return _texts([engine.ask([replace(batch, questions=(question,))]) for batch in batches for question in batch.questions])


def _texts(readings: Sequence[Readings]) -> list[str]:
    return [answer.text for one in readings for reading in one.readings for answer in reading.checked()]


def differences(cases: Sequence[Case]) -> Iterator[tuple[str, int, dict[str, int]]]:
    """By case: its answers, and how many differ in each way of asking."""
    config = shipped()
    engine, undrafted = LlamaEngine(config), LlamaEngine(config, drafts=False)
    try:
        for case in cases:
            batches, together = asked(engine, case)
            ways = {"articles alone": alone(engine, batches), "no drafts": _texts([undrafted.ask(batches)]), "questions alone": one_by_one(engine, batches)}
            yield case.id, len(together), {name: sum(a != b for a, b in zip(together, texts, strict=True)) for name, texts in ways.items()}
    finally:
        engine.close()
        undrafted.close()


def main() -> None:
    """Tell the differences of the bundled cases, or of those named."""
    with as_file(files("casebrief.evals")) as folder:
        cases = load_cases(folder / "cases", tuple(sys.argv[1:]))
    total, sums = 0, dict[str, int]()
    for case, count, found in differences(cases):
        total += count
        sums = {name: sums.get(name, 0) + number for name, number in found.items()}
        print(f"{case}: {count} answers; differ: {found}", flush=True)
    print(f"all: {total} answers; differ: " + ", ".join(f"{name} {number} ({number / total:.2%})" for name, number in sums.items()))


if __name__ == "__main__":
    main()
