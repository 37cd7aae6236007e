"""Weakness 6: how the input is cut into parts changes the answer.

Cure: several segmentations (`Image(segmentations=k)`), and units that mean something to the reader.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from limen._plan import most_units
from limen._types import FloatArray
from limen.domains import Image, Text
from limen.results import Doubt, Explanation, ImageInstance, Measure, PixelMap, TextInstance
from limen.trust._check import Case, Check, Seen
from limen.trust._numbers import estimate, rank_correlations, relative_change

CLAIM = (
    "Superpixels and words are a choice, and effects are of the parts that were chosen: cut otherwise, the picture or "
    "the sentence may be explained otherwise (Schallner et al. 2019)."
)
FINER = 1.5
"""So many times as many segments are asked for."""
FEWEST = 4
"""Words that are needed to join them in pairs."""


def _look(case: Case, spend: bool) -> Seen:
    if case.is_image:
        return _of_image(case, spend)
    if not spend:
        return Seen((), "Whether other units tell the same can be told by asking only.", "")
    other, units = _other_units(case)
    return _of_text(case, case.again(domain=other), units)


def _of_image(case: Case, spend: bool) -> Seen:
    measures: list[Measure] = []
    own = case.explanation.pixels
    assert own is not None
    if own.disagreement is not None:
        ratio = float(own.disagreement.mean() / max(float(np.abs(own.values).mean()), 1e-300))
        told = "spread between the segmentations, beside the mean size of the map"
        measures.append(case.measure("segmentation.spread", told, estimate(ratio)))
    if spend:
        assert case.explainer is not None
        domain = case.explainer.domain if isinstance(case.explainer.domain, Image) else Image()
        count = _other_count(case)
        there = case.again(domain=dataclasses.replace(domain, segments=count, segmentations=1)).pixels
        assert there is not None
        told = f"correlation of the maps of pixels, of {case.answered.n_parts} and of {count} parts"
        measures.append(case.measure("segmentation.pixels", told, estimate(alike(own, there))))
    reason = "What survives another cut is what the maps of pixels have in common."
    if not measures:
        reason = "Whether other segments tell the same can be told by asking only."
    return Seen(tuple(measures), reason, "Explain with Image(segmentations=5), and read explanation.pixels.")


def _other_count(case: Case) -> int:
    """More parts, or fewer where the budget cannot tell more apart: then the other cut would be the same."""
    own = case.answered.n_parts
    finer = round(FINER * own)
    return finer if finer <= most_units(case.explanation.budget) else max(2, round(own / FINER))


def alike(first: PixelMap, second: PixelMap) -> float:
    """Correlation of two maps over the pixels; 0 where one of them does not vary."""
    a, b = (one.values - one.values.mean() for one in (first, second))
    size = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum() / size) if size else 0.0


def _of_text(case: Case, other: Explanation, units: str) -> Seen:
    """Compare on the larger of the two units: what a span does, beside what its words do in sum."""
    fine, coarse = case.explanation, other
    if len(fine.parts) < len(coarse.parts):
        fine, coarse = coarse, fine
    groups = _inside(fine, coarse)
    whole, errors = coarse.effects.values, coarse.effects.standard_errors
    summed = groups @ fine.effects.values
    difference = np.hypot(errors, np.sqrt(groups @ fine.effects.standard_errors**2))
    change = relative_change(summed - whole, np.diag(difference), whole, errors)
    correlation = float(rank_correlations(summed[None], whole[None])[0])
    measures = (
        case.measure("segmentation.units", f"difference between {units} and the sum of their words", change),
        case.measure("segmentation.ranks", "rank correlation between them", estimate(correlation)),
    )
    top = coarse.parts[int(np.abs(whole).argmax())]
    same = int(np.abs(whole).argmax()) == int(np.abs(summed).argmax())
    told = "also comes first by the sum of its words" if same else "does not come first by the sum of its words"
    reason = f"The strongest of the {units}, “{' '.join(top.split())[:60]}”, {told}."
    return Seen(
        measures, reason, "Words act together: read pairs (surrogate=limen.Quadratic()), or explain larger units."
    )


def _inside(fine: Explanation, coarse: Explanation) -> FloatArray:
    """(coarse parts, fine parts) 1 where a fine part begins inside a coarse one."""
    assert isinstance(fine.instance, TextInstance)
    assert isinstance(coarse.instance, TextInstance)
    starts = [spans[0][0] for spans in fine.instance.spans]
    found = [[any(a <= start < b for a, b in spans) for start in starts] for spans in coarse.instance.spans]
    return np.array(found, dtype=np.float64)


def _other_units(case: Case) -> tuple[Text, str]:
    """Pairs of words beside words; words beside anything else."""
    assert case.explainer is not None
    domain = case.explainer.domain if isinstance(case.explainer.domain, Text) else Text()
    if case.explanation.instance.units == "words":
        return dataclasses.replace(domain, units=2, repeats="separate"), "2-word spans"
    units = str(case.explanation.instance.units)
    return dataclasses.replace(domain, units=1, repeats="separate"), units


def _offer(case: Case) -> int:
    if case.is_image:
        own = case.explainer is not None and isinstance(case.explainer.domain, Image)
        given = own and not isinstance(case.explainer.domain.segments, int)  # type: ignore[union-attr]
        return 0 if given else _at_most(case, _other_count(case))
    words = case.is_text and case.explanation.instance.units == "words"
    return _at_most(case, -(-case.answered.n_parts // 2)) if words else case.explanation.budget


def _at_most(case: Case, parts: int) -> int:
    """Rows that so many parts can take: all their masks, and x asked again, where the budget pays for them."""
    return int(min(case.explanation.budget, 2 ** min(parts, 60) + 1))


def _spares(case: Case) -> str:
    instance = case.explanation.instance
    if Doubt.FLAT in case.explanation.doubts:
        return "The answers do not vary."
    if isinstance(instance, ImageInstance):
        return "" if _offer(case) or instance.n_segmentations > 1 else "The parts are of your own label map."
    if isinstance(instance, TextInstance):
        return "" if instance.n_parts >= FEWEST else "There are too few words to join them."
    return "The columns of a table are its parts; groups of them are yours to name."


CHECK = Check("segmentation", "Segmentation and units", CLAIM, _spares, _look, _offer)
