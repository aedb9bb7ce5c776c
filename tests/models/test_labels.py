"""The engine that labels, on the embedded model with random heads: exact places, windows, one document as many, and the way through the worker."""

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
from casebrief.models.constraints import Choice
from casebrief.models.engine import Batch, Document, EngineConfig, Labelling, Mark, Place, Question, Sameness
from casebrief.models.errors import Cancelled, EngineDied, EngineError, EngineUnavailable, NotOffered
from casebrief.models.fake import FakeEngine
from casebrief.models.header import header
from casebrief.models.heads import ArticleHead, Heads, Linear, SameHead, write
from casebrief.models.labels import LabelEngine, Window, windows
from casebrief.models.llama import LlamaEngine
from casebrief.models.merging import merge
from casebrief.models.process import Patience
from casebrief.models.supervisor import SupervisedEngine
from hypothesis import assume, given
from hypothesis import strategies as st

pytestmark = pytest.mark.model

STORY = (
    "Norvane Home Inc was sued on Tuesday in federal court in Oakland, California.",
    "The suit seeks $5,000 for each recording that the company’s doorbells made.",
    "“We deny every claim,” a spokeswoman, Zoë Ångström, said.",
    "Judge Marisol Okereke has the case.",
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


@pytest.fixture(scope="module")
def labeller(config: EngineConfig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabelEngine]:
    engine = opened(config, tmp_path_factory.mktemp("heads"), heads_of(config))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def supervised(config: EngineConfig, labeller: LabelEngine) -> Iterator[SupervisedEngine]:
    engine = SupervisedEngine(labeller.native.config, Patience(hang_s=60))
    engine.start()
    yield engine
    engine.close()


def label(engine: LabelEngine | SupervisedEngine, *documents: Document) -> list[Labelling]:
    return [labelling.checked() for labelling in engine.label(documents).labellings]


def words(document: Document, mark: Mark) -> str:
    """The words of a mark, sliced from the passages by its places."""
    if mark.start.passage == mark.end.passage:
        return document[mark.start.passage][mark.start.character : mark.end.character]
    between = document[mark.start.passage + 1 : mark.end.passage]
    return "\n".join([document[mark.start.passage][mark.start.character :], *between, document[mark.end.passage][: mark.end.character]])


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

ODD = (
    "  Zoë\u0301 paid €5,000 — “naïve”, she said 🙂🏽👩‍👩‍👧‍👦 twice.",
    "",
    "Line one\r\nline two\r\n\r\n\tline three  ",
    " \n ",
    "漢字とかな and Ελληνικά, עברית, e\u0301a\u0308o\u0302, \u200bzero\u00a0width <|im_end|> <|endoftext|>",
    "🏳️‍🌈",
)


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


# ---------------------------------------------------------------------- jobs


def test_a_stop_is_heard_between_windows_and_leaves_the_engine_whole(config, labeller: LabelEngine):
    before, calls = label(labeller, STORY), []
    with pytest.raises(Cancelled):
        labeller.label([LONG], lambda: len(calls) >= 2, lambda read, of: calls.append((read, of)))
    assert len(calls) == 3, "two windows were read, and then the stop was heard"
    assert 0 < calls[0][0] < calls[1][0] < calls[1][1] == sum(map(len, LONG))
    assert label(labeller, STORY) == before


def test_a_job_that_is_taken_back_in_a_call_ends_and_its_neighbour_goes_on(labeller: LabelEngine):
    alone = label(labeller, STORY)
    taken_back, neighbour = labeller.begin([LONG]), labeller.begin([STORY])
    labeller.step()
    halting = threading.Timer(0.02, labeller.halt, [taken_back])
    halting.start()
    while labeller.busy:
        labeller.step()
    halting.join()
    with pytest.raises(Cancelled):
        taken_back.outcome()
    assert list(neighbour.outcome().labellings) == alone


def test_a_job_that_is_taken_back_while_its_words_are_cut_into_tokens_ends_there(labeller: LabelEngine, monkeypatch: pytest.MonkeyPatch):
    job, cut = labeller.begin([LONG * 20]), labeller.native.pieces
    seen: list[str] = []

    def pieces(words: str):
        seen.append(words)
        if len(seen) == 3:
            labeller.halt(job)
        return cut(words)

    monkeypatch.setattr(labeller.native, "pieces", pieces)
    while labeller.busy:
        labeller.step()
    assert len(seen) == 3
    with pytest.raises(Cancelled):
        job.outcome()


@pytest.mark.parametrize("which", ["labeller", "supervised"])
def test_when_the_time_is_over_whole_documents_are_given_and_the_others_say_so(request, which):
    """The first document is read before the time is over; of the second, which is begun, nothing is given."""
    engine, calls = request.getfixturevalue(which), []
    whole = label(engine, STORY)
    told = engine.label([STORY, LONG * 40, ODD], heard=lambda read, of: calls.append(read), enough=lambda: max(calls, default=0) > sum(map(len, STORY)))
    assert [told.labellings[0]] == whole
    assert [labelling.error for labelling in told.labellings] == ["", "OutOfTime", "OutOfTime"]
    assert label(engine, STORY) == whole


def test_a_call_is_not_waited_for_when_the_time_is_over(labeller: LabelEngine):
    closed, neighbour = labeller.begin([LONG]), labeller.begin([STORY])
    labeller.halt(closed, kept=True)
    while labeller.busy:
        labeller.step()
    assert [labelling.error for labelling in closed.outcome().labellings] == ["OutOfTime"]
    assert list(neighbour.outcome().labellings) == label(labeller, STORY)


def test_jobs_take_turns(labeller: LabelEngine):
    """A short job that came second is done while the long one is still read."""
    long, short = labeller.begin([LONG]), labeller.begin([STORY])
    steps = 0
    while not short.done:
        labeller.step()
        steps += 1
    assert steps == 2
    assert not long.done
    labeller.halt(long)
    assert labeller.step() == [long]


def test_a_tokenizer_that_changes_a_text_fails_that_document_alone(labeller: LabelEngine, monkeypatch):
    pieces = labeller.native.pieces

    def fragile(text: str) -> tuple[list[int], list[int]]:
        if "Berg" in text:
            raise EngineError("the tokens have no places")
        return pieces(text)

    monkeypatch.setattr(labeller.native, "pieces", fragile)
    first, second = labeller.label([("Judge Berg.",), STORY]).labellings
    with pytest.raises(EngineError, match="no places"):
        first.checked()
    assert second.checked().marks


# ---------------------------------------------------------------------- what is offered, and what is refused


def test_one_engine_does_one_of_the_two(engine: LlamaEngine, labeller: LabelEngine, supervised: SupervisedEngine):
    assert not engine.info.labels
    assert labeller.info.labels
    assert supervised.info.labels
    for answerer in (engine, FakeEngine()):
        with pytest.raises(NotOffered, match="heads file"):
            answerer.label([STORY])
    for labels in (labeller, supervised, FakeEngine(labellings=[])):
        with pytest.raises(NotOffered, match="without heads"):
            labels.ask(QUESTIONS)


def test_an_answering_worker_refuses_labels(config):
    engine = SupervisedEngine(config)
    try:
        with pytest.raises(NotOffered, match="heads file"):
            engine.label([STORY])
    finally:
        engine.close()


def test_heads_for_another_model_are_refused_with_both_widths(config, tmp_path):
    write(Heads(("a",), Linear(np.zeros((3, 100), np.float32), np.zeros(3, np.float32))), tmp_path / "heads.gguf", {})
    with pytest.raises(EngineError, match=r"heads\.gguf has heads for a model of width 100; smollm2-135m is 576 wide"):
        LabelEngine(replace(config, heads=str(tmp_path / "heads.gguf")))


def test_broken_heads_are_unavailable_not_a_crash(config, tmp_path):
    (tmp_path / "heads.gguf").write_bytes(b"GGUF" + b"\0" * 64)
    engine = SupervisedEngine(replace(config, heads=str(tmp_path / "heads.gguf")))
    with pytest.raises(EngineUnavailable, match=r"heads\.gguf is no heads file"):
        engine.start()


# ---------------------------------------------------------------------- through the worker


def test_labels_come_through_the_pipe_as_they_were_made(labeller: LabelEngine, supervised: SupervisedEngine):
    heard = []
    told = supervised.label([STORY, ODD, LONG], heard=lambda *progress: heard.append(progress))
    assert list(told.labellings) == [*_by_the_worker(labeller, STORY, ODD), told.labellings[2]]
    assert told.labellings[2].tokens == label(labeller, LONG)[0].tokens
    assert told.usage.prompt_tokens > 0
    assert supervised.info.sameness == Sameness(8.0, -4.0)
    assert all(0 <= read <= of == sum(map(len, (*STORY, *ODD, *LONG))) for read, of in heard)


def _by_the_worker(labeller: LabelEngine, *documents: Document) -> list[Labelling]:
    """As the worker reads, in its own window."""
    engine = LabelEngine(labeller.native.config)
    try:
        return label(engine, *documents)
    finally:
        engine.close()


def test_a_halted_job_ends_and_the_worker_lives(supervised: SupervisedEngine):
    before, worker = label(supervised, STORY), supervised.describe()["pid"]
    heard: list[int] = []
    with pytest.raises(Cancelled):
        supervised.label([LONG * 40], lambda: bool(heard), lambda read, of: heard.append(read))
    assert label(supervised, STORY) == before
    assert supervised.describe()["pid"] == worker


def test_native_death_is_a_typed_error_and_the_next_job_succeeds(supervised: SupervisedEngine):
    before, worker = label(supervised, STORY), int(str(supervised.describe()["pid"]))
    with pytest.raises(EngineDied, match="SIGSEGV"):
        supervised.label([LONG * 40], heard=lambda read, of: os.kill(worker, signal.SIGSEGV) if psutil.pid_exists(worker) else None)
    assert label(supervised, STORY) == before


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
