"""The records inside an explanation of a table row, made by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from limen.results import (
    Boundary,
    Change,
    Estimate,
    Estimates,
    Interactions,
    Polynomial,
    PrincipalAxes,
    Surface,
    TableColumn,
    TableInstance,
    TablePart,
    TableProbes,
    WidthPath,
)


def column_of(name: str, kind: str, **others: Any) -> TableColumn:
    known: dict[str, Any] = {"mean": 0.0, "low": -1e9, "high": 1e9, "scale": 1.0, "step": 0.0, "categories": ()}
    known |= others
    dtype, category = ("float64", "text") if kind == "number" else ("object", "text")
    return TableColumn(
        name=name, label=json.dumps(name), kind=kind, dtype=dtype, category_kind=category, own="", missing=0.0, **known
    )


def instance_of(
    numbers: Mapping[str, tuple[float, float, float]],
    categories: Mapping[str, Sequence[str]],
    constant: Sequence[str],
    missing: bool,
    notes: Sequence[str],
) -> TableInstance:
    columns = [column_of(name, "number", scale=scale, step=step) for name, (_, scale, step) in numbers.items()]
    columns += [column_of(name, "category", categories=tuple(states)) for name, states in categories.items()]
    columns += [column_of(name, "number") for name in constant]
    origin = [value for value, _, _ in numbers.values()] + [0.0] * (len(categories) + len(constant))
    kinds = ["real"] * len(numbers) + ["flip"] * len(categories) + ["fixed"] * len(constant)
    if missing:
        origin[len(numbers) - 1], kinds[len(numbers) - 1] = np.nan, "flip"
    names = (*numbers, *categories, *constant)
    parts = tuple(TablePart(kind, name, (k,), False) for k, (kind, name) in enumerate(zip(kinds, names, strict=True)))
    return TableInstance(names, parts, tuple(columns), np.array(origin), "pandas", tuple(constant), tuple(notes))


def hessian_of(generator: np.random.Generator, instance: TableInstance) -> np.ndarray:
    d = instance.n_parts
    found = generator.normal(0, 0.1, (d, d)).round(3)
    found = np.triu(found, 1) + np.triu(found, 1).T
    found[instance.reals, instance.reals] = generator.normal(0, 0.2, int(instance.reals.sum())).round(3)
    return found


def values_of(generator: np.random.Generator, instance: TableInstance, n: int) -> np.ndarray:
    rows = np.repeat(instance.origin[None], n, axis=0)
    for part in instance.parts:
        (place,) = part.columns
        column = instance.columns[place]
        if part.kind == "real":
            moved = rows[1:, place] + 0.5 * column.scale * generator.normal(size=n - 1)
            rows[1:, place] = np.round(moved / column.step) * column.step if column.step else moved
        elif part.kind == "flip":
            states = len(column.categories) if column.categories else 2
            rows[1:, place] = np.where(
                generator.random(n - 1) < 0.4, generator.integers(1, states, n - 1), rows[1:, place]
            )
    return rows


def probes_of(values: np.ndarray, points: np.ndarray, answers: np.ndarray) -> TableProbes:
    n = len(values)
    weights = np.concatenate([[0.0], np.full(n - 1, 1 / max(n - 1, 1))])
    return TableProbes(values, points, answers, weights, np.arange(n) % 2)


def estimate_from(value: float, error: float) -> Estimate:
    return Estimate(value, error, value - 1.96 * error, value + 1.96 * error)


def estimates_from(values: np.ndarray, error: float | np.ndarray) -> Estimates:
    errors = np.broadcast_to(np.asarray(error, dtype=float), values.shape)
    return Estimates(values, errors, values - 1.96 * errors, values + 1.96 * errors)


def interactions_of(pairs: np.ndarray, error: float, moving: np.ndarray) -> Interactions:
    there = np.outer(moving, moving) & ~np.eye(len(pairs), dtype=bool)
    errors = error * there
    return Interactions(pairs, errors, pairs - 1.96 * errors, pairs + 1.96 * errors, there)


def axes_of(h: np.ndarray, instance: TableInstance, error: float) -> PrincipalAxes:
    reals = np.flatnonzero(instance.reals)
    values, vectors = np.linalg.eigh(h[np.ix_(reals, reals)])
    order = np.argsort(-np.abs(values))
    directions = np.zeros((len(reals), len(h)))
    directions[:, reals] = vectors[:, order].T
    return PrincipalAxes(estimates_from(values[order], error), directions)


def boundary_of(instance: TableInstance, g: np.ndarray, h: np.ndarray, own: np.ndarray) -> Boundary:
    point, changes = instance.origin.copy(), []
    for part in np.flatnonzero(instance.reals)[:2].tolist():
        (place,) = instance.parts[part].columns
        column = instance.columns[place]
        point[place] -= 0.5 * column.scale
        before, after = column.text(float(instance.origin[place])), column.text(float(point[place]))
        changes.append(Change(column.name, before, after, -0.5))
    direction = np.zeros(instance.n_parts)
    direction[np.flatnonzero(instance.reals)[:2]] = -1.0
    size = float(np.linalg.norm(direction)) or 1.0
    line = Polynomial(float(0.1 - own @ g), g, np.zeros_like(h))
    curve = Polynomial(float(0.1 - own @ g + 0.5 * own @ h @ own), g - h @ own, h)
    share = Estimate(0.84, 0.015, 0.81, 0.87), Estimate(0.95, 0.01, 0.93, 0.97)
    far = 0.5 * len(changes) ** 0.5
    searched, rows, threshold = 3.0, 400, 0.5
    return Boundary(
        found=True,
        reason="",
        side=">50K",
        other="<=50K",
        distance=Estimate(far, 0.0, 0.98 * far, far),
        point=point,
        changes=tuple(changes),
        direction=direction / size,
        searched=searched,
        rows=rows,
        line=share[0],
        quadratic=share[1],
        threshold=threshold,
        line_margin=line,
        quadratic_margin=curve,
    )


def path_of() -> WidthPath:
    widths = np.array([2.0, 1.0, 0.5, 0.25])
    linear = Estimates(
        np.array([-3.0, 0.4, 0.6, np.nan]),
        np.full(4, 0.1),
        np.array([-4, 0.2, 0.4, np.nan]),
        np.array([-2, 0.6, 0.8, np.nan]),
    )
    quadratic = Estimates(
        np.array([0.2, 0.6, 0.91, 0.9]),
        np.full(4, 0.1),
        np.array([0, 0.4, 0.85, 0.8]),
        np.array([0.4, 0.8, 0.95, 0.95]),
    )
    rule = "The widest whose held-out R² (0.91) is within 0.05 of the best (0.91 at 0.5)."
    return WidthPath(
        widths, linear, quadratic, np.array([812.0, 240.0, 61.0, 4.2]), np.array([0.7, 0.9, 0.98, np.nan]), 400, 2, rule
    )


def surface_of(instance: TableInstance, answer: Callable[[np.ndarray], np.ndarray]) -> Surface:
    first, second = (int(part) for part in np.flatnonzero(instance.reals)[:2])
    one, two = instance.columns[first], instance.columns[second]
    across = instance.origin[first] + one.scale * np.linspace(-1.5, 1.5, 21)
    up = instance.origin[second] + two.scale * np.linspace(-1.5, 1.5, 17)
    rows = np.repeat(instance.origin[None], 21 * 17, axis=0)
    rows[:, first], rows[:, second] = np.repeat(across, 17), np.tile(up, 21)
    found = answer(instance.coordinates(rows)).reshape(21, 17)
    return Surface((first, second), across, up, found, found - 0.5, 0.5)
