"""Figures over cases: intervals cover what they should, draws are shared by two runs, and nothing is made of nothing."""

import numpy as np
import pytest
from casebrief.evals import marks
from casebrief.evals.comparing import Comparison
from casebrief.evals.figures import CaseTable, Difference, difference, harmonic, share
from casebrief.evals.statistics import DRAWS, interval

HIT = share("hit", "all")


def table(shares: list[float]) -> CaseTable:
    return CaseTable([(f"c{number}", {"hit": value, "all": 1.0}) for number, value in enumerate(shares)])


def test_a_mean_over_cases_has_the_interval_of_the_plain_bootstrap():
    values = list(np.random.default_rng(1).random(51))
    found = table(values).estimate(HIT)
    assert found.value == pytest.approx(np.mean(values))
    assert found.interval == pytest.approx(interval(values))


def test_a_figure_is_of_sums_and_no_mean_of_ratios():
    uneven = CaseTable([("a", {"hit": 1, "all": 1}), ("b", {"hit": 0, "all": 9})])
    assert uneven.value(HIT) == pytest.approx(0.1)


def test_repeats_are_no_further_cases():
    rows = [(f"c{n}", {"hit": float(n % 2), "all": 1.0}) for n in range(20)]
    assert CaseTable(rows * 3).estimate(HIT) == CaseTable(rows).estimate(HIT)


def test_all_draws_are_evaluated_at_once():
    calls = []

    def counted(sums):
        calls.append(len(sums["hit"]))
        return HIT(sums)

    table([0.0, 1.0] * 30).estimate(counted)
    assert calls == [1, DRAWS]


def test_nothing_counted_is_no_figure_and_one_case_has_no_interval():
    assert (table([]).estimate(HIT).value, table([]).estimate(HIT).interval) == (None, None)
    assert str(table([]).estimate(HIT)) == "–"
    assert table([0.5]).estimate(HIT).interval is None
    none = CaseTable([("a", {"hit": 0, "all": 0}), ("b", {})])
    assert (none.value(HIT), none.estimate(HIT).interval) == (None, None)
    assert table([0.0, 0.0]).value(harmonic(HIT, HIT)) == 0


def test_a_run_differs_not_from_itself_and_from_a_worse_one_it_does():
    values = list(np.random.default_rng(2).random(40))
    same = difference(HIT, table(values), table(values))
    assert same.interval == (0, 0)
    assert not same.is_one
    worse = difference(HIT, table(values), table([value * 0.8 for value in values]))
    assert worse.is_one
    assert worse.interval is not None
    assert worse.interval[1] < 0
    assert "a difference" in str(worse)


def test_cases_are_paired_by_name_and_not_by_their_order():
    rows = [(f"c{n}", {"hit": n / 10, "all": 1.0}) for n in range(10)]
    assert difference(HIT, CaseTable(rows), CaseTable(rows[::-1])).interval == pytest.approx((0, 0), abs=1e-12)
    assert difference(HIT, CaseTable(rows), CaseTable(rows[:4])).before == pytest.approx(0.15)


def test_chance_alone_is_seldom_called_a_difference():
    """A/A: pairs of runs of one quality; an interval of 95 % may cry wolf in about one of twenty."""
    generator = np.random.default_rng(11)

    def run() -> CaseTable:
        return table(list(generator.binomial(20, 0.6, 51) / 20))

    alarms = sum(difference(HIT, run(), run()).is_one for _ in range(300))
    assert alarms <= 30, alarms


@pytest.mark.parametrize(
    ("fallen", "regressed"),
    [(marks.EITHER, True), (marks.AGREED, True), ("members right", False), (marks.TOUCHING_F, False)],
)
def test_a_loss_in_one_of_the_two_figures_to_steer_by_is_a_regression(fallen, regressed):
    still, down = Difference(0.5, 0.5, (-0.01, 0.01)), Difference(0.5, 0.4, (-0.15, -0.05))
    told = {name: down if name == fallen else still for name in marks.figures()}
    assert Comparison(still, still, (), (), told).regressed is regressed


def test_where_one_reader_marked_touching_f_is_the_figure_to_steer_by():
    still, down = Difference(0.5, 0.5, (-0.01, 0.01)), Difference(0.5, 0.4, (-0.15, -0.05))
    told = {name: Difference(None, None, None) if name in marks.STEERING else still for name in marks.figures()}
    assert not Comparison(still, still, (), (), told).regressed
    assert Comparison(still, still, (), (), told | {marks.TOUCHING_F: down}).regressed
