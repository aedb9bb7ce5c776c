"""What a brief says of its own: a heading where no article gives one, that a day lay ahead, that sources differ on what matters."""

import datetime
import io

import pytest
from casebrief.service.domain.schema import Conflict, SummaryResponse
from casebrief.service.edges.brief import terminal
from casebrief.service.exports.markdown import markdown
from casebrief.service.exports.wording import headline
from rich.console import Console
from told import fact, response

TEXT = "Ada Brinkworth and Lucan Feherty sued Norvane Home. A jury gave them $40 million, or $44 million. A hearing is on May 5."


def case(*fields: str) -> SummaryResponse:
    words = {"plaintiffs": ("Ada Brinkworth", "Lucan Feherty"), "defendants": ("Norvane Home",), "timeline": ("A hearing is on May 5",)}
    return response({"a": TEXT}, {field: [fact({"a": TEXT}, ("a", said)) for said in words[field]] for field in fields})


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (("plaintiffs", "defendants"), "Ada Brinkworth and another v. Norvane Home (our heading)"),
        (("defendants",), "A case against Norvane Home (our heading)"),
    ],
)
def test_a_case_without_a_caption_is_called_by_its_sides_and_the_name_is_marked_as_ours(fields, told):
    assert headline(case(*fields)) == told


def briefs(summary: SummaryResponse) -> tuple[str, str]:
    out = io.StringIO()
    Console(file=out, width=200).print(terminal(summary))
    return out.getvalue(), markdown(summary, datetime.date(2026, 11, 28))


def test_a_day_that_lay_ahead_is_told_as_such():
    told = case("timeline")
    event = told.summary.timeline[0].model_copy(update={"to_come": True})
    planned = told.model_copy(update={"summary": told.summary.model_copy(update={"timeline": [event]})})
    assert all("still to come when it was written" in brief for brief in briefs(planned))
    assert not any("still to come" in brief for brief in briefs(told))


def test_sources_that_contradict_each_other_on_a_vital_fact_are_told_of_below_the_abstract():
    told = case("defendants")
    positions = [{"value": said, "normalized": None, "citations": fact({"a": TEXT}, ("a", said))["citations"]} for said in ("$40 million", "$44 million")]
    conflict = Conflict.model_validate({"field": "rulings", "about": "damages", "kind": "contradiction", "positions": positions})
    differing = told.model_copy(update={"summary": told.summary.model_copy(update={"conflicts": [conflict]})})
    assert all("The sources differ on the damages: see below." in brief for brief in briefs(differing))
    assert not any("The sources differ on" in brief for brief in briefs(told))
