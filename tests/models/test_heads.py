"""Heads: likeliest paths by brute force, joined windows as one, a file that holds what was written, and none that is broken."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from casebrief.models import viterbi
from casebrief.models.engine import Sameness
from casebrief.models.errors import EngineError
from casebrief.models.heads import ArticleHead, Heads, Linear, SameHead, load, write

WIDTH = 12


def random_heads(seed: int = 0, kind: type = np.float32, width: int = WIDTH) -> Heads:
    chance = np.random.default_rng(seed)

    def linear(outputs: int) -> Linear:
        return Linear(chance.normal(size=(outputs, width)).astype(kind), chance.normal(size=outputs).astype(kind))

    return Heads(
        labels=("court", "sum", "answer"),
        label_scores=linear(9),
        members=("sum.asked", "answer.yes", "answer.no", "sum.paid", "answer.later"),
        member_scores=linear(5),
        articles=(
            ArticleHead("state", ("open", "closed"), chance.normal(size=width).astype(kind), linear(2)),
            ArticleHead("kind", ("a", "b", "c"), chance.normal(size=width).astype(kind), linear(3)),
        ),
        same=SameHead(chance.normal(size=(4, width)).astype(kind), Sameness(9.5, -4.25)),
    )


def hidden(tokens: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(tokens, WIDTH)).astype(np.float32)


def log_softmax(scores: np.ndarray) -> np.ndarray:
    return scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))


def some_scores(tokens: int, labels: int, sharp: float, seed: int) -> np.ndarray:
    scores = np.random.default_rng(seed).normal(scale=sharp, size=(tokens, labels, 3))
    scores[..., 0] += sharp
    return log_softmax(scores)


def legal(path: tuple[int, ...]) -> bool:
    return all(now != viterbi.INSIDE or before != viterbi.OUT for before, now in itertools.pairwise((viterbi.OUT, *path)))


@pytest.mark.parametrize("sharp", [0.3, 2.0, 8.0])
@pytest.mark.parametrize("seed", range(12))
def test_a_path_is_the_likeliest_of_all_that_are_legal(seed, sharp):
    scores = np.maximum(some_scores(7, 3, sharp, seed), viterbi.FLOOR)
    chosen = viterbi.choices(scores)
    for label in range(3):
        best = max(sum(scores[at, label, choice] for at, choice in enumerate(path)) for path in itertools.product(range(3), repeat=7) if legal(path))
        ours = tuple(chosen[:, label].tolist())
        assert legal(ours)
        assert sum(scores[at, label, choice] for at, choice in enumerate(ours)) == pytest.approx(best, abs=1e-9)


@pytest.mark.parametrize("sharp", [0.3, 2.0, 8.0])
def test_inside_never_follows_out_and_spans_cover_what_was_chosen(sharp):
    scores = some_scores(3000, 5, sharp, 3)
    chosen = viterbi.choices(scores)
    assert all(legal(tuple(path)) for path in chosen.T.tolist())
    covered = np.zeros(chosen.shape, bool)
    for label, first, behind in viterbi.spans(scores).tolist():
        assert not covered[first:behind, label].any(), "spans of one label do not overlap"
        assert chosen[first, label] == viterbi.BEGIN
        covered[first:behind, label] = True
    assert (covered == (chosen != viterbi.OUT)).all()


def test_a_label_is_read_as_if_it_were_alone():
    scores = some_scores(400, 4, 2.0, 5)
    together = viterbi.choices(scores)
    for label in range(4):
        assert (viterbi.choices(scores[:, [label]])[:, 0] == together[:, label]).all()


@pytest.mark.parametrize("sharp", [0.01, 3.0])
def test_the_work_of_paths_grows_with_the_length_alone(monkeypatch, sharp):
    """Scores looked at, counted: four times the tokens, about four times the scores; and never more than twice those that there are."""
    sizes = []
    paths = viterbi._paths
    monkeypatch.setattr(viterbi, "_paths", lambda block: (sizes.append(block.size), paths(block))[1])

    def work(tokens: int) -> int:
        sizes.clear()
        viterbi.choices(some_scores(tokens, 3, sharp, 1))
        return sum(sizes)

    assert work(2000) <= 2 * 2000 * 9
    assert work(8000) <= 6 * work(2000)


def test_nothing_is_marked_where_out_is_likeliest_everywhere():
    assert viterbi.spans(np.log(np.tile([0.8, 0.1, 0.1], (50, 2, 1)))).shape == (0, 3)
    assert viterbi.spans(np.empty((0, 2, 3))).shape == (0, 3)


def test_a_span_is_as_sure_as_its_tokens_in_the_geometric_mean():
    heads, states = random_heads(), hidden(60)
    rows = heads.project(states)
    scores = log_softmax((states @ heads.label_scores.weight.T + heads.label_scores.bias).reshape(60, 3, 3))
    spans = heads.spans(rows)
    assert spans
    for span in spans:
        said = 1 - np.exp(scores[span.first : span.behind, heads.labels.index(span.label), 0])
        assert span.probability == pytest.approx(float(said.prod() ** (1 / len(said))), rel=1e-4)


def test_members_are_told_within_their_label_alone():
    heads = random_heads()
    spans = heads.spans(heads.project(hidden(200)))
    assert {span.label for span in spans} == {*heads.labels}
    for span in spans:
        assert [*span.members] == {"court": [], "sum": ["asked", "paid"], "answer": ["yes", "no", "later"]}[span.label]
        assert not span.members or sum(span.members.values()) == pytest.approx(1)


def test_a_vector_is_the_projected_mean_brought_to_length_one():
    heads, states = random_heads(), hidden(60)
    assert heads.same
    for span in heads.spans(heads.project(states)):
        mean = heads.same.weight @ states[span.first : span.behind].mean(axis=0)
        assert span.vector == pytest.approx(tuple(mean / np.linalg.norm(mean)), abs=1e-4)
        assert heads.same.sameness.probability(span.vector, span.vector) == pytest.approx(1 / (1 + np.exp(4.25 - 9.5)), rel=1e-3)


def test_rows_of_windows_make_a_document_by_standing_one_after_the_other():
    heads, states = random_heads(), hidden(500)
    whole, joined = heads.project(states), np.concatenate([heads.project(part) for part in np.split(states, [100, 101, 350])])
    assert heads.spans(joined) == heads.spans(whole)
    for head in heads.articles:
        weights = np.exp(log_softmax(states @ head.pool))
        expected = np.exp(log_softmax(head.scores.weight @ (weights @ states) + head.scores.bias))
        assert heads.classes(joined)[head.name] == pytest.approx(dict(zip(head.classes, expected.tolist(), strict=True)), abs=1e-4)


def test_a_document_without_tokens_has_no_classes():
    heads = random_heads()
    assert heads.classes(heads.project(hidden(0))) == {}
    assert heads.spans(heads.project(hidden(0))) == []


@pytest.mark.parametrize("kind", [np.float32, np.float16])
def test_a_file_holds_what_was_written(tmp_path: Path, kind):
    heads = random_heads(kind=kind)
    write(heads, tmp_path / "heads.gguf", {"heads.trained_on": "a test"})
    again = load(tmp_path / "heads.gguf")
    assert (again.labels, again.members, again.same and again.same.sameness) == (heads.labels, heads.members, heads.same and heads.same.sameness)
    assert [(head.name, head.classes) for head in again.articles] == [(head.name, head.classes) for head in heads.articles]
    rows = heads.project(hidden(80))
    assert (again.project(hidden(80)) == rows).all()
    assert again.spans(rows) == heads.spans(rows)


def test_labels_alone_are_heads(tmp_path: Path):
    write(Heads(("one",), Linear(np.zeros((3, WIDTH), np.float32), np.array([0, 1, 2], np.float32))), tmp_path / "h.gguf", {})
    again = load(tmp_path / "h.gguf")
    assert (again.members, again.articles, again.same) == ((), (), None)
    (span,) = again.spans(again.project(hidden(9)))
    assert (span.first, span.behind, span.members, span.vector) == (0, 9, {}, ())


def test_a_file_that_is_torn_or_no_heads_file_is_refused_in_one_line(tmp_path: Path, config):
    whole = tmp_path / "whole.gguf"
    write(random_heads(), whole, {})
    content = whole.read_bytes()
    broken = {"empty": b"", "torn": content[: len(content) // 2], "short": content[:40], "foreign": b"PK\x03\x04" * 100}
    for name, data in broken.items():
        (tmp_path / name).write_bytes(data)
    for path in [*(tmp_path / name for name in broken), tmp_path / "missing", Path(config.path)]:
        with pytest.raises(EngineError) as raised:
            load(path)
        assert str(path) in str(raised.value)
        assert "\n" not in str(raised.value)


def test_heads_that_do_not_fit_together_are_refused():
    heads = random_heads()
    wide = Linear(np.zeros((5, WIDTH + 1), np.float32), np.zeros(5, np.float32))
    with pytest.raises(EngineError, match=r"members of shape \(5, 13\) where \(5, 12\) fits"):
        replace(heads, member_scores=wide)
    with pytest.raises(EngineError, match=r"labels of shape \(9, 12\) where \(6, 12\) fits"):
        replace(heads, labels=("court", "sum"))
    with pytest.raises(EngineError, match="have no members"):
        replace(heads, member_scores=None)
    with pytest.raises(EngineError, match="labels that they do not have: quote"):
        replace(heads, members=(*heads.members[:-1], "quote.other"))
    with pytest.raises(EngineError, match="not all numbers"):
        replace(heads, label_scores=Linear(np.full((9, WIDTH), np.nan, np.float32), np.zeros(9, np.float32)))
