"""Weakness 4: parts that go together cannot be told apart, by the data or by the surrogate.

Cure: the effect of a group whose parts move together; `Table(groups=...)`, `Text(repeats="together")`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from limen._types import FloatArray, IntArray
from limen.results import Estimate, Measure, TableInstance
from limen.trust._check import Case, Check, Seen, named
from limen.trust._numbers import estimate

CLAIM = (
    "Where parts go together in the data, the model may have learned from either, and changing one alone asks about "
    "inputs that do not exist; where they go together among the probes, the surrogate cannot tell them apart."
)
TOGETHER = 0.8
"""Correlation from which two parts are one group."""
MOST_ROWS = 5000
"""Background rows, at equal distances, that correlations are found from."""
MOST_GROUPS = 8
TOLD = 0.1
"""A part has an effect from this share of the largest on."""
SEEN = 5
"""Texts that must have a word for its company to say something."""
FEWEST_TEXTS = 20
"""Texts in which words must be seen together and apart for a correlation to say something."""


def _look(case: Case, spend: bool) -> Seen:
    del spend
    measures: list[Measure] = []
    if case.is_table:  # masks are made by the law, and what they cannot tell apart is in the errors
        told = "condition number of the probes' coordinates"
        measures.append(case.measure("correlated.condition", told, estimate(_condition(case))))
    company = _in_the_data(case)
    together = None if company is None else company.correlations
    groups: list[tuple[IntArray, FloatArray]] = []
    if company is not None and together is not None:
        sizes = np.abs(case.explanation.effects.values)
        counts = sizes >= TOLD * sizes.max(initial=0.0)
        apart = np.where(counts[:, None], np.abs(together - np.diag(np.diag(together))), 0.0)
        pair = np.unravel_index(int(apart.argmax()), apart.shape)
        told = "largest correlation, in the background, of a part that has an effect with another"
        measures.append(case.measure("correlated.background", told, company.told(*map(int, pair))))
        bins = case.is_table and case.explanation.law.name == "lime"  # whose effects are all of "the same as in x"
        groups = _groups(np.abs(together) if bins else together)
    groups += _equal_words(case)
    for parts, signs in groups[:MOST_GROUPS]:
        measures.append(_joint(case, parts, signs))
    return Seen(tuple(measures), _reason(case, groups, together is not None), _remedy(case))


def _condition(case: Case) -> float:
    """Root of the ratio of the largest to the smallest eigenvalue of the coordinates' correlations."""
    data, parts = case.answered, case.parts
    weights = data.weights / data.weights.sum()
    centred = data.points[:, parts] - weights @ data.points[:, parts]
    gram = centred.T @ (weights[:, None] * centred)
    scales = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    values = np.linalg.eigvalsh(gram / np.outer(scales, scales))
    return float(np.sqrt(values[-1] / max(values[0], 1e-12)))


@dataclass(frozen=True, eq=False)
class _Company:
    """What goes with what in the background: standardised columns (n, d), and in how many rows each has a say (d)."""

    columns: FloatArray
    counts: FloatArray

    @property
    def correlations(self) -> FloatArray:
        """Of all columns (d, d)."""
        found: FloatArray = np.clip(self.columns.T @ self.columns / len(self.columns), -1.0, 1.0)
        return found

    def told(self, one: int, other: int) -> Estimate:
        """The size of a correlation with its error, by the influence of each row, whatever their law.

        Where it is 1 in k rows, nothing is off in them, but up to 3 / k of all may be (the rule of three).
        """
        a, b = self.columns[:, one], self.columns[:, other]
        value = float(np.clip(a @ b / len(a), -1.0, 1.0)) if one != other else 0.0
        influence = a * b - value * (a**2 + b**2) / 2.0
        least = 1.5 / max(float(min(self.counts[one], self.counts[other])), 1.5)
        return estimate(abs(value), max(float(influence.std()) / np.sqrt(len(a)), least), 0.0, 1.0)


def _in_the_data(case: Case) -> _Company | None:
    """What goes with what in the background; None where there is none."""
    if case.is_table:
        if case.table is None:
            return None
        instance = case.explanation.instance
        assert isinstance(instance, TableInstance)
        rows = case.table.geometry(instance).background
        points = instance.coordinates(rows[:: -(-len(rows) // MOST_ROWS)])
    elif case.texts is not None and len(case.texts) >= FEWEST_TEXTS:
        words = [_word(name) for name in case.names]
        having = [{_word(word) for word in text.split()} for text in case.texts]
        points = np.array([[word in have for word in words] for have in having], dtype=np.float64)
        points[:, points.sum(axis=0) < SEEN] = 0.0
        later = [word in words[:place] for place, word in enumerate(words)]  # equal words are a group of their own
        points[:, later] = 0.0
    else:
        return None
    counts = np.full(points.shape[1], float(len(points))) if case.is_table else points.sum(axis=0)
    centred = points - points.mean(axis=0)
    norms = np.sqrt((centred**2).mean(axis=0))
    return _Company(np.divide(centred, norms, out=np.zeros_like(centred), where=norms > 0), counts)


def _word(text: str) -> str:
    return re.sub(r"^\W+|\W+$", "", text).lower()


def _groups(correlations: FloatArray) -> list[tuple[IntArray, FloatArray]]:
    """Parts that are linked by correlations of at least TOGETHER, with their signs beside the first of each group."""
    linked = np.abs(correlations) >= TOGETHER
    left = set(range(len(linked)))
    found = []
    while left:
        group: set[int] = set()
        fresh: set[int] = {min(left)}
        while fresh:
            group |= fresh
            fresh = {int(one) for part in fresh for one in np.flatnonzero(linked[part])} - group
        left -= group
        if len(group) > 1:
            parts = np.array(sorted(group), dtype=np.int64)
            found.append((parts, np.where(correlations[parts[0], parts] < 0, -1.0, 1.0)))
    return sorted(found, key=lambda one: -len(one[0]))


def _equal_words(case: Case) -> list[tuple[IntArray, FloatArray]]:
    """Words that come several times and are parts of their own."""
    if not case.is_text:
        return []
    words = [_word(name) for name in case.names]
    several = [word for word, count in Counter(words).items() if count > 1 and word]
    return [
        (np.array([k for k, one in enumerate(words) if one == word], dtype=np.int64), np.ones(words.count(word)))
        for word in several
    ]


def _joint(case: Case, parts: IntArray, signs: FloatArray) -> Measure:
    """The effect of a group whose parts change together, each in the direction in which they go together."""
    value = float(signs @ case.explanation.effects.values[parts])
    variance = float(signs @ case.covariance[np.ix_(parts, parts)] @ signs)
    error = float(np.sqrt(max(variance, 0.0)))
    effects = case.explanation.effects
    known = parts[effects.standard_errors[parts] > 0]
    reach = (effects.high - effects.values)[known] / effects.standard_errors[known]  # as far as those of one part
    ends = error * float(reach.max(initial=0.0))
    against = parts[signs < 0]
    told = f"effect of {named(case, parts)} together"
    if len(against):
        told += f" ({named(case, against)} the other way)"
    return case.measure("correlated.group", told, Estimate(value, error, value - ends, value + ends))


def _reason(case: Case, groups: list[tuple[IntArray, FloatArray]], known: bool) -> str:
    where = "in the data" if known else "among the probes"
    if not groups:
        start = f"No two parts go together {where} with a correlation of {TOGETHER:g} or more."
    else:
        told = "; ".join(named(case, parts) for parts, _ in groups[:3])
        start = f"{len(groups)} group{'s' * (len(groups) > 1)} of parts that go together: {told}."
    if not known and not case.is_image:
        start += f" Give background={'the limen.Table' if case.is_table else 'a list of texts'} to look in the data."
    return start


def _remedy(case: Case) -> str:
    if case.is_table:
        return "Read the effect of the group, or make it one part: Table(groups={'name': [...]})."
    return "Read the effect of the group, or use larger units, or a law that hides fewer parts together."


def _spares(case: Case) -> str:
    return "" if len(case.parts) > 1 else "There is one part only that changed."


CHECK = Check("correlated", "Correlated parts", CLAIM, _spares, _look)
