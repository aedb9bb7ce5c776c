"""Does llama.cpp read as the training framework does? ``python -m casebrief.models.training.verify ADAPTER.gguf HEADS.gguf``.

Both read the same articles, which nobody trained on, with the adapter and the heads from the very files: the product's engine, and the network that was
taught. Their tokens must be the same; compared are each token's vector, and the spans that the heads make of all.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from casebrief.evals.marked import MarkedArticle, load_folder
from casebrief.models.catalog import load as load_catalog
from casebrief.models.engine import EngineConfig
from casebrief.models.heads import Floats, Heads
from casebrief.models.labels import LabelEngine
from casebrief.models.training import CORPUS
from casebrief.models.training.examples import Tokenizer, passages, tokens_of
from casebrief.models.training.exporting import begin_from
from casebrief.models.training.feeding import split
from casebrief.models.training.network import Network
from casebrief.models.training.teaching import TaughtHeads
from casebrief.models.training.train import ALPHA, RANK
from casebrief.models.training.weights import load_base

ARTICLES = 12
ENOUGH_SPANS, ENOUGH_COSINE = 0.85, 0.97
"""What share of the spans must be the same to the token, and how near each token's vectors must be: torch computes in bfloat16, llama.cpp in 8 bits."""


@dataclass(frozen=True)
class Comparison:
    """Spans that both made, spans that either made, and the cosine of each token's two vectors."""

    same: int
    either: int
    cosines: Floats


def engine_reads(engine: LabelEngine, tokenizer: Tokenizer, articles: Iterable[MarkedArticle]) -> Iterator[tuple[list[int], Floats]]:
    """Tokens and vectors of articles that fit into the engine's window. Raises `ValueError` where the tokens are not those of the training."""
    for article in articles:
        ids, _ = tokens_of(article.text, tokenizer)
        pieces = ["\n" * bool(place) + span.of(article.text) for place, span in enumerate(passages(article.text))]
        if ids != [token for words in pieces for token in engine.native.pieces(words)[0]]:
            raise ValueError(f"{article.id}: the product's tokens are not those of the training")
        if len(ids) <= engine.native.window:
            hidden = engine.native.hidden(ids)
            assert hidden is not None
            yield ids, hidden.copy()


def compare(heads: Heads, theirs: Floats, ours: Floats) -> Comparison:
    """Two readings of an article, (tokens, width) each."""
    first, second = ({(span.label, span.first, span.behind) for span in heads.spans(heads.project(hidden))} for hidden in (theirs, ours))
    lengths = np.linalg.norm(theirs, axis=1) * np.linalg.norm(ours, axis=1)
    return Comparison(len(first & second), len(first | second), (theirs * ours).sum(axis=1) / lengths)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("adapter", type=Path)
    parser.add_argument("heads", type=Path)
    given = parser.parse_args()
    catalog = load_catalog(Path())
    weights = catalog.path(catalog.default)
    _, held_out = split(load_folder(CORPUS))
    engine = LabelEngine(EngineConfig("verification", str(weights), "", adapters=(str(given.adapter),), heads=str(given.heads)))
    # llama.cpp first, then torch: llama.cpp sets a thread's AMX tiles up once, and torch leaves them released; the next call would die of SIGILL.
    read = list(engine_reads(engine, Tokenizer(weights), (case.articles[0] for case in held_out[:ARTICLES])))
    base = load_base(weights)
    network = Network(base, RANK, ALPHA)
    begin_from(network, TaughtHeads(base.embedding.shape[1]), given.adapter, given.heads)
    with torch.no_grad():
        found = [compare(engine.heads, hidden, network(torch.tensor(ids), [len(ids)]).numpy()) for ids, hidden in read]
    engine.close()
    cosines = np.concatenate([one.cosines for one in found])
    same, either = sum(one.same for one in found), sum(one.either for one in found)
    print(
        f"{len(found)} articles, {len(cosines)} tokens: cosine {cosines.min():.4f} at least, {np.median(cosines):.4f} median; {same} of {either} spans the same to the token"
    )
    if same < ENOUGH_SPANS * either or cosines.min() < ENOUGH_COSINE:
        sys.exit(
            f"llama.cpp and torch should agree on {ENOUGH_SPANS:.0%} of the spans, and no token's vectors be further apart than a cosine of {ENOUGH_COSINE}"
        )


if __name__ == "__main__":
    main()
