"""A decision that no mark tells: the sentence of its day, where the article is sure to be of one."""

import pytest
from casebrief.models.engine import Labelling
from marking import DAY, read_as, response_of

DECISION = "The award against Norvane was halved on Tuesday by Judge Ada Quill"
MARKED = {"defendants": "Norvane", "timeline": "Tuesday", "judge": "Ada Quill"}


def rulings(text, marked, status):
    text, read = read_as(text, marked)
    read = Labelling(read.marks, {**read.classes, "status": status}, read.tokens)
    return [fact["value"] for fact in response_of((text, read), days=(DAY,))["summary"]["rulings"]]


def test_the_sentence_of_the_day_and_the_judge_is_the_decision():
    assert rulings(f"{DECISION}.\n", MARKED, {"decided": 0.97}) == [DECISION]


@pytest.mark.parametrize(
    ("text", "more", "status"),
    [
        (f"{DECISION}.\n", {}, {"pending": 0.97}),
        (f"{DECISION}.\n", {"rulings.other": "was halved on Tuesday by"}, {"decided": 0.97}),
        ("Judge Ada Quill will hear Norvane on March 20.\n", {"timeline": "March 20"}, {"decided": 0.97}),
        ("Judge Ada Quill wrote it. Norvane opened a shop on Tuesday.\n", {}, {"decided": 0.97}),
    ],
    ids=["no decision", "it is told", "it is ahead", "no judge in it"],
)
def test_nothing_else_is_made_a_decision(text, more, status):
    assert DECISION not in rulings(text, {**MARKED, **more}, status)
    assert len(rulings(text, {**MARKED, **more}, status)) == len([name for name in more if name.startswith("rulings")])
