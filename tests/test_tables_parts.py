"""What the parts of a row are worth, against closed forms: numbers, categories, groups and missing values."""

import numpy as np
import pandas as pd
import pytest

import limen
from limen.sampling import Ball, Lime
from tests.table_laws import background, covers, explained

DRAW = np.random.default_rng(8)
WORTH = {"a": 1.0, "b": -0.5, "c": 0.25, "d": 3.0}
PEOPLE = pd.DataFrame(
    {
        "income": DRAW.lognormal(10.0, 0.7, 50),  # no more rows than count as near: local shares are global ones
        "status": DRAW.choice(list("abcd"), 50, p=[0.4, 0.3, 0.2, 0.1]),
        "gap": np.where(DRAW.random(50) < 0.3, np.nan, DRAW.normal(size=50)),
        "children": DRAW.integers(0, 5, 50),
        "member": DRAW.random(50) < 0.4,
        "country": "here",
    }
)
ROW = {**PEOPLE.iloc[0].to_dict(), "gap": 0.7}
SLOPE = 2e-4


def worth(frame):
    gap = frame["gap"].to_numpy()
    return (
        SLOPE * frame["income"].to_numpy()
        + frame["status"].astype(str).map(WORTH).to_numpy()
        + np.where(np.isnan(gap), 5.0, 2.0 * gap)
        + 0.5 * frame["children"].to_numpy()
        + 0.3 * frame["member"].to_numpy()
    )


@pytest.fixture(scope="module")
def explanation():
    return explained(worth, ROW, PEOPLE, sampler=Ball(0.8))


def place(explanation, name):
    return explanation.parts.index(name)


def test_each_part_has_its_kind(explanation):
    kinds = dict(zip(explanation.parts, [part.kind for part in explanation.instance.parts], strict=True))
    assert kinds == {
        "income": "real",
        "status": "flip",
        "gap": "real",
        "gap is known": "known",
        "children": "real",
        "member": "flip",
        "country": "fixed",
    }


def test_contributions_are_the_row_less_the_background(explanation):
    found = explanation.contributions
    expected = {
        "income": SLOPE * (ROW["income"] - PEOPLE["income"].mean()),
        "status": WORTH[ROW["status"]] - PEOPLE["status"].map(WORTH).mean(),
        "gap": 2.0 * (ROW["gap"] - PEOPLE["gap"].mean()),
        "gap is known": (2.0 * ROW["gap"] - 5.0) * PEOPLE["gap"].isna().mean(),
        "children": 0.5 * (ROW["children"] - PEOPLE["children"].mean()),
        "member": 0.3 * (ROW["member"] - PEOPLE["member"].mean()),
        "country": 0.0,
    }
    assert found.values == pytest.approx(list(expected.values()), abs=1e-9)
    for name in ("status", "gap is known", "children", "member", "country"):
        assert found.standard_errors[place(explanation, name)] == 0.0  # all their states were asked
    assert found.standard_errors[place(explanation, "income")] > 0


def test_effects_of_numbers_are_their_slopes(explanation):
    per_unit = explanation.slopes_per_unit
    for name, slope in (("income", SLOPE), ("gap", 2.0), ("children", 0.5)):
        part = place(explanation, name)
        assert (
            covers(per_unit, np.full(7, slope))[part]
            or abs(per_unit[part].value - slope) < 4 * per_unit[part].standard_error
        )
    assert np.isnan(per_unit.values[place(explanation, "status")])


def test_effects_of_categories_are_against_the_local_shares_of_others(explanation):
    shares = PEOPLE["status"].value_counts(normalize=True)
    others = shares.drop(ROW["status"])
    expected = WORTH[ROW["status"]] - sum(share * WORTH[k] for k, share in others.items()) / others.sum()
    part = explanation.effects[place(explanation, "status")]
    assert abs(part.value - expected) <= 4 * part.standard_error
    assert 0 < part.standard_error < 0.2
    points = explanation.probes.points[1:, place(explanation, "status")]
    assert np.mean(points == 0) == pytest.approx(0.4, abs=0.08)  # half the width
    member = explanation.effects[place(explanation, "member")]
    sign = 1 if ROW["member"] else -1
    assert member.value == pytest.approx(sign * 0.3, abs=4 * member.standard_error)


def test_a_value_that_may_go_missing_is_a_part(explanation):
    part = explanation.effects[place(explanation, "gap is known")]
    assert part.value == pytest.approx(2.0 * ROW["gap"] - 5.0, abs=4 * part.standard_error + 1e-9)
    gone = np.isnan(explanation.inputs()["gap"].to_numpy())
    assert 0.05 <= gone.mean() <= 0.3
    assert (explanation.probes.points[gone, place(explanation, "gap")] == 0).all()


def test_a_missing_number_is_a_state():
    row = {**ROW, "gap": np.nan}
    found = explained(worth, row, PEOPLE, sampler=Ball(0.8))
    assert "gap is known" not in found.parts
    part = place(found, "gap")
    assert found.instance.parts[part].kind == "flip"
    assert found.instance.state_text(part) == "missing"
    filled = np.where(np.isnan(PEOPLE["gap"]), 5.0, 2.0 * PEOPLE["gap"])
    truth = np.full(len(found.parts), 5.0 - filled.mean())
    assert covers(found.contributions, truth)[part]
    assert abs(found.contributions[part].value - truth[0]) < 0.5 * abs(truth[0])


def test_a_group_changes_as_one():
    rows = background(40)
    table = limen.Table(rows, groups={"place": [0, 1]})
    found = explained(lambda a: a[:, 0] * a[:, 1] + a[:, 2], rows[3], rows, domain=table, sampler=Ball(0.5))
    together = {tuple(pair) for pair in rows[:, :2].tolist()}
    assert {tuple(pair) for pair in found.probes.values[:, :2].tolist()} <= together
    truth = rows[3, 0] * rows[3, 1] - (rows[:, 0] * rows[:, 1]).mean()
    assert covers(found.contributions, np.full(3, truth))[place(found, "place")]
    few = limen.Table(rows[:12], groups={"place": [0, 1]})
    exact = explained(lambda a: a[:, 0] * a[:, 1] + a[:, 2], rows[3], rows, domain=few, sampler=Ball(0.5), budget=900)
    truth = rows[3, 0] * rows[3, 1] - (rows[:12, 0] * rows[:12, 1]).mean()
    assert exact.contributions.values[place(exact, "place")] == pytest.approx(truth)


def test_fixed_and_constant_columns_add_nothing_and_it_is_said():
    rows = background(60)
    rows[:, 1] = 7.0
    table = limen.Table(rows, fixed=[2])
    found = explained(lambda a: a.sum(axis=1), rows[3], rows, domain=table, sampler=Ball(0.5))
    for part in (1, 2):
        assert found.effects[part].value == found.effects[part].standard_error == 0.0
        assert found.contributions[part].value == 0.0
        assert found.surrogate.slopes[part].value == 0.0
    assert (found.probes.values[:, 1:3] == rows[3, 1:3]).all()
    assert found.instance.constant == ("column 1",)
    assert "column 1" in str(found)


def test_lime_s_line_is_of_bins_and_not_of_slopes():
    rows = background(200)
    found = explained(lambda a: np.sign(a[:, 0] - np.median(rows[:, 0])), rows[3], rows, sampler=Lime(), budget=2000)
    assert set(np.unique(found.probes.points)) == {0.0, 1.0}
    assert found.curvature is None
    assert np.abs(found.effects.values[0]) > 10 * np.abs(found.effects.values[1:]).max()
