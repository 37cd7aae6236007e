"""What the checks measure on rows of tables, against functions whose answers are known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

import limen
from limen.errors import InputError
from limen.results import Grade
from limen.sampling import Ball, Manifold
from limen.trust._near_data import Background, told_apart

GENERATOR = np.random.default_rng(11)
FREE = GENERATOR.normal(size=(400, 3))
TIED = GENERATOR.normal(size=(400, 1)) * [1.0, -1.0, 1.0] + 0.05 * GENERATOR.normal(size=(400, 3))


def audited(function, data=FREE, checks=None, rows=0, x=None, **settings):
    settings = {"sampler": Ball(0.5), "budget": 300, "scale": "raw", "on_doubt": "ignore", **settings}
    explainer = limen.Explainer(function, limen.Table(data), **settings)
    return limen.audit(explainer, data[0] if x is None else x, rows=rows, checks=checks)


def plane(rows):
    return rows @ [1.0, -2.0, 0.5]


# Width


def test_the_bias_of_a_width_is_told_by_the_narrower_probes():
    scale, x = FREE[:, 0].std(), np.array([1.0, 0.0, 0.0])

    def cubic(rows):
        return rows[:, 0] ** 3

    near, width = 3.0 * x[0] ** 2 * scale, 0.5 * scale
    wide = near + 3.0 * width**2 * scale  # the mean slope in the ball (Stein)
    value = audited(cubic, checks="width", x=x, budget=4000, sampler=Ball(0.5)).measure("width.bias").value
    assert value.low <= (wide - near) / wide <= value.high
    assert value.value == pytest.approx((wide - near) / wide, abs=0.12)
    assert audited(plane, checks="width").measure("width.bias").value.value < 1e-9


def test_half_the_width_is_asked_on_request():
    found = audited(
        lambda rows: np.sin(1.5 * rows[:, 0]), checks="width", rows=3000, budget=3000, x=np.zeros(3), sampler=Ball(1.0)
    )
    scale = FREE[:, 0].std()
    wide, half = (np.exp(-((1.5 * width * scale) ** 2) / 2.0) for width in (1.0, 0.5))
    value = found.measure("width.half").value
    assert 2000 < found["width"].rows < 3000  # x and what its columns add are known already
    assert value.value == pytest.approx((half - wide) / wide, rel=0.2)
    assert found["width"].grade is Grade.BAD


def test_the_path_of_widths_is_told():
    found = audited(plane, checks="width", budget=1000, sampler=None)
    path = found.explanation.path
    assert found.measure("width.rows").value.value == path.effective_sample_sizes[path.chosen]
    assert path.rule in found["width"].reason


# Off the manifold


def test_probes_off_a_line_are_found_and_those_on_it_are_not_blamed():
    ball, manifold = (
        audited(plane, TIED, "off_manifold", sampler=sampler, budget=300) for sampler in (Ball(0.5), Manifold(60))
    )
    assert ball.measure("off_manifold.share").value.value > 0.9
    assert ball["off_manifold"].grade is Grade.NOT_ASKED  # where they lie does not tell whether that matters
    limits = {"off_manifold.share": (0.5, 0.8)}
    explainer = limen.Explainer(plane, limen.Table(TIED), sampler=Ball(0.5), budget=300, scale="raw", on_doubt="ignore")
    strict = limen.audit(explainer, TIED[0], checks="off_manifold", limits=limits)
    assert strict["off_manifold"].grade is Grade.BAD
    assert manifold.measure("off_manifold.share").value.value < 0.3
    assert ball.measure("off_manifold.auc").value.value > 0.95
    assert manifold.measure("off_manifold.auc").value.high < ball.measure("off_manifold.auc").value.value
    assert manifold["off_manifold"].offer == 0


def test_the_manifold_is_asked_on_request_and_turned_signs_are_named():
    # In the data all columns are one factor, along which the last one counts; off it nothing does but the first.
    def other(rows):
        return np.where(np.abs(rows[:, 0] + rows[:, 1]) > 0.3, -rows[:, 0], 3.0 * rows[:, 0])

    found = audited(other, TIED, "off_manifold", rows=400, sampler=Ball(1.0), budget=400)
    assert found.measure("off_manifold.manifold").value.value > 0.8
    assert found["off_manifold"].rows > 300


def test_rows_of_one_source_cannot_be_told_apart():
    geometry = limen.Table(FREE).geometry(limen.Table(FREE).parse(FREE[0]))
    generator = np.random.default_rng(0)
    area, error = told_apart(FREE[:200], FREE[200:], generator)
    assert abs(area - 0.5) < 3 * error
    assert told_apart(FREE[:200] + 5.0, FREE[200:], generator)[0] > 0.99
    background = Background.of(geometry)
    assert background.gaps(FREE[:5]) == pytest.approx(0.0, abs=1e-6)
    assert background.gaps(FREE[:5] + 100.0).min() > 50


def test_without_its_table_an_explanation_says_what_it_lacks():
    explanation = audited(plane).explanation
    found = limen.audit(explanation)
    assert found["off_manifold"].grade is Grade.NOT_ASKED
    assert "background=the limen.Table" in found["off_manifold"].reason
    assert found["manipulation"].grade is Grade.NOT_APPLICABLE
    told = limen.audit(explanation, background=limen.Table(FREE))
    assert told["off_manifold"].measures
    with pytest.raises(InputError, match="background is of type ndarray, expected the limen"):
        limen.audit(explanation, background=FREE)


# Correlated parts


def test_columns_that_are_one_have_an_effect_together():
    found = audited(plane, TIED, "correlated")
    assert found["correlated"].grade is Grade.DOUBTFUL
    assert found.measure("correlated.background").value.value > 0.99
    (joint,) = [one for one in found["correlated"].measures if one.name == "correlated.group"]
    assert "“column 1” the other way" in joint.told
    scales = TIED.std(axis=0)
    assert joint.value.value == pytest.approx(scales @ [1.0, 2.0, 0.5])


def test_the_error_of_a_group_covers():
    def bent(rows):
        return plane(rows) + rows.sum(axis=1) ** 3

    inside, scales = 0, TIED.std(axis=0)
    mean = 3.0 * (TIED[0].sum() ** 2 + 0.25 * (scales**2).sum())  # of the cube's slope in the ball (Stein)
    truth = (np.array([1.0, -2.0, 0.5]) + mean) * scales @ [1.0, -1.0, 1.0]
    for seed in range(20):
        found = audited(bent, TIED, "correlated", budget=120, seed=seed, surrogate=limen.Linear())
        value = found.measure("correlated.group").value
        inside += value.low <= truth <= value.high
    assert inside >= 16


def test_free_columns_are_no_group():
    found = audited(plane, checks="correlated")
    assert found["correlated"].grade is Grade.GOOD
    assert not [one for one in found["correlated"].measures if one.name == "correlated.group"]


# Curvature


def test_a_ball_around_the_top_of_a_hill_has_no_slope():
    found = audited(lambda rows: -(rows**2).sum(axis=1), x=np.zeros(3), surrogate=limen.Linear(), checks="curvature")
    assert found["curvature"].grade is Grade.BAD
    bent = audited(lambda rows: -(rows**2).sum(axis=1), x=np.zeros(3), surrogate=limen.Quadratic(), checks="curvature")
    assert bent["curvature"].grade is Grade.GOOD


# Manipulability


def two_faced(rows):
    """The second column on data, the third off it."""
    off = np.abs(rows[:, 0] - rows[:, 2]) > 0.25
    return np.where(off, rows[:, 2] > 0, rows[:, 1] > 0).astype(float)


def test_a_model_that_answers_probes_by_another_rule_is_found():
    data = TIED.copy()
    data[:, 1] = np.random.default_rng(1).normal(size=len(data))
    found = audited(two_faced, data, "manipulation", rows=800, sampler=Ball(1.0))
    assert found["manipulation"].grade is Grade.BAD
    assert found["manipulation"].rows <= found.rows <= 800
    assert "Manifold" in found["manipulation"].remedy


def test_fewer_rows_are_spent_on_fewer_kinds_of_probes():
    cheap, cheaper, none = (audited(plane, checks="manipulation", rows=rows)["manipulation"] for rows in (799, 450, 0))
    assert [one.name for one in cheap.measures] == ["manipulation.disagreement", "manipulation.lime"]
    assert [one.name for one in cheaper.measures] == ["manipulation.disagreement"]
    assert 590 < cheap.rows <= 600  # x and its neighbours in the data may have been asked before
    assert 390 < cheaper.rows <= 400
    assert (none.rows, none.offer) == (0, 800)


@pytest.mark.parametrize(
    "honest",
    [
        plane,
        lambda rows: (rows[:, 1] > 0).astype(float),
        lambda rows: 1.0 / (1.0 + np.exp(-4.0 * (rows[:, 0] * rows[:, 1] + rows[:, 2]))),
        lambda rows: rows[:, 1] + 4.0 * ((rows[:, 0] > 0.2) & (rows[:, 2] < -0.2)),  # which no row of data shows
    ],
)
def test_an_honest_model_is_not_blamed(honest):
    data = TIED.copy()
    data[:, 1] = np.random.default_rng(1).normal(size=len(data))
    assert audited(honest, data, "manipulation", rows=800, sampler=Ball(1.0))["manipulation"].grade is Grade.GOOD


def test_states_and_missing_values_go_through_every_check():
    import pandas as pd

    generator = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "age": generator.integers(18, 80, 200).astype(float),
            "income": np.where(generator.random(200) < 0.1, np.nan, generator.lognormal(10, 1, 200)),
            "city": generator.choice(["Rome", "Bern", "Oslo"], 200),
        }
    )

    def model(rows):
        return 0.01 * rows["age"] + (rows["city"] == "Rome") + 0.1 * rows["income"].isna()

    explainer = limen.Explainer(model, limen.Table(frame), budget=200, scale="raw", on_doubt="ignore")
    found = limen.audit(explainer, frame.iloc[3], rows=3000)
    assert limen.Audit.from_json(found.to_json()) == found
    assert found["manipulation"].grade is Grade.GOOD
    assert found["leak"].grade is Grade.NOT_APPLICABLE


def test_limes_bins_are_not_compared_with_slopes():
    found = audited(plane, TIED, sampler=limen.sampling.Lime(), budget=500, rows=5000)
    assert found["off_manifold"].offer == 0
    assert not [one for one in found["off_manifold"].measures if one.name == "off_manifold.manifold"]
    (joint,) = [one for one in found["correlated"].measures if one.name == "correlated.group"]
    assert joint.value.value == pytest.approx(found.explanation.effects.values.sum())


def test_a_check_whose_law_does_not_suit_the_data_leaves_the_others_alone():
    """Two columns that are missing in the same rows cannot be told apart among rows of the background."""
    data = FREE.copy()
    data[::9, :2] = np.nan
    found = audited(lambda rows: np.nan_to_num(rows) @ [1.0, -2.0, 0.5], data, rows=3000, x=data[1])
    off = next(one for one in found.findings if one.name == "off_manifold")
    assert "Not asked again: columns" in off.reason
    assert "change only together" in off.reason
    assert off.measures
    assert len(found.findings) == 10
