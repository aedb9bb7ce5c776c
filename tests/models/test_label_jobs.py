"""Jobs of the engine that labels: they take turns, end when they are to, and come through the worker as they were made; what is not offered is refused."""

import os
import signal
import threading
from dataclasses import replace

import numpy as np
import psutil
import pytest
from casebrief.models.engine import Document, Labelling, Sameness
from casebrief.models.errors import Cancelled, EngineDied, EngineError, EngineUnavailable, NotOffered
from casebrief.models.fake import FakeEngine
from casebrief.models.heads import Heads, Linear, write
from casebrief.models.labels import LabelEngine
from casebrief.models.llama import LlamaEngine
from casebrief.models.supervisor import SupervisedEngine
from headed import LONG, ODD, QUESTIONS, STORY, label

pytestmark = pytest.mark.model

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
@pytest.mark.slow
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
