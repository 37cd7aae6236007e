"""Weakness 9: a model can behave on probes otherwise than on data, and hide what it does.

Detector: two learners, one of answers on data near x, one of answers on probes of the same data, predict each other's
answers. An honest model is one function, so what is learned on either side holds on the other wherever it was learned
well; a model that switches behaviour fails on both. Probes are of three kinds: such as this explanation's, lime's and
shap's. Those two are what such models are made for, whether or not they fall for this explanation's. Cure:
`Manifold(k)`, whose rows are hard to tell from data.
"""

from __future__ import annotations

import numpy as np

from limen._geometry import TableGeometry
from limen._question import chosen_of, on_scale
from limen._types import FloatArray
from limen.models import Composer
from limen.results import Doubt, TableInstance, TableProbes
from limen.trust._check import Case, Check, Seen
from limen.trust._disagreement import Side, disagreements
from limen.trust._forged import mixed, moved, scattered
from limen.trust._near_data import MISSING, Background
from limen.trust._numbers import estimate
from limen.trust.curvature import residuals

CLAIM = (
    "A model can tell probes from data and answer innocently on probes only, so that the explanation shows a rule that "
    "no person is judged by (Slack et al. 2020)."
)
ROWS = 200
"""Rows of data, and as many probes of each kind, that the model is asked about."""
KINDS = {"disagreement": "such as this explanation's", "lime": "such as lime's", "shap": "such as shap's"}
"""Probes, by the name of their measure."""
LOCAL = 1.0 / 3.0
"""The rows of data are taken from this share of the background, the nearest, or from 3 ROWS if that is more."""
ROUNDING = 1e-9
"""Differences below this share of the largest answer are rounding."""
FEWEST = 40
"""Background rows below which nothing can be learned from them."""


def _look(case: Case, spend: bool) -> Seen:
    if not case.is_table:
        return _jump(case)
    if not spend:
        return Seen((), "Whether the model answers data as it answers probes can be told by asking only.", "")
    generator = case.generator("manipulation")
    data, *probes = _sides(case, generator)
    found = disagreements(data, probes, generator)
    told = "share of the answers' variance that neither side, data and probes {}, can learn from the other"
    measures = [
        case.measure(f"manipulation.{name}", told.format(kind), one)
        for (name, kind), one in zip(KINDS.items(), found, strict=False)  # those that the rows sufficed for
    ]
    worst = int(np.argmax([one.value for one in found]))
    reason = (
        f"What is learned from {len(data.rows)} rows of data misses the answers on as many probes "
        f"{list(KINDS.values())[worst]}, and the other way round, by {100 * found[worst].value:.0f} % of the variance "
        "more than what is learned in place."
    )
    return Seen(tuple(measures), reason, "Explain with sampler=Manifold(), and ask who made the model.")


def _sides(case: Case, generator: np.random.Generator) -> list[Side]:
    """Data, and probes of as many of KINDS as may be asked, with the model's answers."""
    assert case.table is not None
    instance = case.explanation.instance
    assert isinstance(instance, TableInstance)
    geometry = case.table.geometry(instance)
    data = _data(geometry)
    known = case.explanation.probes
    assert isinstance(known, TableProbes)
    kinds = [data, moved(known.values[1:], geometry, data, generator)]
    kinds += [forge(geometry, data, generator) for forge in (scattered, mixed)[: _kinds(case) - 1]]
    answers = np.split(_in_deviations(_asked(case, np.concatenate(kinds))), len(kinds))
    return [
        Side(instance.coordinates(rows), np.nan_to_num(rows, nan=MISSING), one)
        for rows, one in zip(kinds, answers, strict=True)
    ]


def _in_deviations(answers: FloatArray) -> FloatArray:
    """Answers (n) about their mean in deviations of them all, so that their unit does not matter; 0 where rounding."""
    about, largest = answers - answers.mean(), float(np.abs(answers).max())
    spread = float(about.std())
    return about / spread if spread > ROUNDING * largest else np.zeros_like(answers)


def _data(geometry: TableGeometry) -> FloatArray:
    """Background rows around x, at equal distances in the order of nearness."""
    rows = Background.of(geometry).rows
    near = rows[: max(3 * ROWS, round(LOCAL * len(rows)))]
    return near[np.unique(np.linspace(0, len(near) - 1, ROWS).round().astype(np.int64))]


def _asked(case: Case, values: FloatArray) -> FloatArray:
    """The model's answers (n) on the explained scale to encoded rows (n, m); they are counted."""
    assert case.table is not None
    assert case.explainer is not None
    black_box, table = case.explainer.model, case.table
    before = black_box.rows
    items = [row.tobytes() for row in np.ascontiguousarray(values)]
    try:
        outputs, _ = black_box.ask(items, [], Composer(table.compose_items, table.describe_item, encoding=table))
    finally:
        case.pay(black_box.rows - before)
    return on_scale(outputs, chosen_of(case.explanation), case.explanation.scale)[0]


def _jump(case: Case) -> Seen:
    """For parts that are hidden: whether x itself is answered unlike all that is nearly x.

    Compared is what the surrogate misses, at x and beside it: a part that is hidden may change the answer.
    """
    data, missed = case.answered, residuals(case)
    others = np.arange(1, len(data.points))
    near = others[data.kept[1:] == data.kept[1:].max()]
    spread = case.reach
    jump = float(np.abs(missed[near] - missed[0]).min())
    if jump <= ROUNDING * float(np.abs(data.answers).max()):
        jump = 0.0
    ratio = min(jump / spread, 1e6) if spread > 0 else (1e6 if jump > 0 else 0.0)
    hidden = data.n_parts - int(data.kept[1:].max())
    told = (
        f"jump of what the surrogate misses, from x to the nearest of {len(near)} answers with {hidden} hidden, in "
        "deviations of the answers"
    )
    measure = case.measure("manipulation.jump", told, estimate(ratio))
    reason = (
        "The answer to x itself stands apart from those to inputs that are nearly x."
        if measure.limit is not None and measure.grade.value in ("doubtful", "bad")
        else "The answer to x itself is in line with those to inputs that are nearly x."
    )
    return Seen((measure,), reason, "Ask the model about inputs like x that you wrote yourself.")


def _rows(case: Case) -> int:
    """Rows of each kind, at most."""
    assert case.table is not None
    instance = case.explanation.instance
    assert isinstance(instance, TableInstance)
    return min(ROWS, len(case.table.geometry(instance).background))


def _kinds(case: Case) -> int:
    """How many of KINDS the rows that are left suffice for."""
    return min(len(KINDS), case.left // _rows(case) - 1)


def _offer(case: Case) -> int:
    """What all kinds cost; where rows may be spent, what the first costs, because others are left out if rows lack."""
    if not case.is_table or case.table is None:
        return 0
    return (2 if case.left else 1 + len(KINDS)) * _rows(case)


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
