"""Explanations of table rows made by hand, from a function that is known: without a model, a domain or a sampler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from limen.results import (
    Cost,
    Doubt,
    Explanation,
    Fidelity,
    Law,
    Status,
    Surrogate,
)

from .table_parts import (
    axes_of,
    boundary_of,
    estimate_from,
    estimates_from,
    hessian_of,
    instance_of,
    interactions_of,
    path_of,
    probes_of,
    surface_of,
    values_of,
)

NUMBERS = {"age": (41.0, 12.0, 1.0), "hours": (50.0, 10.0, 1.0), "income": (41_200.0, 9000.0, 0.0)}
"""Name: value in the row, standard deviation, grid."""
CATEGORIES = {"job": ("clerk", "farmer", "nurse")}
"""Name: states, that of the row first."""


def numbers_only(d: int) -> dict[str, tuple[float, float, float]]:
    return {f"column {k}": (float(k), 1.0 + k, 0.0) for k in range(d)}


def make_table_explanation(
    numbers: Mapping[str, tuple[float, float, float]] = NUMBERS,
    categories: Mapping[str, Sequence[str]] = CATEGORIES,
    *,
    constant: Sequence[str] = (),
    slopes: Sequence[float] | None = None,
    hessian: np.ndarray | None = None,
    errors: float = 0.02,
    linear: bool = False,
    boundary: bool = False,
    path: bool = False,
    surface: bool = False,
    contributions: bool = True,
    target_name: str = ">50K",
    scale: str = "probability",
    n_probes: int = 300,
    doubts: Sequence[Doubt] = (),
    missing: bool = False,
    notes: Sequence[str] = (),
    seed: int = 0,
) -> Explanation:
    """A quadratic 0.6 + slopes · (z - x) + ½ ... in coordinates, and its record.

    slopes (d), hessian (d, d; 0 diagonal for categories) over the parts: numbers, categories, constants. linear: the
    record shows a line. missing: the last number is missing in the row, and so a category.
    """
    instance = instance_of(numbers, categories, constant, missing, notes)
    d, generator = instance.n_parts, np.random.default_rng(seed)
    moving = ~instance.fixed
    g = generator.normal(0, 0.15, d).round(3) if slopes is None else np.asarray(slopes, dtype=float)
    h = (
        np.zeros((d, d))
        if hessian is None and linear
        else hessian_of(generator, instance)
        if hessian is None
        else hessian
    )
    g, h = g * moving, h * np.outer(moving, moving)
    own = instance.coordinates(instance.origin[None])[0]

    def answer(z: np.ndarray) -> np.ndarray:
        away = z - own
        return 0.6 + away @ g + 0.5 * np.einsum("ni,ij,nj->n", away, h, away)

    values = values_of(generator, instance, n_probes)
    points = instance.coordinates(values)
    line = estimates_from(g, errors * moving)
    start = estimate_from(float(0.6 - own @ g), errors)
    pairs = h - np.diag(np.diag(h))
    curvature = np.where(instance.reals, np.diag(h), np.nan)
    flat = g - h @ own  # z is counted from 0 in the record, not from the row
    whole = estimate_from(float(0.6 - own @ g + 0.5 * own @ h @ own), errors)
    curve = Surrogate("quadratic", whole, estimates_from(flat, errors))
    better = None if linear else estimate_from(0.93, 0.01)
    return Explanation(
        instance=instance,
        target=(1,),
        target_name=target_name,
        scale=scale,
        prediction=0.6,
        effects=line,
        intercept=start,
        interactions=None if linear else interactions_of(pairs, errors, moving),
        curvature=None if linear else estimates_from(curvature, errors),
        axes=None if linear or not instance.reals.any() else axes_of(h, instance, errors),
        contributions=estimates_from(1.2 * g, errors * moving) if contributions else None,
        boundary=boundary_of(instance, g, h, own) if boundary else None,
        path=path_of() if path else None,
        surrogate=Surrogate("linear", start, line) if linear else curve,
        fidelity=Fidelity(estimate_from(0.71, 0.02), better, estimate_from(0.01, 0.01), n_probes),
        status=Status.BUDGET_SPENT,
        doubts=tuple(doubts),
        noise=0.0,
        law=Law("ball", "width=0.5", None, float(n_probes)),
        probes=probes_of(values, points, answer(points)),
        cost=Cost(n_probes + 1, n_probes, 0.41, 0.52),
        budget=1000,
        seed=seed,
        limen_version="0.1.0",
        python_version="3.11.8",
        surfaces=(surface_of(instance, answer),) if surface else (),
    )


def hostile(name: str) -> dict[str, Any]:
    """Arguments of make_table_explanation in which this text is a column's, a state's and the target's name."""
    return {
        "numbers": {name: (1.0, 2.0, 0.0), "b": (2.0, 1.0, 0.0)},
        "categories": {f"{name} 2": (name, "other")},
        "target_name": name,
        "boundary": True,
        "path": True,
        "surface": True,
        "notes": (f"{name} has one value only.",),
        "constant": (f"{name} 3",),
    }


EDGES: dict[str, dict[str, Any]] = {
    "one number": {"numbers": {"age": (41.0, 12.0, 1.0)}, "categories": {}, "boundary": True, "path": True},
    "one category": {"numbers": {}, "categories": {"job": ("clerk", "farmer")}, "boundary": True, "path": True},
    "128 parts": {"numbers": numbers_only(126), "categories": {"a": "xy", "b": "xyz"}, "boundary": True, "path": True},
    "missing": {"missing": True, "boundary": True, "path": True, "surface": True},
    "line": {"linear": True, "boundary": True},
    "no contributions": {"contributions": False, "constant": ("country",)},
}
"""Arguments of make_table_explanation for rows at the edge of what there can be."""
