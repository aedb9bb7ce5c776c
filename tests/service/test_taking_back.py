"""A job that is taken back ends between any two articles, before the model has them and after."""

import itertools

import pytest
from casebrief.models.errors import Cancelled
from casebrief.models.fake import FakeEngine
from casebrief.service.pipeline.articles import Submitted
from marking import read_as
from papering import by_labels

TEXTS = [f"Norvane Home Inc was sued on Tuesday in federal court in Oakland, California, by customers from {town}." for town in ("Lima", "Bonn", "Kyoto")]
MARKS = {"defendants": "Norvane Home Inc"}


def summarized(asked: itertools.count, until: float) -> None:
    """Three articles are read as long as fewer than so many asked whether that is still wanted."""
    engine = FakeEngine(labellings=[read_as(text, MARKS)[1] for text in TEXTS])
    by_labels(engine).summarize([Submitted(f"a{number}", text) for number, text in enumerate(TEXTS)], lambda: next(asked) >= until)


def test_a_job_that_is_taken_back_ends_between_any_two_articles_before_and_after_the_model():
    asked = itertools.count()
    summarized(asked, float("inf"))
    times = next(asked)
    assert times >= 7 * len(TEXTS), "before each is unfolded, cut, tagged, put to a case, believed, merged, reported"
    for until in range(times):
        with pytest.raises(Cancelled):
            summarized(itertools.count(), until)
