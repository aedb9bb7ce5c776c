"""How right the model is when it is so sure: ``python -m casebrief.models.training.calibrate ADAPTER.gguf``.

Reads generated articles, made of held-out templates and of all, as the product reads them, and fits for each field the two numbers of
Platt's scaling (logistic regression of "this line is right" on its log-probability). Prints them as the catalogue wants them.
"""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from casebrief.models.catalog import load as load_catalog
from casebrief.models.engine import EngineConfig
from casebrief.models.llama import LlamaEngine
from casebrief.models.training.avoid import names_of_cases
from casebrief.models.training.bank import bank
from casebrief.models.training.composing import compose
from casebrief.models.training.filling import Names
from casebrief.models.training.task import Task, Tokenizer
from casebrief.prompts.loader import load as load_prompt
from casebrief.service.pipeline.articles import Submitted, assemble
from casebrief.service.pipeline.asking import listen
from scipy.optimize import minimize

ARTICLES, SEED, HELD_OUT = 120, 23, 40
PRIOR = 4.0
"""Weight of the pull of a field's slope towards that of all fields together."""


def main() -> None:
    adapter = str(Path(sys.argv[1]).resolve())
    catalog = load_catalog(Path())
    weights = str(catalog.path(catalog.default))
    prompt = load_prompt()
    task = Task(Tokenizer(weights), prompt)
    engine = LlamaEngine(EngineConfig("calibration", weights, "", adapters=(adapter,)))
    held_out = frozenset(range(0, len(bank()), HELD_OUT))
    chance, names = random.Random(SEED), Names(SEED, names_of_cases())  # noqa: S311 - data, no secrets
    seen: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    expected = reported = 0
    for number in range(ARTICLES):
        article = compose(names, chance, held_out, only_held_out=number % 2 == 0)
        labels = {" ".join(sentence.text.split()): sentence for sentence in article}
        for view in assemble([Submitted("a", "\n\n".join(sentence.text for sentence in article))]).views:
            for told in listen([view], engine, prompt)[0][0].told:
                truth = labels.get(" ".join(told.sentence.text.split()))
                if truth is None:
                    continue
                lines = {tuple(line.split(": ", 1)) for line in task.lines(truth)}
                expected += len(lines)
                for line in told.lines:
                    words = line.span.of(view.article.text)
                    right = any(label == line.label and _alike(words, other) for label, other in lines)
                    reported += 1
                    seen[prompt.labels[line.label].split(".", maxsplit=1)[0]].append((np.log(max(line.probability, 1e-9)), right))
    everything = [pair for pairs in seen.values() for pair in pairs]
    print(f"# {reported} lines of generated articles, {expected} expected, {sum(right for _, right in everything) / reported:.3f} right")
    whole = _fit(everything, None)
    print(f"# all fields: {whole[0]:.2f}, {whole[1]:.2f}")
    for field, pairs in sorted(seen.items()):
        intercept, slope = _fit(pairs, whole)
        print(f"{field} = [{intercept:.2f}, {slope:.2f}]  # {len(pairs)} lines, {sum(right for _, right in pairs) / len(pairs):.2f} right")


def _alike(one: str, other: str) -> bool:
    first, second = set(one.casefold().split()), set(other.casefold().split())
    return len(first & second) >= 0.5 * len(first | second)


def _fit(pairs: list[tuple[float, bool]], towards: tuple[float, float] | None) -> tuple[float, float]:
    """Intercept and slope of greatest likelihood; a field's are drawn towards those of all."""
    x, y = np.array([logprob for logprob, _ in pairs]), np.array([right for _, right in pairs], dtype=float)

    def loss(parameters: np.ndarray) -> float:
        z = parameters[0] + parameters[1] * x
        pull = 0.0 if towards is None else PRIOR * float(((parameters - np.array(towards)) ** 2).sum())
        return float((np.logaddexp(0, z) - y * z).sum()) + pull

    best = minimize(loss, np.array(towards or (1.0, 1.0)))
    return float(best.x[0]), float(best.x[1])


if __name__ == "__main__":
    main()
