"""What conflicts is fitted to marked cases: pairs are found by their places, and what tells of them is learned."""

from pathlib import Path

from casebrief.evals.marked import load_marked
from casebrief.models.training.pairs import Told, fit, in_parts, materials, of_figures, of_rulings, raised
from casebrief.service.domain.merging import differing, undoing
from casebrief.service.domain.merging.weighing import chance

LOCKS = """id: locks
kind: civil
conflicts:
  - figures contradiction low high
=== a1 | Herald | 2024-01-12 | filed
[plaintiffs|Ada Stone] sued [defendants|Harrow Mills Ltd], which sold [figures#low=61000 locks|61,000 locks] in [figures=3 towns|three towns].
=== a2 | Globe | 2024-01-14 | filed
[plaintiffs|Ada Stone] sued [defendants|Harrow Mills Ltd], which sold [figures#high=68000 locks|68,000 locks].
"""


def test_the_pair_that_a_conflict_names_is_found_by_its_places(tmp_path: Path):
    (tmp_path / "locks.case").write_text(LOCKS)
    ((case, material),) = materials([load_marked(tmp_path / "locks.case")])
    (told,) = of_figures(case, material)
    assert ([group[0].value for group in told.pair], told.conflicts) == (["61,000 locks", "68,000 locks"], {0})
    assert set(told.signs) == set(differing.WEIGHTS) - {"always"}


APPEAL = """id: appeal
kind: civil
conflicts:
  - rulings superseded refused revived
=== a1 | Herald | 2024-01-12 | pending
A judge [rulings.certification#refused|turned down the class] that [plaintiffs|Ada Stone] wanted to lead.
=== a2 | Globe | 2025-03-14 | pending
Appeal judges [rulings.certification#revived|revived the class] of [plaintiffs|Ada Stone].
"""


def test_the_decision_that_undoes_another_is_the_newer_one_of_its_pair(tmp_path: Path):
    (tmp_path / "appeal.case").write_text(APPEAL)
    ((case, material),) = materials([load_marked(tmp_path / "appeal.case")])
    (told,) = of_rulings(case, material)
    assert ([group[0].value for group in told.pair], told.conflicts) == (["turned down the class", "revived the class"], {0})
    assert set(told.signs) <= set(undoing.WEIGHTS)


def test_a_sign_that_only_conflicts_bear_tells_of_those_of_other_cases():
    told = [Told(f"case {number}", ([], []), {"near": float(number % 2)}, frozenset({0} if number % 2 else ())) for number in range(200)]
    weights, sure = fit(told), in_parts(told)
    assert chance({"near": 1.0}, weights) > 0.9 > 0.1 > chance({"near": 0.0}, weights)
    assert raised(told, sure, 0.5) == (100, 100)
