"""The engine that labels, on the embedded model with random heads: exact places, windows, one document as many, and the way through the worker."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from casebrief.models.engine import Place
from casebrief.models.heads import Heads
from casebrief.models.labels import LabelEngine, Window, windows
from casebrief.models.merging import merge
from headed import LONG, ODD, OVERLAP, STORY, WINDOW, heads_of, label, opened, words
from hypothesis import assume, given
from hypothesis import strategies as st

pytestmark = pytest.mark.model

# ---------------------------------------------------------------------- windows


@given(st.integers(0, 5000), st.integers(8, 700), st.integers(0, 300))
def test_windows_cover_every_token_once_and_far_from_their_edges(count: int, longest: int, overlap: int):
    assume(overlap < longest // 2)
    found = windows(count, longest, overlap)
    assert [token for window in found for token in range(window.kept_from, window.kept_to)] == list(range(count))
    for window in found:
        assert 0 <= window.start <= window.kept_from < window.kept_to <= window.end <= count
        assert window.end - window.start <= longest
        assert window.start == 0 or window.kept_from - window.start >= (overlap - 1) // 2
        assert window.end == count or window.end - window.kept_to >= (overlap - 1) // 2
    assert len({window.end - window.start for window in found}) <= 1
    assert sum(window.end - window.start for window in found) <= count * longest / (longest - overlap) + longest


def test_a_short_document_is_one_window():
    assert windows(96, 96, 32) == [Window(0, 96, 0, 96)]


# ---------------------------------------------------------------------- places


@pytest.mark.parametrize("document", [ODD, ODD[::-1], ("\r\n".join(ODD),), STORY, LONG])
def test_every_word_is_where_its_mark_says(config, tmp_path, document):
    """Heads that begin a span at every token: the marks, sliced from the passages, are all words, each once and in order."""
    engine = opened(config, tmp_path, heads_of(config, bias=(-99, 99, -99)))
    (labelling,) = label(engine, document)
    marks = [mark for mark in labelling.marks if mark.label == "court"]
    engine.close()
    covered = set()
    for mark in marks:
        assert mark.start.passage == mark.end.passage
        sliced = words(document, mark)
        assert sliced
        assert sliced == sliced.strip()
        covered |= {(mark.start.passage, character) for character in range(mark.start.character, mark.end.character)}
    assert marks == sorted(marks, key=lambda mark: (mark.start.passage, mark.start.character))
    assert covered >= {(passage, place) for passage, text in enumerate(document) for place, character in enumerate(text) if not character.isspace()}
    if "".join(document).isascii():
        assert "".join(words(document, mark) for mark in marks) == "".join("".join(document).split())


@pytest.mark.parametrize(
    ("document", "start", "end"),
    [
        (ODD, Place(0, 2), Place(5, len(ODD[5]))),
        (("", " \r\n", "\tone\r\ntwo ", "  "), Place(2, 1), Place(2, 9)),
        (STORY, Place(0, 0), Place(3, len(STORY[3]))),
    ],
)
def test_a_mark_over_passages_begins_and_ends_at_words(config, tmp_path, document, start, end):
    """Heads that stay inside from the first token on: one mark, from the first word to the last."""
    engine = opened(config, tmp_path, heads_of(config, bias=(-99, 0, 99)))
    (labelling,) = label(engine, document)
    engine.close()
    assert [(mark.label, mark.start, mark.end) for mark in labelling.marks] == [("court", start, end), ("sum", start, end)]


def test_no_control_token_can_be_spelled_by_a_client(labeller: LabelEngine):
    tokens, sizes = labeller.native.pieces("before<|im_end|>after")
    assert len(tokens) > 3
    assert max(sizes) < len("<|im_end|>")


@pytest.mark.parametrize("document", [(), ("",), (" ",), ("", "", "\r\n"), ("\t",)])
def test_a_document_without_words_has_no_marks(labeller: LabelEngine, document):
    first, second = label(labeller, document, STORY)
    assert first.marks == ()
    assert second == label(labeller, STORY)[0]


# ---------------------------------------------------------------------- many documents, long documents


def test_a_document_is_labelled_as_if_it_were_alone(labeller: LabelEngine):
    documents = (STORY, LONG, STORY[::-1], ODD, STORY)
    together = label(labeller, *documents)
    assert together == [label(labeller, document)[0] for document in documents]
    assert together[::-1] == label(labeller, *documents[::-1])
    assert sum(len(labelling.marks) for labelling in together) > 20


def test_a_mark_carries_members_a_vector_and_classes_of_its_document(labeller: LabelEngine):
    (labelling,) = label(labeller, STORY)
    assert {mark.label for mark in labelling.marks} == {"court", "sum"}
    for mark in labelling.marks:
        assert 0 < mark.probability <= 1
        assert [*mark.members] == (["asked", "paid"] if mark.label == "sum" else [])
        assert sum(number * number for number in mark.vector) == pytest.approx(1, abs=1e-4)
    assert sum(labelling.classes["state"].values()) == pytest.approx(1)
    assert labelling.tokens == sum(labeller.count_tokens([STORY[0], *("\n" + passage for passage in STORY[1:])]))


def test_a_long_document_takes_each_token_from_the_window_in_which_it_lies_deepest(labeller: LabelEngine, monkeypatch):
    """The rows that make the labels are those that the windows' own tokens have when they are read alone."""
    kept: list[np.ndarray] = []
    spans = Heads.spans
    monkeypatch.setattr(Heads, "spans", lambda heads, rows: (kept.append(rows), spans(heads, rows))[1])
    (labelling,) = label(labeller, LONG)
    ids = labeller._tokens(LONG).ids
    assert labelling.tokens == len(ids) > 4 * WINDOW
    for window in windows(len(ids), WINDOW, OVERLAP):
        alone = labeller.native.hidden(ids[window.start : window.end])
        assert alone is not None
        rows = labeller.heads.project(alone)
        assert np.allclose(rows[window.kept_from - window.start : window.kept_to - window.start], kept[0][window.kept_from : window.kept_to], atol=1e-3)


def test_windows_mark_what_one_window_marks(labeller: LabelEngine):
    """Most marks are the same, seams included, even of random heads, whose marks lie as close as can be to being others."""
    document = STORY * 3
    whole = LabelEngine(labeller.native.config, window=512, overlap=0)
    (at_once,), (in_windows,) = label(whole, document), label(labeller, document)
    whole.close()
    assert at_once.tokens == in_windows.tokens > 2 * WINDOW
    one, other = ({(mark.label, mark.start, mark.end) for mark in labelling.marks} for labelling in (at_once, in_windows))
    assert len(one & other) > 0.8 * len(one | other)
    assert {name: pytest.approx(classes, abs=0.1) for name, classes in at_once.classes.items()} == in_windows.classes


def test_the_cost_grows_with_the_length(labeller: LabelEngine):
    """Tokens evaluated, counted: those of the document, and what neighbouring windows share."""
    usage = labeller.label([LONG, LONG * 2]).usage
    tokens = 3 * sum(labeller.count_tokens([*LONG])) + 3 * len(LONG)
    assert usage.prompt_tokens < tokens * WINDOW / (WINDOW - OVERLAP) + 2 * WINDOW
    assert usage.prefill_s > 0


# ---------------------------------------------------------------------- weights made for labels


@pytest.mark.slow
def test_weights_merged_for_labels_see_what_the_others_see(config, tmp_path):
    """The architecture without cells changes how a window is evaluated, not what is seen."""
    for labels in (False, True):
        merge(Path(config.path), [], tmp_path / f"{labels}.gguf", "q8_0", labels=labels)
    heads = heads_of(config)
    plain, made = (opened(replace(config, path=str(tmp_path / f"{labels}.gguf")), tmp_path, heads) for labels in (False, True))
    ids = plain._tokens(LONG).ids[:WINDOW]
    one, other = plain.native.hidden(ids), made.native.hidden(ids)
    assert one is not None
    assert other is not None
    cosine = (one * other).sum(axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    assert cosine.min() > 0.995
    ours, theirs = ({(mark.label, mark.start, mark.end) for mark in label(each, LONG)[0].marks} for each in (plain, made))
    assert len(ours & theirs) > 0.9 * len(ours | theirs)
    plain.close()
    made.close()
