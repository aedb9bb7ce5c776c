"""The engine against a real llama-server over the embedded weights: its form, not what so small a model reads.

A further model is tried where CASEBRIEF_TEST_GGUF names one, such as a base model without a chat format.
"""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from casebrief.models.constraints import Facts
from casebrief.models.engine import Batch, Question
from casebrief.models.errors import Cancelled
from casebrief.models.facts import stated
from casebrief.models.remote import proof
from casebrief.models.remote.endpoint import Endpoint
from casebrief.models.remote.engine import OpenAIEngine
from casebrief.models.remote.forms import FORMS
from casebrief.models.remote.server import Server
from conftest import HANG_S, until
from llama_server import llama_server, needs_llama_server

pytestmark = [pytest.mark.model, needs_llama_server]
ASKED = Facts(("judge", "court", "plaintiff"), lines=2, at_most=3, at_least=1)
BATCH = Batch(
    "List the facts that the numbered sentences state.",
    ("1 U.S. District Judge Marisol Okereke has the suit.\n", "2 It is in federal court in Oakland.\n"),
    (Question("facts", "", ASKED, 400),),
)


@pytest.fixture(scope="module", params=["embedded", "other"])
def address(request, catalog) -> Iterator[str]:
    other = os.environ.get("CASEBRIEF_TEST_GGUF")
    if request.param == "other" and not other:
        pytest.skip("no further model: name one by CASEBRIEF_TEST_GGUF")
    with llama_server(Path(other) if request.param == "other" and other else catalog.path(catalog.default), "-c", "4096", "-np", "2") as address:
        yield address


def engine_of(address: str) -> OpenAIEngine:
    return OpenAIEngine(Server(Endpoint(address, hang_s=HANG_S)))


def test_the_first_form_that_it_obeys_is_the_schema_in_openais_form(address):
    engine = engine_of(address)
    engine.start()
    assert engine.info.engine.endswith("held by response_format")
    assert engine.info.engine.startswith("llamacpp at 127.0.0.1")
    assert engine.info.context_tokens == 4096 // 2


@pytest.mark.parametrize("form", ["response_format", "grammar"])
def test_what_it_answers_is_what_its_constraint_allows(address, form, monkeypatch):
    monkeypatch.setattr(proof, "FORMS", {form: FORMS[form]})
    engine = engine_of(address)
    readings = engine.ask([BATCH] * 3)
    for reading in readings.readings:
        (answer,) = reading.checked()
        if answer.finish == "stop":
            facts = stated(answer, ASKED)
            assert 1 <= len(facts) <= 3
            assert all(fact.probability is not None and 0 < fact.probability <= 1 for fact in facts)
    assert engine.info.engine.endswith(form)
    assert readings.usage.output_tokens > 0


def test_a_job_that_is_taken_back_frees_its_place_on_the_server(address):
    engine = engine_of(address)
    engine.start()
    long = Batch(BATCH.instructions, BATCH.document, (Question("facts", "", Facts(("judge",), 2, 100, at_least=90), 1500),))
    begun = threading.Event()
    before = threading.active_count()

    def stop() -> bool:
        if _busy(address):
            begun.set()
        return begun.is_set()

    with pytest.raises(Cancelled):
        engine.ask([long], stop)
    until(lambda: not _busy(address))
    assert threading.active_count() == before


def _busy(address: str) -> bool:
    slots = httpx.get(f"{address.removesuffix('/v1')}/slots", timeout=HANG_S).json()
    return any(slot["is_processing"] for slot in slots)


def test_what_does_not_fit_into_its_context_is_told_of_its_document(address):
    long = Batch("List.", ("1 " + "The suit names the firm again. " * 2000,), BATCH.questions)
    first, second = engine_of(address).ask([long, BATCH]).readings
    assert first.error == "PromptTooLong"
    assert not second.error
