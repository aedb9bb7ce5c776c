"""The engine behind HTTP: proved before it is believed, patient with what passes, quick to tell what does not. Against a real HTTP server that fails as vLLM does."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from casebrief.models.constraints import Choice, Facts
from casebrief.models.engine import Batch, EngineInfo, Question
from casebrief.models.errors import (
    Cancelled,
    ConstraintUnproved,
    EngineError,
    EngineHung,
    NotOffered,
    ServerRefused,
    ServerUnavailable,
)
from casebrief.models.facts import stated
from casebrief.models.remote.circuit import Circuit
from casebrief.models.remote.endpoint import Endpoint
from casebrief.models.remote.engine import OpenAIEngine
from casebrief.models.remote.forms import ODD
from casebrief.models.remote.server import Persistence, Server
from conftest import HANG_S, free_port, until
from vllm import FREE, Stub, serving

ASKED = Facts(("judge", "law"), lines=2, at_most=5)
TEXT = '{"facts": [{"line": 1, "label": "judge", "words": "Marisol Okereke"}, {"line": 2, "label": "law", "words": "negligence"}]}'
BATCH = Batch("List the facts.", ("1 Judge Marisol Okereke has it.", "\n2 It claims negligence."), (Question("facts", "", ASKED, 200),))
QUICK = Persistence(tries=3, first_s=0.01, longest_s=1.0)


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving(Stub(answer=lambda body: TEXT)) as stub:
        yield stub


def engine_of(stub: Stub, *, model: str = "", key: str = "", circuit: Circuit | None = None) -> OpenAIEngine:
    return OpenAIEngine(Server(Endpoint(stub.address, model, key, HANG_S), QUICK, circuit or Circuit(most=5, rest_s=0.05)))


def answers(engine: OpenAIEngine, *batches: Batch, **told):
    return engine.ask(batches or (BATCH,), **told).readings


# ---------------------------------------------------------------------- the proof


@pytest.mark.parametrize(("honours", "form"), [(("structured_outputs", "response_format"), "structured_outputs"), (("response_format",), "response_format")])
def test_the_first_form_that_is_obeyed_is_used(stub, honours, form):
    stub.honours = honours
    engine = engine_of(stub)
    engine.start()
    assert engine.info.engine == f"vllm at 127.0.0.1:{stub.address.split(':')[2][:-3]}, held by {form}"
    (reading,) = answers(engine)
    assert [(fact.label, fact.words) for fact in stated(reading.checked()[0], ASKED)] == [("judge", "Marisol Okereke"), ("law", "negligence")]
    assert form in stub.asked[-1]


def test_a_server_that_ignores_every_form_in_silence_reads_nothing(stub):
    stub.honours = ()
    engine = engine_of(stub)
    with pytest.raises(ConstraintUnproved, match=r"cannot be held to a JSON Schema.*vLLM 0\.12") as told:
        engine.start()
    assert all(form in str(told.value) for form in ("structured_outputs", "response_format", "grammar"))
    assert engine.describe()["state"] == "down"
    with pytest.raises(ConstraintUnproved):
        answers(engine)
    assert not any("Okereke" in json.dumps(body) for body in stub.asked), "no article was sent"


def test_the_proof_stands_in_no_prompt_and_its_answer_could_not_be_guessed(stub):
    stub.faults.append(f"says {FREE}")
    engine_of(stub).start()
    assert all(ODD not in json.dumps(body["messages"]) for body in stub.asked)
    assert len(stub.asked) == 2, "the free answer to the first form was no proof"


def test_answers_that_are_json_but_not_the_one_allowed_are_no_proof(stub):
    stub.honours = ()
    stub.faults.extend([f'says {{"facts": [{{"line": 1, "label": "{label}", "words": "nine"}}]}}' for label in ("judge", "", ODD[:-1])])
    with pytest.raises(ConstraintUnproved):
        engine_of(stub).start()


def test_a_server_without_log_probabilities_is_used_and_told(stub):
    stub.logprobs = False
    engine = engine_of(stub)
    (reading,) = answers(engine)
    assert [fact.probability for fact in stated(reading.checked()[0], ASKED)] == [None, None]
    assert "no log-probabilities" in engine.info.notes[0]


def test_log_probabilities_of_label_and_words_are_the_facts_own(stub):
    stub.logprob = -0.1
    (reading,) = answers(engine_of(stub))
    first, second = stated(reading.checked()[0], ASKED)
    assert 0 < first.probability < second.probability < 1, "more tokens, more doubt"


# ---------------------------------------------------------------------- what is told of a server


def test_the_only_model_needs_no_name_and_its_context_is_the_servers(stub):
    info = engine_of(stub).info
    assert isinstance(info, EngineInfo)
    assert (info.model, info.context_tokens, info.labels, info.notes) == ("qwen3-32b", 4096, False, ())


@pytest.mark.parametrize(
    ("served", "model", "words"),
    [(["a", "b"], "", "serves 2 models (a, b): name one by CASEBRIEF_MODEL"), (["a"], "gpt", "does not serve 'gpt'; it serves: a"), ([], "", "")],
)
def test_a_model_that_is_not_served_is_told_with_those_that_are(stub, served, model, words):
    stub.served = served or ["x", "y"]
    with pytest.raises(ServerRefused) as told:
        engine_of(stub, model=model).start()
    assert words in str(told.value)


def test_a_key_is_sent_and_a_wrong_one_is_told(stub):
    stub.key = "sesame"
    engine_of(stub, key="sesame").start()
    with pytest.raises(ServerRefused, match="CASEBRIEF_OPENAI_API_KEY"):
        engine_of(stub, key="wrong").start()
    assert "sesame" not in repr(Endpoint(stub.address, key="sesame"))


@pytest.mark.parametrize(("fault", "words"), [("no template", "no chat format: start its server with a chat template"), ("elsewhere", "sends elsewhere (307)")])
def test_what_asking_again_would_not_mend_is_told_at_once(stub, fault, words):
    stub.faults.append(fault)
    with pytest.raises(ServerRefused) as told:
        engine_of(stub).start()
    assert words in str(told.value)
    assert len(stub.asked) == 1


def test_another_service_at_the_address_is_told_so(stub):
    engine = OpenAIEngine(Server(Endpoint(stub.address.replace("/v1", "/elsewhere")), QUICK))
    with pytest.raises(ServerRefused, match="CASEBRIEF_OPENAI_BASE_URL"):
        engine.start()


# ---------------------------------------------------------------------- what passes, and what does not


@pytest.mark.parametrize("fault", ["429", "500", "503", "breaks off", "fails"])
def test_what_passes_is_tried_again(stub, fault):
    engine = engine_of(stub)
    engine.start()
    asked = len(stub.asked)
    stub.faults.append(fault)
    (reading,) = answers(engine)
    assert len(reading.checked()) == 1
    assert len(stub.asked) == asked + 2


def test_the_servers_own_wait_is_kept_and_one_that_is_too_long_is_told(stub):
    engine = engine_of(stub)
    engine.start()
    stub.retry_after = "0"
    stub.faults.append("429")
    answers(engine)
    stub.retry_after = "3600"
    stub.faults.append("503")
    with pytest.raises(ServerUnavailable, match="asked again in 3600 s") as told:
        answers(engine)
    assert told.value.after_s == 3600
    assert told.value.retry


def test_what_does_not_pass_ends_after_its_tries_and_opens_the_circuit(stub):
    now = [0.0]
    circuit = Circuit(most=5, rest_s=30, clock=lambda: now[0])
    engine = engine_of(stub, circuit=circuit)
    engine.start()
    stub.faults.extend(["500"] * 6)
    with pytest.raises(ServerUnavailable, match=r"answers 500 \(3 tries\)"):
        answers(engine)
    with pytest.raises(ServerUnavailable, match="failed 5 times in a row and is asked again in 30 s"):
        answers(engine)
    asked = len(stub.asked)
    with pytest.raises(ServerUnavailable) as told:
        answers(engine)
    assert (told.value.after_s, len(stub.asked)) == (30, asked)
    now[0] = 31.0
    stub.faults.clear()
    (reading,) = answers(engine)
    assert len(reading.checked()) == 1
    assert engine.describe()["state"] == "ready"


def test_a_server_that_was_away_is_proved_anew():
    port = free_port()
    with serving(Stub(answer=lambda body: TEXT), port) as first:
        engine = engine_of(first)
        engine.start()
    with pytest.raises(ServerUnavailable, match="cannot be reached"):
        answers(engine)
    with serving(Stub(honours=(), answer=lambda body: TEXT), port) as second:
        until(lambda: _refuses(engine, ConstraintUnproved))
        with pytest.raises(ConstraintUnproved):
            answers(engine)
        assert not any("Okereke" in json.dumps(body) for body in second.asked)


def _refuses(engine: OpenAIEngine, kind: type[EngineError]) -> bool:
    try:
        engine.start()
    except EngineError as error:
        return isinstance(error, kind)
    return False


@pytest.mark.parametrize("fault", ["hang", "falls silent"])
def test_silence_is_told_and_the_request_is_dropped(stub, fault):
    server = Server(Endpoint(stub.address, hang_s=HANG_S), QUICK)
    engine = OpenAIEngine(server)
    engine.start()
    server.endpoint = replace(server.endpoint, hang_s=0.4)
    stub.faults.append(fault)
    with pytest.raises(EngineHung, match=r"no sign of life for 0\.4 s"):
        answers(engine)
    until(lambda: stub.left == 1)


def test_a_request_that_waits_for_its_turn_while_others_are_answered_does_not_hang(stub):
    server = Server(Endpoint(stub.address, hang_s=HANG_S), QUICK)
    engine = OpenAIEngine(server)
    engine.start()
    server.endpoint = replace(server.endpoint, hang_s=0.01)
    server.heard = time.monotonic() + HANG_S
    stub.faults.append("hang")
    looks = []
    with pytest.raises(Cancelled):
        answers(engine, stop=lambda: looks.append(1) or len(looks) > 10)


# ---------------------------------------------------------------------- answers that are none


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (f"says {FREE}", "AnswerMalformed"),
        ('says {"facts": [{"line": 1, "label": "jury", "words": "x"}]}', "AnswerMalformed"),
        ('says {"facts": [{"line": 9, "label": "law", "words": "x"}]}', "AnswerMalformed"),
        ('says {"facts": [{"line": 1, "label": "law", "words": ""}]}', "AnswerMalformed"),
        ('says {"facts": [{"line": 1, "label": "law"}]}', "AnswerMalformed"),
        ('says {"facts": [], "more": 1}', "AnswerMalformed"),
        ("says " + "x" * 20_000, "AnswerMalformed"),
        ("html", "AnswerMalformed"),
        ("refuses", "AnswerRefused"),
        ("is filtered", "AnswerRefused"),
        ("too long", "PromptTooLong"),
    ],
)
def test_an_answer_that_is_none_concerns_its_document_alone(stub, fault, kind):
    engine = engine_of(stub)
    engine.start()
    stub.faults.append(fault)
    first, second = answers(engine, BATCH), answers(engine, BATCH)
    assert (first[0].error, first[0].answers) == (kind, ())
    assert second[0].checked()


def test_an_answer_that_was_cut_off_says_so(stub):
    engine = engine_of(stub)
    engine.start()
    stub.faults.append("is cut")
    (reading,) = answers(engine)
    assert reading.checked()[0].finish == "length"


def test_what_is_not_offered_is_refused(stub):
    engine = engine_of(stub)
    with pytest.raises(NotOffered):
        engine.label([("text",)])
    (reading,) = answers(engine, Batch("", ("text",), (Question("q", "?", Choice(("yes", "no")), 4),)))
    assert reading.error == "ConstraintRefused"


# ---------------------------------------------------------------------- stops and deadlines


def test_a_job_that_is_taken_back_closes_its_requests_and_leaves_no_thread(stub):
    engine = engine_of(stub)
    engine.start()
    before = threading.active_count()
    stub.faults.extend(["hang"] * 3)
    with pytest.raises(Cancelled):
        answers(engine, BATCH, BATCH, BATCH, stop=lambda: len(stub.asked) == 4)
    until(lambda: stub.left == 3)
    assert threading.active_count() == before


def test_a_stop_ends_the_proof_as_well(stub):
    engine = engine_of(stub)
    stub.faults.append("hang")
    with pytest.raises(Cancelled):
        answers(engine, stop=lambda: len(stub.asked) == 1)
    until(lambda: stub.left == 1)
    assert answers(engine)[0].checked()


def test_when_the_time_is_over_what_is_answered_is_given(stub):
    engine = engine_of(stub)
    engine.start()
    stub.faults.append("hang")
    told: list[tuple[int, int]] = []
    readings = answers(engine, BATCH, BATCH, heard=lambda done, of: told.append((done, of)), enough=lambda: (1, 2) in told)
    assert sorted(reading.error for reading in readings) == ["", "OutOfTime"]
    assert told == [(0, 2), (1, 2)]
    until(lambda: stub.left == 1)


def test_a_wait_for_another_try_ends_with_the_job(stub):
    engine = OpenAIEngine(Server(Endpoint(stub.address, hang_s=HANG_S), Persistence(tries=3, first_s=HANG_S, longest_s=HANG_S)))
    engine.start()
    stub.faults.append("503")
    with pytest.raises(Cancelled):
        answers(engine, stop=lambda: len(stub.asked) == 2)


def test_usage_is_what_the_server_counts(stub):
    usage = engine_of(stub).ask([BATCH, BATCH]).usage
    assert (usage.prompt_tokens, usage.prompt_tokens_reused) == (140, 60)
    assert usage.output_tokens == 2 * -(-len(TEXT) // 4)
    assert usage.prefill_s > 0


def test_a_closed_engine_answers_nothing(stub):
    engine = engine_of(stub)
    engine.start()
    engine.close()
    with pytest.raises(EngineError, match="closed"):
        answers(engine)
