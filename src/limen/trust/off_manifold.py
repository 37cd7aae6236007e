"""Weakness 3: the probes are inputs that do not exist, and of which the model never learned.

Cure: `Manifold(k)` for tables; for texts and images another way to hide.
"""

from __future__ import annotations

import numpy as np

from limen._types import FloatArray
from limen.domains import Image
from limen.results import Doubt, ImageInstance, Measure, TableInstance, TableProbes
from limen.sampling import Manifold
from limen.trust._check import Case, Check, Seen, named
from limen.trust._near_data import FOLDS, MOST_ROWS, Background, told_apart
from limen.trust._numbers import binomial, estimate, flips, relative_change
from limen.trust._plausible import plausibilities
from limen.trust._probes import answered
from limen.trust.width import change_under, enough

CLAIM = (
    "Probes change parts independently, so many are like nothing in the data; what the model answers there was never "
    "tested, and says little about what it does on data (Frye et al. 2021)."
)
FEWEST_TEXTS = 20
RARE = 0.05
"""A text that is less likely than this share of the corpus counts as implausible."""
OTHER_FILL = {"mean": "blur", "blur": "mean"}


def _look(case: Case, spend: bool) -> Seen:
    found, reason = _known(case)
    measures = list(found)
    if spend and case.is_table:
        measure, told = _on_the_manifold(case)
        measures.append(measure)
        reason = f"{reason} {told}"
    if spend and case.is_image:
        measure, told = _other_fill(case)
        measures.append(measure)
        reason = told
    return Seen(tuple(measures), reason, _remedy(case))


def _known(case: Case) -> tuple[list[Measure], str]:
    """What can be said without a model row."""
    if case.is_table:
        return (
            _of_rows(case) if case.table is not None else ([], "Give background=the limen.Table to look in the data.")
        )
    if case.is_text:
        return _of_texts(case)
    return [], "Whether the way of hiding matters can be told by another fill only."


def _of_rows(case: Case) -> tuple[list[Measure], str]:
    instance, probes = case.explanation.instance, case.explanation.probes
    assert isinstance(instance, TableInstance)
    assert isinstance(probes, TableProbes)
    assert case.table is not None
    background = Background.of(case.table.geometry(instance))
    chosen = slice(1, None, -(-len(probes) // MOST_ROWS))
    gaps, usual = background.gaps(probes.values[chosen]), background.usual()
    weights = probes.weights[chosen] / probes.weights[chosen].sum()
    share = float(weights @ (gaps > usual))
    error = float(np.sqrt(max(share * (1.0 - share), 0.0) / len(gaps)))
    own = float(background.gaps(probes.values[:1])[0])
    measures = [
        case.measure(
            "off_manifold.share",
            "share of probes farther from the data than data near x",
            estimate(share, error, 0.0, 1.0),
        ),
        case.measure(
            "off_manifold.distance",
            "median distance of a probe to the data, in units of what is usual near x",
            estimate(float(np.median(gaps)) / usual),
        ),
        case.measure("off_manifold.own", "distance of x to the data, in the same units", estimate(own / usual)),
    ]
    if min(len(probes) - 1, len(background.rows)) >= 5 * FOLDS:
        near = background.rows[: max(len(probes) - 1, 5 * FOLDS)]
        area, error = told_apart(probes.values[1:], near, case.generator("off_manifold"))
        told = "how surely a forest tells probes from the data nearest to x (AUC; 0.5 is not at all)"
        measures.append(case.measure("off_manifold.auc", told, estimate(area, error, 0.0, 1.0)))
    return (
        measures,
        f"{100 * share:.0f} % of the probes lie farther from the data than data near x lie from one another.",
    )


def _of_texts(case: Case) -> tuple[list[Measure], str]:
    if case.texts is None or len(case.texts) < FEWEST_TEXTS:
        return [], f"Give background=a list of at least {FEWEST_TEXTS} texts such as the model was trained on."
    probes = case.explanation.probes
    corpus, scores = plausibilities(case.texts, case.explanation.inputs())
    ordinary = float(np.quantile(corpus, RARE))
    weights = probes.weights[1:] / probes.weights[1:].sum()
    odd = scores[1:] < min(ordinary, scores[0])
    share = float(weights @ odd)
    rank, falls = float((corpus <= scores[0]).mean()), scores[0] - scores[1:]
    fall = float(weights @ falls)
    measures = [
        case.measure(
            "off_manifold.implausible",
            f"share of probes less plausible than {100 * (1 - RARE):.0f} % of the background, and than x",
            binomial(share, share * len(odd), len(odd)),
        ),
        case.measure(
            "off_manifold.own",
            "share of the background that is less plausible than x",
            binomial(rank, rank * len(corpus), len(corpus)),
        ),
        case.measure(
            "off_manifold.drop",
            "mean fall of the log probability of a word",
            estimate(fall, float(np.sqrt((weights**2) @ (falls - fall) ** 2))),
        ),
    ]
    told = f"{100 * share:.0f} % of the texts with hidden words are less plausible than nearly all of the background."
    half = _among_plausible(case, scores)
    if half:
        told += f" In the more plausible half of them the effects are others by {100 * half[0].value.value:.0f} %."
    return [*measures, *half], told


def _among_plausible(case: Case, scores: FloatArray) -> list[Measure]:
    """How much the effects change where the more plausible half of the probes, of these scores (n), is asked alone."""
    order, whole = np.argsort(-scores, kind="stable"), case.answered.weights
    middle = scores[order][int(np.searchsorted(np.cumsum(whole[order]), 0.5))]
    weights = np.where(scores >= middle, whole, 0.0)
    if not enough(case, weights):
        return []
    told = "change of the effects among the more plausible probes"
    return [case.measure("off_manifold.plausible", told, change_under(case, weights))]


def _on_the_manifold(case: Case) -> tuple[Measure, str]:
    """Ask again between x and its neighbours in the data, and compare what both lines say of those rows.

    Slopes themselves are not comparable: across the directions in which the data do not extend they mean nothing there.
    """
    other = case.again(sampler=Manifold(), seed=case.explanation.seed + 103)
    own, there = case.explanation.effects, other.effects
    parts = case.parts
    errors = np.hypot(own.standard_errors, there.standard_errors)[parts]
    rows = answered(other)
    extent = np.sqrt(rows.weights / rows.weights.sum())[:, None] * rows.points[:, parts]  # from x, which is at 0
    change = relative_change(
        extent @ (there.values - own.values)[parts],
        errors[:, None] * extent.T,
        extent @ own.values[parts],
        np.sqrt((extent**2) @ own.standard_errors[parts] ** 2),
    )
    turned = parts[
        flips(own.values[parts], own.standard_errors[parts], there.values[parts], there.standard_errors[parts])
    ]
    told = (
        f"On the manifold these have the opposite sign: {named(case, turned)}."
        if len(turned)
        else ("No effect is known to have the opposite sign on the manifold.")
    )
    what = "change of what the line says of rows that keep to the data"
    return case.measure("off_manifold.manifold", what, change), told


def _other_fill(case: Case) -> tuple[Measure, str]:
    """Hide the same parts under another fill, and compare the effects."""
    instance = case.explanation.instance
    assert isinstance(instance, ImageInstance)
    assert case.explainer is not None
    domain = case.explainer.domain if isinstance(case.explainer.domain, Image) else Image()
    fill = OTHER_FILL.get(str(domain.fill), "mean")
    labels = np.asarray(instance.labels[0], dtype=np.int64)
    there = Image(labels, fill=fill, largest=domain.largest, seed=domain.seed)
    other = case.again(domain=there, seed=case.explanation.seed)
    own, effects = case.explanation.effects, other.effects
    errors = np.hypot(own.standard_errors, effects.standard_errors)
    change = relative_change(effects.values - own.values, np.diag(errors), own.values, own.standard_errors)
    turned = flips(own.values, own.standard_errors, effects.values, effects.standard_errors)
    told = (
        f"Of opposite sign with fill={fill!r}: {named(case, turned)}."
        if len(turned)
        else (f"No effect is known to change its sign with fill={fill!r}.")
    )
    return case.measure(
        "off_manifold.fill", f"change of the effects with hidden parts filled by {fill!r}", change
    ), told


def _remedy(case: Case) -> str:
    if case.is_table:
        return "Explain with sampler=Manifold(), or a narrower law such as Ball(0.25)."
    if case.is_text:
        return "Hide fewer words at once (Uniform(0.8)), or fill them in: limen.models.Infilled(model, filler)."
    return "Compare fills: Image(fill='blur'), Image(fill='inpaint')."


def _offer(case: Case) -> int:
    if case.is_text or (case.is_table and case.explanation.law.name in ("manifold", "lime")):
        return 0  # lime's effects are of bins, which no slope can be compared with
    return case.explanation.budget


def _spares(case: Case) -> str:
    return "The answers do not vary." if Doubt.FLAT in case.explanation.doubts else ""


CHECK = Check("off_manifold", "Off-manifold probes", CLAIM, _spares, _look, _offer)
