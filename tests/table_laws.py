"""Truths about tables for tests: a background, and what a line and a quadratic would be with endless probes."""

import numpy as np
from numpy.polynomial.hermite_e import hermegauss

import limen

NODES = 20


def background(n=300, d=4, seed=3):
    """Independent normal columns of different places and sizes (n, d)."""
    draw = np.random.default_rng(seed)
    return draw.normal(size=(n, d)) * np.array([1.0, 20.0, 0.5, 3.0])[:d] + np.array([0.0, 100.0, 2.0, -4.0])[:d]


def explained(model, x, rows, **settings):
    """`limen.explain` of a row of numbers by a raw model, quietly."""
    domain = settings.pop("domain") if "domain" in settings else limen.Table(rows)
    return limen.explain(model, x, domain=domain, **{"scale": "raw", "on_doubt": "ignore", **settings})


class Truth:
    """The best line and quadratic of a model under Ball(width) around x, by Gauss-Hermite quadrature.

    slopes: (d) and hessian: (d, d), in background standard deviations. points, weights, answers: the nodes.
    """

    def __init__(self, model, x, rows, width, active=None):
        d = len(x)
        active = tuple(range(d)) if active is None else active
        nodes, masses = hermegauss(NODES)
        grid = np.meshgrid(*[nodes] * len(active), indexing="ij")
        self.points = np.zeros((NODES ** len(active), d))
        self.points[:, active] = width * np.stack([axis.ravel() for axis in grid], axis=1)
        weights = np.meshgrid(*[masses / masses.sum()] * len(active), indexing="ij")
        self.weights = np.prod(np.stack([axis.ravel() for axis in weights]), axis=0)
        self.answers = model(x + self.points * rows.std(axis=0))
        weighted = self.points * (self.weights * self.answers)[:, None]
        self.mean = float(self.weights @ self.answers)
        self.slopes = weighted.sum(axis=0) / width**2
        self.hessian = (weighted.T @ self.points - np.eye(d) * width**2 * self.mean) / width**4
        idle = [k for k in range(d) if k not in active]
        self.hessian[idle, idle] = 0.0

    def r_squared(self, explanation):
        """R² of the explanation's surrogate under the whole law."""
        missed = self.weights @ (self.answers - explanation.predict(self.points)) ** 2
        return 1.0 - missed / (self.weights @ (self.answers - self.mean) ** 2)


def covers(found, truth):
    """Which intervals hold the truth, to rounding."""
    slack = 1e-9 * np.maximum(1.0, np.abs(truth))
    return (found.low <= truth + slack) & (truth - slack <= found.high)
