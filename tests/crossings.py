"""Problems whose boundary is known, and a search for it without a model."""

import numpy as np
import pytest

from limen._geometry import Part, TableGeometry
from limen.sampling import Boundary


def reals(x, background, scales=None, steps=None, extra=()):
    d = len(x)
    parts = tuple(Part("real", (column,)) for column in range(d)) + tuple(extra)
    scales = background.std(axis=0) if scales is None else scales
    return TableGeometry(x, background, scales, np.zeros(d) if steps is None else steps, np.ones(d, dtype=bool), parts)


def flip(column, background, own):
    others = sorted(set(background[:, column].tolist()) - {own})
    states = np.array([own, *others])
    numbers = np.array([int(np.flatnonzero(states == value)[0]) for value in background[:, column]])
    shares = np.bincount(numbers, minlength=len(states)) / len(background)
    return Part("flip", (column,), states[:, None], shares, numbers)


def mixed(x, background, kinds, steps=None, missing=()):
    """kinds: one letter a column: r real, f flip, x fixed; `missing`: real columns that may go missing."""
    d = len(x)
    makers = {
        "r": lambda c: Part("real", (c,)),
        "f": lambda c: flip(c, background, x[c]),
        "x": lambda c: Part("fixed", (c,)),
    }
    parts = tuple(makers[kind](column) for column, kind in enumerate(kinds))
    parts += tuple(Part("known", (column,)) for column in missing)
    numeric = np.array([kind == "r" for kind in kinds])
    scales = np.where(numeric, np.nanstd(background, axis=0), 1.0)
    return TableGeometry(x, background, scales, np.zeros(d) if steps is None else steps, numeric, parts)


def run(geometry, margin, budget=1000, seed=0, share=1.0):
    """Drive the search; checks what must hold of every search."""
    search = Boundary(share=share).search(geometry, budget, np.random.default_rng(seed))
    asked, rows = [], next(search)
    while True:
        asked.append(rows)
        try:
            rows = search.send(np.asarray(margin(rows), dtype=float))
        except StopIteration as finished:
            found = finished.value
            break
    rows = np.concatenate(asked)
    np.testing.assert_array_equal(rows[0], geometry.origin)
    np.testing.assert_array_equal(rows, found.rows)
    assert len(rows) == found.spent <= max(1, int(share * budget))
    assert len({row.tobytes() for row in rows}) == len(rows)  # no row is asked twice
    if found.found and found.distance > 0:
        assert margin(found.outside[None])[0] <= 0 < margin(found.inside[None])[0]
        assert found.bracket[0] <= found.bracket[1] == found.distance
        assert np.linalg.norm(found.normal) == pytest.approx(1)
        at, start = geometry.coordinates(np.stack([found.outside, geometry.origin]))
        assert found.distance == pytest.approx(np.linalg.norm(at - start))
    return found


def logistic(score):
    return lambda v: 1 / (1 + np.exp(-np.clip(score(v), -500, 500))) - 0.5


def sides(score):
    return lambda v: np.where(score(v) > 0, 1.0, -1.0)


def plane(d, seed, distance=1.3):
    generator = np.random.default_rng([d, seed])
    normal = generator.standard_normal(d)
    normal /= np.linalg.norm(normal)
    x, background = 0.3 * generator.standard_normal(d), generator.standard_normal((800, d))
    return reals(x, background, np.ones(d)), normal, lambda v: 4 * (distance - (v - x) @ normal)


# --- known distances
