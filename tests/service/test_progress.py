"""How far a case has come: what an article tells, in the light of those before it."""

import datetime
import random

import pytest
from casebrief.service.pipeline.progress import STATES, followed
from hypothesis import given
from hypothesis import strategies as st

DAY = datetime.date(2025, 3, 6)


def later(days: int) -> datetime.date:
    return DAY + datetime.timedelta(days=days)


def likeliest(states: dict[str, float]) -> str:
    return max(states, key=lambda name: states[name])


def test_an_article_that_recalls_the_filing_does_not_take_a_verdict_back():
    told = [(DAY, {"filed": 1.0}), (later(90), {"decided": 0.96, "pending": 0.04}), (later(97), {"filed": 0.6, "decided": 0.4})]
    assert likeliest(followed(told)[2]) == "decided"


def test_what_an_article_is_sure_of_stands():
    told = [(DAY, {"decided": 1.0}), (later(90), {"pending": 0.99, "decided": 0.01})]
    assert likeliest(followed(told)[1]) == "pending"


@pytest.mark.parametrize("states", [{}, {"closed": 1.0}])
def test_what_has_no_states_of_ours_stays_as_it_is(states):
    assert followed([(DAY, {"filed": 1.0}), (later(1), states)])[1] == states


def test_an_article_without_a_day_is_in_no_order():
    assert followed([(DAY, {"decided": 1.0}), (None, {"filed": 0.6, "decided": 0.4})])[1] == {"filed": 0.6, "decided": 0.4}


shares = st.lists(st.floats(0.01, 1), min_size=len(STATES), max_size=len(STATES)).map(
    lambda some: {name: one / sum(some) for name, one in zip(STATES, some, strict=True)}
)
articles = st.lists(st.tuples(st.integers(0, 5).map(later), shares), min_size=1, max_size=6)


@given(told=articles, seed=st.randoms(use_true_random=False))
def test_the_order_in_which_articles_are_sent_does_not_matter(told, seed: random.Random):
    order = list(range(len(told)))
    seed.shuffle(order)
    plain, mixed = followed(told), followed([told[place] for place in order])
    for number, place in enumerate(order):
        assert mixed[number] == pytest.approx(plain[place])


@given(told=articles, data=st.data())
def test_an_article_sent_twice_changes_nothing_where_it_is_alone_on_its_day(told, data):
    alone = [one for one in told if [day for day, _ in told].count(one[0]) == 1]
    if alone:
        twice = data.draw(st.sampled_from(alone))
        assert followed([*told, twice])[: len(told)] == [pytest.approx(states) for states in followed(told)]
