"""Weakness 9: a model can behave on probes otherwise than on data, and hide what it does.

Detector: two learners, one of answers on data near x, one of answers on probes of the same data, predict each other's
answers. An honest model is one function, so what is learned on either side holds on the other wherever it was learned
well; a model that switches behaviour fails on both. Cure: `Manifold(k)`, whose rows are hard to tell from data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen._geometry import TableGeometry
from limen._question import chosen_of, on_scale
from limen._types import FloatArray, IntArray
from limen.models import Composer
from limen.results import Doubt, Estimate, TableInstance, TableProbes
from limen.trust._check import Case, Check, Seen
from limen.trust._near_data import MISSING, Background
from limen.trust._numbers import estimate

CLAIM = (
    "A model can tell probes from data and answer innocently on probes only, so that the explanation shows a rule that "
    "no person is judged by (Slack et al. 2020)."
)
ROWS = 250
"""Rows of data, and as many probes, that the model is asked about."""
LOCAL = 1.0 / 3.0
"""The rows of data are taken from this share of the background, the nearest, or from 3 ROWS if that is more."""
FEWEST = 40
"""Background rows below which nothing can be learned from them."""
FOLDS, TREES = 4, 80
RIDGE = 1e-3


def _look(case: Case, spend: bool) -> Seen:
    if not case.is_table:
        return _jump(case)
    if not spend:
        return Seen((), "Whether the model answers data as it answers probes can be told by asking only.", "")
    assert case.table is not None
    instance = case.explanation.instance
    assert isinstance(instance, TableInstance)
    geometry = case.table.geometry(instance)
    generator = case.generator("manipulation")
    data = _data(geometry)
    probes = _probes(case, geometry, data, generator)
    answers = _asked(case, np.concatenate([data, probes]))
    sides = [
        Side(instance.coordinates(rows), np.nan_to_num(rows, nan=MISSING), one)
        for rows, one in ((data, answers[: len(data)]), (probes, answers[len(data) :]))
    ]
    found = disagreement(sides[0], sides[1], generator)
    told = "share of the answers' variance that neither side, data and probes, can learn from the other"
    measure = case.measure("manipulation.disagreement", told, found)
    reason = (
        f"What is learned from {len(data)} rows of data misses the answers on {len(probes)} probes, and the other way "
        f"round, by {100 * found.value:.0f} % of the variance more than what is learned in place."
    )
    return Seen((measure,), reason, "Explain with sampler=Manifold(), and ask who made the model.")


@dataclass(frozen=True, eq=False)
class Side:
    """Rows of one kind: coordinates (n, d) for a line, encoded rows (n, m) for trees, and answers (n)."""

    points: FloatArray
    rows: FloatArray
    answers: FloatArray


def _data(geometry: TableGeometry) -> FloatArray:
    """Background rows around x, at equal distances in the order of nearness."""
    rows = Background.of(geometry).rows
    near = rows[: max(3 * ROWS, round(LOCAL * len(rows)))]
    return near[np.unique(np.linspace(0, len(near) - 1, ROWS).round().astype(np.int64))]


def _probes(case: Case, geometry: TableGeometry, data: FloatArray, generator: np.random.Generator) -> FloatArray:
    """Rows of data that are moved as the explanation's probes are from x, so that they surround the data on all sides.

    Numbers are moved by as much, states that changed in a probe are taken from it, and what went missing goes missing.
    """
    known = case.explanation.probes
    assert isinstance(known, TableProbes)
    drawn = known.values[1:][generator.permutation(len(known) - 1)]
    drawn = np.resize(drawn, data.shape) if len(drawn) < len(data) else drawn[: len(data)]
    origin, found = geometry.origin, data[generator.permutation(len(data))]
    for part in geometry.parts:
        columns = list(part.columns)
        theirs, own = drawn[:, columns], origin[columns]
        changed = ((theirs != own) & ~(np.isnan(theirs) & np.isnan(own))).any(axis=1)
        if part.kind == "real":
            moved = theirs - own
            found[:, columns] = np.where(np.isnan(moved), found[:, columns], found[:, columns] + moved)
        elif part.kind == "known":
            found[np.isnan(theirs[:, 0]), columns[0]] = np.nan
        elif part.kind == "flip":
            found[np.ix_(changed, columns)] = theirs[changed]
    return found


def _asked(case: Case, values: FloatArray) -> FloatArray:
    """The model's answers (n) on the explained scale to encoded rows (n, m); they are counted."""
    assert case.table is not None
    assert case.explainer is not None
    black_box, table = case.explainer.model, case.table
    before = black_box.rows
    items = [row.tobytes() for row in np.ascontiguousarray(values)]
    outputs, _ = black_box.ask(items, [], Composer(table.compose_items, table.describe_item, encoding=table))
    case.pay(black_box.rows - before)
    return on_scale(outputs, chosen_of(case.explanation), case.explanation.scale)[0]


def disagreement(data: Side, probes: Side, generator: np.random.Generator) -> Estimate:
    """How much worse each side's answers are learned from the other side than in place: the smaller of the two.

    In units of the variance of all answers together; a prediction counts as no worse than none, which misses by it.
    Each side has the better of two learners, a ridge line and a forest, in place and across. The error is that of the
    mean difference of squared misses.
    """
    variance = float(np.concatenate([data.answers, probes.answers]).var())
    if variance <= 1e-24:
        return estimate(0.0)
    means, errors = [], []
    for one, other in ((data, probes), (probes, data)):
        places = generator.permutation(len(one.answers)) % FOLDS
        seed = int(generator.integers(2**31))
        inside = _best(_in_place(one, places, seed), one.answers)
        across = _best(_learned(other, one, seed), one.answers)
        excess = (across - inside) / variance
        means.append(max(0.0, min(float(excess.mean()), 1.0 - float(inside.mean()) / variance)))
        errors.append(float(excess.std() / np.sqrt(len(excess))))
    least = int(np.argmin(means))
    return estimate(means[least], errors[least], 0.0)


def _best(predicted: list[FloatArray], answers: FloatArray) -> FloatArray:
    """Squared misses (n) of the learner that misses least."""
    misses = [(one - answers) ** 2 for one in predicted]
    return min(misses, key=lambda one: float(one.mean()))


def _in_place(side: Side, places: IntArray, seed: int) -> list[FloatArray]:
    """Predictions (n) of each learner, of rows that it has not seen."""
    found = [np.zeros(len(side.answers)), np.zeros(len(side.answers))]
    for fold in range(FOLDS):
        seen, unseen = (
            Side(side.points[rows], side.rows[rows], side.answers[rows]) for rows in (places != fold, places == fold)
        )
        for into, predicted in zip(found, _learned(seen, unseen, seed), strict=True):
            into[places == fold] = predicted
    return found


def _learned(side: Side, other: Side, seed: int) -> list[FloatArray]:
    """Predictions for another side of a ridge line and of a forest."""
    from sklearn.ensemble import RandomForestRegressor

    features = np.column_stack([np.ones(len(side.points)), side.points])
    ridge = RIDGE * len(features) * np.eye(features.shape[1])
    ridge[0, 0] = 0.0
    slopes = np.linalg.solve(features.T @ features + ridge + 1e-9 * np.eye(len(ridge)), features.T @ side.answers)
    low, high = side.answers.min(), side.answers.max()
    line = np.clip(np.column_stack([np.ones(len(other.points)), other.points]) @ slopes, low, high)
    forest = RandomForestRegressor(TREES, min_samples_leaf=2, max_features=0.5, random_state=seed)
    return [line, np.asarray(forest.fit(side.rows, side.answers).predict(other.rows), dtype=np.float64)]


def _jump(case: Case) -> Seen:
    """For parts that are hidden: whether x itself is answered unlike all that is nearly x."""
    data = case.answered
    others = np.arange(1, len(data.points))
    near = others[data.kept[1:] == data.kept[1:].max()]
    beside = data.answers[near]
    spread = float(data.answers[1:].std())
    jump = abs(float(data.answers[0] - beside[np.abs(beside - data.answers[0]).argmin()]))
    ratio = min(jump / spread, 1e6) if spread > 0 else (1e6 if jump > 0 else 0.0)
    hidden = data.n_parts - int(data.kept[1:].max())
    told = f"jump from x to the nearest of {len(near)} answers with {hidden} hidden, in deviations of all others"
    measure = case.measure("manipulation.jump", told, estimate(ratio))
    reason = (
        "The answer to x itself stands apart from those to inputs that are nearly x."
        if measure.limit is not None and measure.grade.value in ("doubtful", "bad")
        else "The answer to x itself is in line with those to inputs that are nearly x."
    )
    return Seen((measure,), reason, "Ask the model about inputs like x that you wrote yourself.")


def _offer(case: Case) -> int:
    if not case.is_table or case.table is None:
        return 0
    instance = case.explanation.instance
    assert isinstance(instance, TableInstance)
    return 2 * min(ROWS, len(case.table.geometry(instance).background))


def _spares(case: Case) -> str:
    if not case.is_table:
        return "There is one part only." if case.answered.n_parts < 2 else ""
    if Doubt.FLAT in case.explanation.doubts:
        return "The answers do not vary."
    instance = case.explanation.instance
    assert isinstance(instance, TableInstance)
    if case.table is None:
        return "The background is not at hand; give background=the limen.Table, and explainer=."
    if len(case.table.geometry(instance).background) < FEWEST:
        return f"The background has fewer than {FEWEST} rows."
    return ""


CHECK = Check("manipulation", "Manipulability", CLAIM, _spares, _look, _offer)
