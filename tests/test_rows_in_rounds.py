"""Rows of tables in rounds: nothing is asked twice, tolerances are kept, each row stops alone, errors cost nothing."""

import dataclasses
import json
import re
from collections import Counter
from html import unescape
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import limen
from limen._row_rounds import FEWEST_CHANGES
from limen.errors import InputError, ModelError
from limen.results import Doubt, Status
from limen.sampling import Ball, Boundary, Lime, Manifold, Shapley, Top
from limen.trust import audit
from tests.table_laws import Truth, background, covers, explained

ROWS = background(200)
MEANS, SDS = ROWS.mean(axis=0), ROWS.std(axis=0)
X = ROWS[7] + 0.3 * SDS
LAWS = [None, Ball(0.5), Manifold(), Lime()]
DRAW = np.random.default_rng(4)
FRAME = pd.DataFrame(
    {
        "age": DRAW.normal(40.0, 9.0, 150),
        "income": np.where(DRAW.random(150) < 0.2, np.nan, DRAW.normal(3e4, 5e3, 150)),
        "job": DRAW.choice(["cook", "nurse", "smith"], 150),
        "children": DRAW.integers(0, 5, 150),
    }
)
PERSON = int(np.flatnonzero(FRAME["income"].notna())[3])


def bent(rows):
    u = (rows - MEANS) / SDS
    return np.tanh(u[:, 0] - 0.6 * u[:, 1]) + 0.3 * np.tanh(3 * u[:, 2])


def even(rows):
    u = (rows - MEANS) / SDS
    return np.sin(2 * (u[:, 0] + u[:, 1]))


def of_people(frame):
    work = (frame["job"] == "cook").to_numpy() * 0.5 + frame["income"].fillna(2e4).to_numpy() / 5e4
    return np.tanh(work + frame["age"].to_numpy() / 40.0 * (frame["children"].to_numpy() > 1))


def rounds_of(model, x, rows, **settings):
    table = settings.pop("domain") if "domain" in settings else limen.Table(rows)
    return limen.Explainer(model, table, **{"scale": "raw", "on_doubt": "ignore", **settings}).rounds(x)


def but_for(explanation, *fields):
    """The record as text, without seconds and some fields."""
    record = json.loads(explanation.to_json())
    for one in (record["cost"], *record["rounds"]):
        for name in [name for name in one if "seconds" in name]:
            del one[name]
    return {name: value for name, value in record.items() if name not in fields}


def share(explanation):
    """The widest interval as a share of the largest effect."""
    effects = explanation.effects
    return (effects.high - effects.low).max() / np.abs(effects.values).max()


def changes(explanation):
    """How often the part has changed that did so least."""
    points = explanation.probes.points
    return (points[1:] != points[0]).sum(axis=0).min()


class Counted:
    """A model that counts how often each row came."""

    def __init__(self):
        self.came = Counter()

    def __call__(self, rows):
        self.came.update(row.tobytes() for row in np.ascontiguousarray(rows))
        return bent(rows)


@pytest.mark.parametrize(("model", "x", "rows"), [(bent, X, ROWS), (of_people, FRAME.iloc[PERSON], FRAME)])
@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_where_the_budget_is_spent_rounds_have_changed_nothing_to_the_last_bit(law, model, x, rows):
    plain = but_for(explained(model, x, rows, sampler=law, budget=701), "rounds")
    *_, last = rounds_of(model, x, rows, sampler=law, budget=701)
    never = explained(model, x, rows, sampler=law, budget=701, tolerance=1e-9)
    assert len(last.rounds) > 1
    assert last.status is never.status is Status.BUDGET_SPENT
    told = but_for(never, "rounds")
    assert told.pop("doubts") == [*plain["doubts"], "UNREACHED"]
    assert but_for(last, "rounds") == {**told, "doubts": plain["doubts"]} == plain
    assert plain["status"] == "BUDGET_SPENT"


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_no_row_is_sent_twice_but_the_row_itself_and_each_round_goes_on_where_the_last_was(law):
    model = Counted()
    found = list(rounds_of(model, X, ROWS, sampler=law, budget=1400))
    assert {row for row, times in model.came.items() if times > 1} == {X.tobytes()}
    assert model.came[X.tobytes()] == 2
    assert sum(model.came.values()) == found[-1].cost.model_rows <= 1400
    assert [one.rounds[-1].rows for one in found] == [one.cost.model_rows for one in found]
    assert [len(one.rounds) for one in found] == list(range(1, len(found) + 1))
    assert len(found) > 2
    for before, after in pairwise(found):
        n = len(before.probes)
        assert (after.probes.values[:n] == before.probes.values).all()
        assert (after.probes.answers[:n] == before.probes.answers).all()
        assert before.path == after.path
        assert before.contributions == after.contributions
    for one in found:
        assert one.probes.weights.sum() == pytest.approx(1.0)
        assert limen.Explanation.from_json(one.to_json()) == one


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_a_tolerance_that_is_reached_means_what_it_says(law):
    *before, last = rounds_of(bent, X, ROWS, sampler=law, tolerance=0.3, budget=9000)
    for one in before:
        assert one.status is Status.BUDGET_SPENT
        assert one.rounds[-1].too_wide == pytest.approx(share(one) / 0.3)
    for one in before[1:]:  # the first round is never believed
        assert share(one) > 0.3
    sizes = [len(one.probes) - 1 for one in (*before, last)]
    assert all(2.0 <= after / n <= 3.76 for n, after in pairwise(sizes))
    assert last.status is Status.CONVERGED
    assert share(last) <= 0.3
    assert last.cost.model_rows < 9000
    assert last.rounds[-1].tolerance == 0.3
    whole = explained(bent, X, ROWS, sampler=law, tolerance=0.3, budget=9000)
    assert but_for(whole) == but_for(last)


def test_a_narrower_tolerance_takes_more_rows_and_a_budget_ends_it():
    rows = [
        explained(bent, X, ROWS, sampler=Ball(0.5), tolerance=one, budget=6000).cost.model_rows
        for one in (0.5, 0.05, 0.03, 1e-6)
    ]
    assert rows[0] <= rows[1] < rows[2] < rows[3] <= 6000


def test_an_order_that_is_decided_stops_the_rounds():
    found = explained(bent, X, ROWS, sampler=Ball(0.5), tolerance=Top(2), budget=9000)
    assert found.status is Status.CONVERGED
    assert found.rounds[-1].top == 2
    assert found.ranking(2).decided
    assert len(found.ranking(2).groups) == 2
    assert found.cost.model_rows < 9000


def test_columns_that_are_equal_are_never_told_apart():
    found = explained(even, ROWS[7], ROWS, sampler=Ball(0.5), tolerance=Top(1), budget=900)
    assert found.status is Status.BUDGET_SPENT
    assert set(found.ranking(1).groups[0]) >= {0, 1}


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_each_row_of_several_stops_by_itself_as_it_does_alone(law):
    table, several = limen.Table(ROWS), np.concatenate([ROWS[:3], ROWS[:1]])
    settings = {"domain": table, "sampler": law, "tolerance": 0.1, "budget": 2500}
    together = explained(bent, several, ROWS, **settings)
    alone = [explained(bent, row, ROWS, **settings) for row in several]
    assert [but_for(one, "cost") for one in together] == [but_for(one, "cost") for one in alone]
    assert [one.cost.distinct_rows for one in together] == [one.cost.distinct_rows for one in alone]
    assert together[3].cost.model_rows <= 1  # the same row again
    assert len({one.cost.distinct_rows for one in together}) > 1


def test_several_targets_go_on_until_all_are_narrow_enough():
    def two(rows):
        return np.column_stack([bent(rows), np.floor(2 * (rows[:, 3] - MEANS[3]) / SDS[3])])

    table = limen.Table(ROWS)
    asked = limen.Explainer(two, table, sampler=Ball(0.5), scale="raw", tolerance=0.04, budget=9000, on_doubt="ignore")
    both = asked(X, [0, 1])
    alone = [asked(X, number) for number in (0, 1)]
    assert all(share(one) <= 0.04 for one in both)
    assert both[0].cost == both[1].cost
    assert both[0].cost.model_rows >= max(one.cost.model_rows for one in alone)
    assert min(one.cost.model_rows for one in alone) < both[0].cost.model_rows
    *_, last = asked.rounds(X, [0, 1])
    assert [one.effects for one in last] == [one.effects for one in both]


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_an_error_between_rounds_loses_nothing_that_was_paid_for(law):
    came, table = [], limen.Table(ROWS)

    def failing(rows):
        if sum(came) > 900 and not failing.mended:
            raise RuntimeError("out of order")
        came.append(len(rows))
        return bent(rows)

    failing.mended = False
    settings = {"domain": table, "sampler": law, "tolerance": 1e-3, "budget": 4000}
    whole = explained(bent, X, ROWS, **settings)
    with pytest.raises(ModelError, match="column 0 = ") as caught:
        explained(failing, X, ROWS, **settings)
    failing.mended = True
    paid = sum(came)
    rest = explained(caught.value.predictor, X, ROWS, **settings)
    assert len(whole.rounds) > 2
    assert but_for(rest, "cost") == but_for(whole, "cost")
    assert rest.cost.model_rows == whole.cost.model_rows - paid + 1  # the row itself is asked afresh
    assert sum(came) == whole.cost.model_rows + 1
    known = explained(caught.value.predictor, X, ROWS, **settings)
    assert known.cost.model_rows == 1
    assert known.rounds == tuple(
        dataclasses.replace(one, seconds_needed=found.seconds_needed)
        for one, found in zip(whole.rounds, known.rounds, strict=True)
    )
    assert limen.Explanation.from_json(known.to_json()) == known


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
    found = explained(bent, X, ROWS, sampler=Ball(0.5), tolerance=50.0, budget=budget)
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
