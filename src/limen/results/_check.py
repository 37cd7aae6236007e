"""Whether the parts of a record that was read fit together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from limen._errors import RecordError
from limen.results._check_rounds import check_spending
from limen.results._check_table import check_table
from limen.results.estimates import Probes, TableProbes
from limen.results.image import ImageInstance
from limen.results.image_curves import Curves
from limen.results.neighbourhood import Boundary, Surface, WidthPath
from limen.results.table import TableInstance
from limen.results.text import TextInstance

if TYPE_CHECKING:
    from limen.results.explanation import Explanation

SCALES = ("probability", "log-odds", "raw")
KINDS = ("linear", "quadratic")


NUMBERS = ("values", "standard_errors", "low", "high")

Shapes = dict[str, tuple[tuple[int, ...], tuple[int, ...]]]
"""For each array its shape and the expected one."""


def check(explanation: Explanation) -> None:
    """Raise RecordError where lengths disagree, a span lies outside the text, or a name is not a legal one."""
    d, n = explanation.instance.n_parts, len(explanation.probes.answers)
    for name, (came, expected) in {**_shapes(explanation, d, n), **_shapes_of_kind(explanation, d, n)}.items():
        if came != expected:
            raise RecordError(f"{name} has the shape {came}, expected {expected} for {d} parts and {n} probes.")
    if isinstance(explanation.probes, TableProbes) and isinstance(explanation.instance, TableInstance):
        check_table(explanation, explanation.probes.values)
    check_spending(explanation.proxy, explanation.rounds)
    common = set(explanation.target) & set(explanation.against)
    if common:
        raise RecordError(f"against has {sorted(common)} in common with target, expected other classes.")
    for name, came_name, legal in (
        ("scale", explanation.scale, SCALES),
        ("surrogate.kind", explanation.surrogate.kind, KINDS),
    ):
        if came_name not in legal:
            raise RecordError(f"{name} is {came_name!r}, expected one of {', '.join(legal)}.")


def _shapes(explanation: Explanation, d: int, n: int) -> Shapes:
    """What every explanation has."""
    probes, pairs, axes = explanation.probes, explanation.interactions, explanation.axes
    shapes: Shapes = {f"probes.{name}": (getattr(probes, name).shape, (n,)) for name in ("weights", "folds", "answers")}
    each = {
        "effects": explanation.effects,
        "surrogate.slopes": explanation.surrogate.slopes,
        "curvature": explanation.curvature,
        "contributions": explanation.contributions,
    }
    for name, found in each.items():
        if found is not None:
            shapes |= {f"{name}.{number}": (getattr(found, number).shape, (d,)) for number in NUMBERS}
    if pairs is not None:
        shapes |= {f"interactions.{part}": (getattr(pairs, part).shape, (d, d)) for part in (*NUMBERS, "selected")}
    if axes is not None:
        k = len(axes.directions)
        shapes["axes.directions"] = (axes.directions.shape, (k, d))
        shapes |= {f"axes.curvatures.{part}": (getattr(axes.curvatures, part).shape, (k,)) for part in NUMBERS}
    return shapes


def _shapes_of_kind(explanation: Explanation, d: int, n: int) -> Shapes:
    """What only texts and images, or only rows of a table have."""
    instance, probes = explanation.instance, explanation.probes
    if isinstance(instance, TextInstance):
        pieces = instance.pieces()
        ends = [0, *(place for start, stop, _ in pieces for place in (start, stop)), len(instance.text)]
        if not pieces or sorted(ends) != ends:
            raise RecordError(f"instance.spans is {instance.spans}, expected ranges in order within the text.")
        return {"instance.spans": ((len(instance.spans),), (d,))} | _shapes_of_masks(explanation, d, n)
    if isinstance(instance, ImageInstance):
        came, parts = len(explanation.segment_effects), instance.n_segmentations
        if came != parts:
            raise RecordError(f"segment_effects has {came} entries, expected {parts}: one for each segmentation.")
        shapes = _shapes_of_masks(explanation, d, n)
        for k, one in enumerate(explanation.segment_effects):
            shapes[f"segment_effects[{k}].values"] = (one.values.shape, (instance.parts_of(k),))
        return shapes | _shapes_of_curves(explanation.curves, d)
    if not isinstance(probes, TableProbes):
        raise RecordError("probes is not that of a table row; the file is damaged.")
    m = len(instance.columns)
    shapes = {
        "instance.origin": (instance.origin.shape, (m,)),
        "probes.values": (probes.values.shape, (n, m)),
        "probes.points": (probes.points.shape, (n, d)),
    }
    for surface in explanation.surfaces:
        shapes |= _shapes_of_surface(surface, instance)
    return shapes | _shapes_of_boundary(explanation.boundary, m, d) | _shapes_of_path(explanation.path)


def _shapes_of_surface(surface: Surface, instance: TableInstance) -> Shapes:
    first, second = surface.features
    reals = instance.reals
    if first == second or not all(0 <= part < len(reals) and reals[part] for part in (first, second)):
        raise RecordError(f"surfaces.features is {surface.features}, expected two parts that move on a scale.")
    k, m = surface.first.size, surface.second.size
    shapes: Shapes = {
        "surfaces.first": (surface.first.shape, (k,)),
        "surfaces.second": (surface.second.shape, (m,)),
        "surfaces.answers": (surface.answers.shape, (k, m)),
        "surfaces.margins": (surface.margins.shape, (k, m)),
    }
    return shapes


def _shapes_of_masks(explanation: Explanation, d: int, n: int) -> Shapes:
    masses, probes = explanation.law.masses, explanation.probes
    if masses is None or not isinstance(probes, Probes):
        raise RecordError("law.masses or probes is not that of parts that are hidden; the file is damaged.")
    return {
        "law.masses": (masses.shape, (d + 1,)),
        "probes.n_parts": ((probes.n_parts,), (d,)),
        "probes.packed": (probes.packed.shape, (n, -(-d // 8))),
    }


def _shapes_of_curves(curves: Curves | None, d: int) -> Shapes:
    if curves is None:
        return {}
    counts = curves.counts
    if sorted(curves.order.tolist()) != list(range(d)):
        raise RecordError(f"curves.order is {curves.order.tolist()}, expected each part from 0 to {d - 1} once.")
    if not counts.size or counts[0] != 0 or counts[-1] != d or (np.diff(counts) <= 0).any():
        raise RecordError(f"curves.counts is {counts.tolist()}, expected numbers of parts that rise from 0 to {d}.")
    each = {"shares": curves.shares, "deletion": curves.deletion, "insertion": curves.insertion}
    return {f"curves.{name}": (array.shape, counts.shape) for name, array in each.items()}


def _shapes_of_boundary(boundary: Boundary | None, m: int, d: int) -> Shapes:
    if boundary is None:
        return {}
    shapes: Shapes = {
        "boundary.point": (boundary.point.shape, (m,)),
        "boundary.direction": (boundary.direction.shape, (d,)),
    }
    for name in ("line_margin", "quadratic_margin"):
        found = getattr(boundary, name)
        if found is not None:
            shapes[f"boundary.{name}.slopes"] = (found.slopes.shape, (d,))
            shapes[f"boundary.{name}.hessian"] = (found.hessian.shape, (d, d))
    return shapes


def _shapes_of_path(path: WidthPath | None) -> Shapes:
    if path is None:
        return {}
    k = len(path.widths)
    if not 0 <= path.chosen < k:
        raise RecordError(f"path.chosen is {path.chosen}, expected the number of one of {k} widths.")
    arrays = {name: getattr(path, name) for name in ("effective_sample_sizes", "stability")}
    for name, found in (("linear", path.linear), ("quadratic", path.quadratic)):
        arrays |= {f"{name}.{number}": getattr(found, number) for number in NUMBERS}
    return {f"path.{name}": (array.shape, (k,)) for name, array in arrays.items()}
