"""Rows of tables in rounds: nothing is asked twice, tolerances are kept, each row stops alone, errors cost nothing."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest

import limen
from limen.errors import ModelError
from limen.results import Status
from limen.sampling import Ball, Top
from tests.rows_in_rounds import (
    FRAME,
    LAWS,
    MEANS,
    PERSON,
    ROWS,
    SDS,
    Counted,
    X,
    bent,
    but_for,
    even,
    of_people,
    rounds_of,
    share,
)
from tests.table_laws import explained


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
