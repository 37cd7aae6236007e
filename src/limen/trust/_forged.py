"""Rows of data (n, m), perturbed as explainers do, so that they surround the data on all sides."""

from __future__ import annotations

import numpy as np

from limen._geometry import TableGeometry
from limen._types import FloatArray
from limen.sampling._states import drawn
from limen.trust._near_data import MOST_ROWS

CENTRES = 10
"""Of the background, as shap's documentation advises."""


def moved(known: FloatArray, geometry: TableGeometry, data: FloatArray, generator: np.random.Generator) -> FloatArray:
    """Rows of data that are moved as the probes (k, m) of an explanation are from x.

    Numbers are moved by as much, states that changed in a probe are taken from it, and what went missing goes missing.
    """
    probes = known[generator.permutation(len(known))]
    probes = np.resize(probes, data.shape) if len(probes) < len(data) else probes[: len(data)]
    origin, found = geometry.origin, data[generator.permutation(len(data))]
    for part in geometry.parts:
        columns = list(part.columns)
        theirs, own = probes[:, columns], origin[columns]
        changed = ((theirs != own) & ~(np.isnan(theirs) & np.isnan(own))).any(axis=1)
        if part.kind == "real":
            step = theirs - own
            found[:, columns] = np.where(np.isnan(step), found[:, columns], found[:, columns] + step)
        elif part.kind == "known":
            found[np.isnan(theirs[:, 0]), columns[0]] = np.nan
        elif part.kind == "flip":
            found[np.ix_(changed, columns)] = theirs[changed]
    return found


def scattered(geometry: TableGeometry, data: FloatArray, generator: np.random.Generator) -> FloatArray:
    """Rows of data perturbed as lime does: numbers by a standard deviation, off their grid, states drawn anew."""
    found = data[generator.permutation(len(data))]
    for part in geometry.parts:
        columns = list(part.columns)
        if part.kind == "real":
            found[:, columns] += geometry.scales[columns] * generator.standard_normal((len(found), 1))
        elif part.kind == "flip":
            found[:, columns] = part.states[drawn(part.whole_shares, generator.random(len(found)))]
    return found


def mixed(geometry: TableGeometry, data: FloatArray, generator: np.random.Generator) -> FloatArray:
    """Rows of data perturbed as shap's KernelExplainer does: some parts are those of a centre of the background."""
    found, share = data[generator.permutation(len(data))], generator.random(len(data))
    centres = _centres(geometry)
    which = generator.integers(len(centres), size=len(data))
    for part in geometry.parts:
        columns = list(part.columns)
        if part.kind in ("real", "flip"):
            swapped = generator.random(len(data)) < share
            found[:, columns] = np.where(swapped[:, None], centres[which][:, columns], found[:, columns])
    return found


def _centres(geometry: TableGeometry) -> FloatArray:
    """Centres (k, m) of the background by k-means, each part the nearest that the background has; k is CENTRES or less.

    Columns count as they are, unscaled, because shap.kmeans takes them so.
    """
    from sklearn.cluster import KMeans

    rows = geometry.background[:: -(-len(geometry.background) // MOST_ROWS)]
    rows = np.where(np.isnan(rows), geometry.origin, rows)
    rows = np.where(np.isnan(rows), 0.0, rows)
    count = min(CENTRES, len(np.unique(rows, axis=0)))
    found = np.asarray(KMeans(count, n_init=1, random_state=0).fit(rows).cluster_centers_, dtype=np.float64)
    for part in geometry.parts:
        columns = list(part.columns)
        known = part.states if part.kind == "flip" else rows[:, columns]
        distances = ((found[:, None, columns] - np.nan_to_num(known)) ** 2).sum(axis=2)
        found[:, columns] = known[distances.argmin(axis=1)]
    return found
