"""Summarizers over engines that are no model, and what must hold of every response to anything."""

import json

import jsonschema
from casebrief.models.engine import Engine
from casebrief.prompts.loader import load
from casebrief.service.domain.schema import SummaryResponse, json_schema
from casebrief.service.domain.spans import Span
from casebrief.service.domain.view import seen
from casebrief.service.pipeline.articles import Submitted
from casebrief.service.pipeline.labelled import LabelReader
from casebrief.service.pipeline.prompted import PromptReader
from casebrief.service.pipeline.summarizing import Summarizer
from conftest import citations_of
from marking import HALF_SURE

PROMPT = load()


def by_prompts(engine: Engine) -> Summarizer:
    return Summarizer(PromptReader(engine, PROMPT, HALF_SURE), PROMPT.sha256, lambda: engine.info)


def by_labels(engine: Engine) -> Summarizer:
    return Summarizer(LabelReader(engine, HALF_SURE), PROMPT.sha256, lambda: engine.info)


def document(response: SummaryResponse) -> dict:
    return json.loads(response.model_dump_json(by_alias=True))


def check(response: SummaryResponse, submitted: list[Submitted]) -> dict:
    """What must hold of every response to anything."""
    told = document(response)
    jsonschema.validate(told, json_schema())
    texts = {article.id: article.text for article in submitted}
    for citation in citations_of(told):
        assert texts[citation["article"]][citation["start"] : citation["end"]] == citation["quote"]
    for facts in told["summary"].values():
        for fact in facts if isinstance(facts, list) else [facts]:
            if fact and fact.get("guarantee") == "copied":
                first = fact["citations"][0]
                assert fact["value"] == seen(texts[first["article"]]).words(Span(first["start"], first["end"]))
    assert [line["article"] for line in told["ledger"]] == [article.id for article in submitted]
    for article in told["articles"]:
        assert all(0 <= start < end <= len(texts[article["id"]]) for start, end in article["used"])
    return told
