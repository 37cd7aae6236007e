"""Rows among their background, built by hand: no frame and no domain is needed to test a law."""

import numpy as np

from limen._geometry import Part, TableGeometry


def geometry_of(background, origin, kinds, steps=None):
    """A geometry whose columns have these kinds: real, known (real that may go missing), flip, fixed.

    A pair such as ("flip", (2, 3)) names the columns itself; one of several columns is for flips.
    """
    background, origin = np.asarray(background, dtype=float), np.asarray(origin, dtype=float)
    numeric = np.zeros(len(origin), dtype=bool)
    pairs = [(kind, (place,)) if isinstance(kind, str) else kind for place, kind in enumerate(kinds)]
    parts = []
    for kind, columns in pairs:
        if kind == "flip":
            parts.append(flip(background, origin, columns))
        else:
            numeric[list(columns)] = kind in ("real", "known")
            parts.append(Part("real" if kind == "known" else kind, columns))
    parts += [Part("known", columns) for kind, columns in pairs if kind == "known"]
    deviations = np.nanstd(background, axis=0)
    scales = np.where(numeric & (deviations > 0), deviations, 1.0)
    steps = np.zeros(len(origin)) if steps is None else np.asarray(steps, dtype=float)
    return TableGeometry(origin, background, scales, steps, numeric, tuple(parts))


def flip(background, origin, columns):
    """One flip over these columns, the row's own state first."""
    own, rows = origin[list(columns)], background[:, list(columns)]
    distinct = np.unique(rows, axis=0)
    others = distinct[~(distinct == own).all(axis=1)]
    states = np.concatenate([own[None], others])
    found = (rows[:, None] == states[None]).all(axis=2).argmax(axis=1)
    shares = np.bincount(found, minlength=len(states)) / len(rows)
    return Part("flip", columns, states, shares, found)


def cluster_errors(points, answers, blocks):
    """Slopes (d) by least squares and their standard errors (d), with blocks as the units of the variance."""
    features = np.column_stack([np.ones(len(points)), points])
    inverse = np.linalg.inv(features.T @ features)
    coefficients = inverse @ (features.T @ answers)
    scores = features * (answers - features @ coefficients)[:, None]
    totals = np.add.reduceat(scores, np.flatnonzero(np.diff(blocks, prepend=-1)), axis=0)
    free = len(totals) / (len(totals) - features.shape[1])
    covariance = inverse @ (free * totals.T @ totals) @ inverse
    return coefficients[1:], np.sqrt(np.diag(covariance))[1:]
