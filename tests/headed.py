"""The embedded model with random heads, and what it is asked to label."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from casebrief.models.constraints import Choice
from casebrief.models.engine import Batch, Document, EngineConfig, Labelling, Mark, Question, Sameness
from casebrief.models.header import header
from casebrief.models.heads import ArticleHead, Heads, Linear, SameHead, write
from casebrief.models.labels import LabelEngine
from casebrief.models.supervisor import SupervisedEngine

STORY = (
    "Norvane Home Inc was sued on Tuesday in federal court in Oakland, California.",
    "The suit seeks $5,000 for each recording that the company’s doorbells made.",
    "“We deny every claim,” a spokeswoman, Zoë Ångström, said.",
    "Judge Marisol Okereke has the case.",
)
ODD = (
    "  Zoë\u0301 paid €5,000 — “naïve”, she said 🙂🏽👩‍👩‍👧‍👦 twice.",
    "",
    "Line one\r\nline two\r\n\r\n\tline three  ",
    " \n ",
    "漢字とかな and Ελληνικά, עברית, e\u0301a\u0308o\u0302, \u200bzero\u00a0width <|im_end|> <|endoftext|>",
    "🏳️‍🌈",
)
WINDOW, OVERLAP = 96, 32
LONG: Document = STORY * 6
QUESTIONS = [Batch("Answer.", STORY, (Question("q", "Is it?", Choice(("yes", "no")), 4),))]


def heads_of(config: EngineConfig, bias: tuple[float, float, float] = (1.0, 0.0, 0.0), scale: float = 0.05) -> Heads:
    """Random heads as wide as the model; ``bias`` leans every label to out, begin or inside."""
    width = int(header(Path(config.path)).values["embedding_length"])
    chance = np.random.default_rng(4)

    def weight(outputs: int) -> np.ndarray:
        return chance.normal(scale=scale, size=(outputs, width)).astype(np.float32)

    return Heads(
        labels=("court", "sum"),
        label_scores=Linear(weight(6), np.array([*bias, *bias], np.float32)),
        members=("sum.asked", "sum.paid"),
        member_scores=Linear(weight(2), np.zeros(2, np.float32)),
        articles=(ArticleHead("state", ("open", "closed"), weight(1)[0], Linear(weight(2), np.zeros(2, np.float32))),),
        same=SameHead(weight(8), Sameness(8.0, -4.0)),
    )


def opened(config: EngineConfig, folder: Path, heads: Heads, window: int = WINDOW, overlap: int = OVERLAP) -> LabelEngine:
    write(heads, folder / "heads.gguf", {})
    return LabelEngine(replace(config, heads=str(folder / "heads.gguf")), window=window, overlap=overlap)


def label(engine: LabelEngine | SupervisedEngine, *documents: Document) -> list[Labelling]:
    return [labelling.checked() for labelling in engine.label(documents).labellings]


def words(document: Document, mark: Mark) -> str:
    """The words of a mark, sliced from the passages by its places."""
    if mark.start.passage == mark.end.passage:
        return document[mark.start.passage][mark.start.character : mark.end.character]
    between = document[mark.start.passage + 1 : mark.end.passage]
    return "\n".join([document[mark.start.passage][mark.start.character :], *between, document[mark.end.passage][: mark.end.character]])
