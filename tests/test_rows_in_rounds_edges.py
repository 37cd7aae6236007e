"""Rows of tables in rounds: seeds, rare states, small budgets, what is refused, how it is told, and coverage."""

import dataclasses
import re
from html import unescape

import numpy as np
import pandas as pd
import pytest

import limen
from limen._row_rounds import FEWEST_CHANGES
from limen.errors import InputError
from limen.results import Doubt, Status
from limen.sampling import Ball, Boundary, Lime, Shapley, Top
from limen.trust import audit
from tests.rows_in_rounds import (
    FRAME,
    PERSON,
    ROWS,
    X,
    bent,
    but_for,
    changes,
    even,
    rounds_of,
    share,
)
from tests.table_laws import Truth, covers, explained


def test_seeds_decide():
    one, again, other = (
        explained(bent, X, ROWS, sampler=Ball(0.5), tolerance=0.2, budget=4000, seed=seed) for seed in (1, 1, 2)
    )
    assert but_for(one) == but_for(again)
    assert not np.array_equal(one.probes.values[:50], other.probes.values[:50])


def test_a_state_that_seldom_changes_is_seen_often_enough_before_its_interval_is_believed():
    def model(frame):  # a line, whose slopes are certain as soon as there are any
        return frame["age"].to_numpy() / 40.0

    *before, last = rounds_of(model, FRAME.iloc[PERSON], FRAME, sampler=Ball(0.02), tolerance=0.5, budget=20_000)
    assert last.status is Status.CONVERGED
    assert changes(last) >= FEWEST_CHANGES
    assert len(before) > 1
    for one in before:
        assert changes(one) < FEWEST_CHANGES
        assert share(one) < 0.5
        assert one.rounds[-1].too_wide >= (FEWEST_CHANGES / max(changes(one), 1)) ** 0.5


def test_what_can_never_change_keeps_nobody_waiting():
    rows = ROWS.copy()
    rows[:, 3] = np.where(
        np.arange(200) < 190, 5.0, np.linspace(1.0, 2.0, 200)
    )  # all quartiles are its largest value: one bin for lime
    found = explained(bent, rows[0], rows, sampler=Lime(), tolerance=0.5, budget=20_000)
    assert found.status is Status.CONVERGED
    assert Doubt.UNVARIED in found.doubts


def test_rows_that_run_out_are_not_paid_again_and_do_not_stop_the_rounds():
    frame = pd.DataFrame(
        {name: np.resize(list(states), 60) for name, states in zip("abc", ("xy", "uvw", "pq"), strict=True)}
    )

    def model(states):
        return ((states["a"] == "x") * (1.0 + (states["b"] == "u")) + 0.3 * (states["c"] == "p")).to_numpy()

    found = explained(model, frame.iloc[0], frame, sampler=Ball(0.5), tolerance=0.05, budget=30_000)
    assert found.status is Status.CONVERGED
    assert share(found) <= 0.05
    assert found.cost.model_rows <= 13
    rows = [one.rows for one in found.rounds]
    assert rows == sorted(set(rows))
    assert limen.Explanation.from_json(found.to_json()) == found


def test_a_first_round_in_which_nothing_changed_goes_on_until_something_does():
    frame = pd.DataFrame({"kind": np.resize(["x", "y"], 60)})
    seen = []

    def model(states):
        seen.append(len(states))
        return (states["kind"] == "x").to_numpy() * 1.0

    found = explained(model, frame.iloc[0], frame, sampler=Ball(0.002), tolerance=0.5, budget=30_000)
    assert found.status is Status.CONVERGED
    assert FEWEST_CHANGES <= changes(found) < len(found.probes) / 200  # a round of 200 may well have none
    assert found.effects.values == pytest.approx([1.0])
    assert sum(seen) == found.cost.model_rows == 3


def test_a_quadratic_that_a_first_round_cannot_carry_waits_for_one_that_can():
    rows = np.random.default_rng(2).normal(size=(200, 30))
    settings = {"surrogate": limen.Quadratic(), "sampler": Ball(1.0), "tolerance": 0.9, "budget": 4000}
    found = explained(lambda u: u[:, 0] * u[:, 1] + u[:, 2], rows[0], rows, **settings)
    assert found.surrogate.kind == "quadratic"
    assert found.status is Status.CONVERGED
    assert len(found.probes) > 1.4 * 200


@pytest.mark.parametrize("tolerance", [0.2, Top(2), None])
def test_a_model_that_never_changes_is_flat_at_once(tolerance):
    settings = {"sampler": Ball(0.5), "tolerance": tolerance, "budget": 2000}
    *_, last = rounds_of(lambda rows: np.full(len(rows), 3.0), X, ROWS, **settings)
    assert Doubt.FLAT in last.doubts
    assert not last.effects.values.any()
    assert last.status is (Status.BUDGET_SPENT if tolerance is None else Status.CONVERGED)
    assert last.cost.model_rows < 500 or tolerance is None


@pytest.mark.parametrize("budget", [14, 60, 150, 301])
def test_a_small_budget_is_one_round_or_two_and_never_overdrawn(budget):
    found = explained(bent, X, ROWS, sampler=Ball(0.5), tolerance=2.0, budget=budget)
    assert found.cost.model_rows <= budget
    assert found.status is (Status.CONVERGED if len(found.rounds) > 1 else Status.BUDGET_SPENT)


def test_what_is_refused():
    table = limen.Table(ROWS)
    quiet = {"domain": table, "on_doubt": "ignore"}
    with pytest.raises(InputError, match=r"^tolerance is 0\.2, and sampler is Boundary\("):
        limen.explain(bent, X, scale="raw", sampler=Boundary(level=0.5), tolerance=0.2, **quiet)
    with pytest.raises(InputError, match=r"^rounds\(\) was asked for, and sampler is Boundary\("):
        next(limen.Explainer(bent, sampler=Boundary(level=0.5), scale="raw", **quiet).rounds(X))
    with pytest.raises(InputError, match=r"^x has 2 rows, expected one"):
        next(limen.Explainer(bent, scale="raw", **quiet).rounds(ROWS[:2]))
    with pytest.raises(InputError, match=r"^sampler is Shapley\(\)"):
        limen.explain(bent, X, scale="raw", sampler=Shapley(), tolerance=0.2, **quiet)
    for tolerance in (0, -1.0, float("nan"), True, "2"):
        with pytest.raises(InputError, match=r"^tolerance is .*expected a number above 0"):
            limen.Explainer(bent, table, tolerance=tolerance)
    several = limen.models.Twin(lambda rows: np.ones((len(rows), 2)), lambda rows: np.ones((len(rows), 2)))
    with pytest.raises(InputError, match="model is a Twin"):
        next(limen.Explainer(several, **quiet).rounds(X))


def test_every_view_tells_of_the_rounds():
    found = explained(bent, X, ROWS, sampler=Ball(0.5), tolerance=0.3, budget=9000)
    narrow = (
        "CONVERGED: Every 95 % interval of a slope per standard deviation, or of what keeping adds, is narrower than"
    )
    last = re.escape(f"{found.rounds[-1].rows:,} rows: narrow enough")
    text, page = " ".join(str(found).split()), found._repr_html_()
    for view in (text, page):
        assert narrow in view
        assert re.search(last, view)
        assert "places" not in view
    decided = " ".join(str(explained(bent, X, ROWS, sampler=Ball(0.5), tolerance=Top(2), budget=9000)).split())
    assert "It is decided (95 %) which parts are the first 2, and in which order, by slope per standard" in decided
    assert "ranking the order of the first 2 is decided (95 %)" in decided
    spent = " ".join(str(explained(even, ROWS[7], ROWS, sampler=Ball(0.5), tolerance=Top(1), budget=400)).split())
    assert re.search(r"ranking (places|none of the) .* decided \(95 %\)", spent)
    for tolerance, told in (
        (0.3, "budget=400, tolerance=0.3, seed"),
        (Top(2), "tolerance=limen.sampling.Top(2), seed"),
    ):
        asked = explained(bent, X, ROWS, sampler=Ball(0.5), tolerance=tolerance, budget=400)
        assert told in unescape(limen.report.page(asked))
    plain = str(explained(bent, X, ROWS, sampler=Ball(0.5), budget=400))
    assert "ranking" not in plain
    assert "rounds" not in plain


def test_an_audit_takes_an_explainer_with_a_tolerance():
    asked = limen.Explainer(bent, limen.Table(ROWS), scale="raw", sampler=Ball(0.5), tolerance=0.5, budget=600)
    found = audit(dataclasses.replace(asked, on_doubt="ignore"), X, checks=["instability"])
    assert found.explanation.rounds


def test_intervals_hold_after_stopping():
    truth = Truth(bent, X, ROWS, 0.5, active=(0, 1, 2))
    settings = {"domain": limen.Table(ROWS), "sampler": Ball(0.5), "surrogate": limen.Linear(), "budget": 9000}
    for tolerance in (0.2, Top(3)):
        found = [explained(bent, X, ROWS, tolerance=tolerance, seed=seed, **settings) for seed in range(40)]
        assert np.mean([covers(one.effects, truth.slopes) for one in found]) >= 0.91
        assert np.mean([one.status is Status.CONVERGED for one in found]) > 0.9
