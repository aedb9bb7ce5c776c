"""The heads of a model that labels: what they make of its hidden states, and the file that holds them.

All heads are linear in a token's hidden state, so one product a token is all that is kept of it (`Heads.project`): rows of several windows
are joined by putting them one after the other, and everything else is told from them (`Heads.spans`, `Heads.classes`).

The file is a GGUF of its own; d is the width of the model, weights are rows of float16 or float32:

====================  ==========================================================================================
labels                names of the L labels
labels.weight, .bias  (3L, d), (3L): for each label the scores of out, begin and inside
members               M names "label.member"
members.weight, .bias (M, d), (M): scores within the members of a label
articles              names of the heads over a whole document
article.NAME          names of its C classes
article.NAME.pool     (d): how much each token counts
article.NAME.weight   (C, d), and .bias (C): scores of the classes
same.weight           (k, d): a span's vector; same.scale and same.shift make a probability of two vectors' cosine
====================  ==========================================================================================

The keys have the prefix ``heads.``; all but the labels may be missing.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from casebrief.models import viterbi
from casebrief.models.engine import Sameness
from casebrief.models.errors import EngineError
from numpy.typing import NDArray

if TYPE_CHECKING:
    import gguf

ARCHITECTURE = "heads"

Floats = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Linear:
    """``weight`` outputs x width, ``bias`` outputs."""

    weight: Floats
    bias: Floats


@dataclass(frozen=True, eq=False)
class ArticleHead:
    """Classes of a whole document: its tokens' hidden states, weighted by a softmax over their products with ``pool``, then ``scores``."""

    name: str
    classes: tuple[str, ...]
    pool: Floats
    scores: Linear


@dataclass(frozen=True, eq=False)
class SameHead:
    """A span's vector is the mean of its hidden states times ``weight``, brought to length 1."""

    weight: Floats
    sameness: Sameness


@dataclass(frozen=True)
class Span:
    """A mark in tokens: the first, and the one behind the last. The rest is as in `engine.Mark`."""

    label: str
    first: int
    behind: int
    probability: float
    members: dict[str, float]
    vector: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Heads:
    """Heads over hidden states of one width. Raises `EngineError` when their shapes do not fit together."""

    labels: tuple[str, ...]
    label_scores: Linear
    members: tuple[str, ...] = ()
    member_scores: Linear | None = None
    articles: tuple[ArticleHead, ...] = ()
    same: SameHead | None = None

    def __post_init__(self) -> None:
        self._check("labels", self.label_scores, 3 * len(self.labels))
        if self.members or self.member_scores:
            self._check("members", self.member_scores, len(self.members))
        for head in self.articles:
            self._check(f"article {head.name}", head.scores, len(head.classes))
            self._check_shape(f"the pooling of article {head.name}", head.pool, (self.width,))
        if self.same:
            self._check_shape("same", self.same.weight, (len(self.same.weight), self.width))
        strangers = {name.partition(".")[0] for name in self.members} - {*self.labels}
        if strangers:
            raise EngineError(f"heads tell of labels that they do not have: {', '.join(sorted(strangers))}")

    @property
    def width(self) -> int:
        """Numbers of a hidden state."""
        return int(self.label_scores.weight.shape[-1])

    def _check(self, name: str, scores: Linear | None, outputs: int) -> None:
        if not outputs or scores is None:
            raise EngineError(f"heads have no {name}")
        self._check_shape(f"the weights of {name}", scores.weight, (outputs, self.width))
        self._check_shape(f"the biases of {name}", scores.bias, (outputs,))

    @staticmethod
    def _check_shape(name: str, array: Floats, shape: tuple[int, ...]) -> None:
        if array.shape != shape:
            raise EngineError(f"heads have {name} of shape {array.shape} where {shape} fits")
        if not np.isfinite(array).all():
            raise EngineError(f"heads have {name} that are not all numbers")

    # ------------------------------------------------------------------ what they make of hidden states

    def project(self, hidden: NDArray[np.float32]) -> NDArray[np.float32]:
        """One row of numbers a token: all that is needed of its hidden state (tokens x width)."""
        weight, bias = self._stacked
        return hidden @ weight + bias

    @functools.cached_property
    def _stacked(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """All heads as one product: scores of labels and members, the span's vector, then of each article head the pooling and its classes."""
        parts = [(self.label_scores.weight, self.label_scores.bias)]
        if self.member_scores:
            parts.append((self.member_scores.weight, self.member_scores.bias))
        if self.same:
            parts.append((self.same.weight, np.zeros(len(self.same.weight))))
        for head in self.articles:
            parts += [(head.pool[None], np.zeros(1)), (head.scores.weight, head.scores.bias)]
        weights, biases = zip(*parts, strict=True)
        return np.ascontiguousarray(np.concatenate(weights).astype(np.float32).T), np.concatenate(biases).astype(np.float32)

    def spans(self, rows: NDArray[np.float32]) -> list[Span]:
        """The marks of a document, by first token. ``rows`` are those of all its tokens (`project`).

        A span's probability is the geometric mean of 1 - p(out) over its tokens; the members' probabilities are a softmax over the mean of
        their log-probabilities.
        """
        scores = _log_softmax(rows[:, : 3 * len(self.labels)].reshape(len(rows), len(self.labels), 3).astype(np.float64))
        said = np.logaddexp(scores[..., viterbi.BEGIN], scores[..., viterbi.INSIDE])
        return [
            Span(
                label=self.labels[label],
                first=first,
                behind=behind,
                probability=math.exp(said[first:behind, label].mean()),
                members=self._members(self.labels[label], rows[first:behind]),
                vector=self._vector(rows[first:behind]),
            )
            for label, first, behind in viterbi.spans(scores).tolist()
        ]

    def classes(self, rows: NDArray[np.float32]) -> dict[str, dict[str, float]]:
        """For each head over the whole document the probabilities of its classes; none where there is no token."""
        found = {}
        column = 3 * len(self.labels) + len(self.members) + (len(self.same.weight) if self.same else 0)
        for head in self.articles if len(rows) else ():
            weights = np.exp(_log_softmax(rows[:, column].astype(np.float64)))
            scores: NDArray[np.float64] = weights @ rows[:, column + 1 : column + 1 + len(head.classes)].astype(np.float64)
            found[head.name] = dict(zip(head.classes, np.exp(_log_softmax(scores)).tolist(), strict=True))
            column += 1 + len(head.classes)
        return found

    def _members(self, label: str, rows: NDArray[np.float32]) -> dict[str, float]:
        of_label = self._places.get(label)
        if not of_label:
            return {}
        logs = _log_softmax(rows[:, [3 * len(self.labels) + place for place in of_label.values()]].astype(np.float64)).mean(axis=0)
        return dict(zip(of_label, np.exp(_log_softmax(logs)).tolist(), strict=True))

    @functools.cached_property
    def _places(self) -> dict[str, dict[str, int]]:
        """By label the number of each of its members."""
        places: dict[str, dict[str, int]] = {}
        for number, name in enumerate(self.members):
            label, _, member = name.partition(".")
            places.setdefault(label, {})[member] = number
        return places

    def _vector(self, rows: NDArray[np.float32]) -> tuple[float, ...]:
        if not self.same:
            return ()
        begin = 3 * len(self.labels) + len(self.members)
        mean = rows[:, begin : begin + len(self.same.weight)].mean(axis=0, dtype=np.float64)
        return tuple(np.round(mean / max(float(np.linalg.norm(mean)), 1e-12), 6).tolist())


def _log_softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Over the last axis."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    logs: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return logs


# ---------------------------------------------------------------------- the file


def write(heads: Heads, path: Path, about: Mapping[str, str]) -> None:
    """Write heads, weights in the precision that they have (float16 or float32); ``about`` is kept as text beside them."""
    import gguf

    writer = gguf.GGUFWriter(str(path), ARCHITECTURE)
    for key, words in about.items():
        writer.add_string(key, words)
    lists = {"labels": heads.labels, "members": heads.members, "articles": [head.name for head in heads.articles]}
    lists |= {f"article.{head.name}": head.classes for head in heads.articles}
    for key, names in lists.items():
        if names:
            writer.add_array(f"heads.{key}", list(names))
    if heads.same:
        writer.add_float32("heads.same.scale", heads.same.sameness.scale)
        writer.add_float32("heads.same.shift", heads.same.sameness.shift)
    for name, array in _tensors(heads).items():
        writer.add_tensor(name, np.ascontiguousarray(array))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _tensors(heads: Heads) -> dict[str, Floats]:
    linear = {"labels": heads.label_scores} | {f"article.{head.name}": head.scores for head in heads.articles}
    if heads.member_scores:
        linear["members"] = heads.member_scores
    tensors = {f"{name}.{part}": array for name, scores in linear.items() for part, array in (("weight", scores.weight), ("bias", scores.bias))}
    tensors |= {f"article.{head.name}.pool": head.pool for head in heads.articles}
    if heads.same:
        tensors["same.weight"] = heads.same.weight
    return tensors


def load(path: Path) -> Heads:
    """The heads of a file. Raises `EngineError` when it holds none, or none that fit together."""
    import gguf  # a worker that answers loads no heads

    try:
        reader = gguf.GGUFReader(path)
        values = {name.removeprefix("heads."): field.contents() for name, field in reader.fields.items()}
        return _made(values, reader)
    except EngineError as error:
        raise EngineError(f"{path}: {error}") from error
    except (OSError, ValueError, LookupError, TypeError, OverflowError, MemoryError) as error:
        raise EngineError(f"{path} is no heads file that can be read: {' '.join(str(error).split())}") from error


def _made(values: Mapping[str, object], reader: gguf.GGUFReader) -> Heads:
    if values["general.architecture"] != ARCHITECTURE:
        raise EngineError(f"no heads, but a file of {values['general.architecture']!r}")
    tensors = {tensor.name: np.array(tensor.data, np.float32) for tensor in reader.tensors}

    def names(key: str) -> tuple[str, ...]:
        held = values.get(key, ())
        return tuple(map(str, held)) if isinstance(held, Sequence) else ()

    def linear(name: str) -> Linear:
        return Linear(tensors[f"{name}.weight"], tensors[f"{name}.bias"])

    def pair(value: object) -> tuple[float, float]:
        first, second = value if isinstance(value, Sequence) else ()
        return float(first), float(second)

    return Heads(
        labels=names("labels"),
        label_scores=linear("labels"),
        members=names("members"),
        member_scores=linear("members") if "members.weight" in tensors else None,
        articles=tuple(ArticleHead(name, names(f"article.{name}"), tensors[f"article.{name}.pool"], linear(f"article.{name}")) for name in names("articles")),
        same=SameHead(tensors["same.weight"], Sameness(*pair([values["same.scale"], values["same.shift"]]))) if "same.weight" in tensors else None,
    )
