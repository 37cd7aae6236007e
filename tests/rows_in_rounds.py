"""Models and backgrounds for rows of tables in rounds, and what is compared of explanations."""

import json
from collections import Counter

import numpy as np
import pandas as pd

import limen
from limen.sampling import Ball, Lime, Manifold
from tests.table_laws import background

ROWS = background(200)
MEANS, SDS = ROWS.mean(axis=0), ROWS.std(axis=0)
X = ROWS[7] + 0.3 * SDS
LAWS = [None, Ball(0.5), Manifold(), Lime()]
DRAW = np.random.default_rng(4)
FRAME = pd.DataFrame(
    {
        "age": DRAW.normal(40.0, 9.0, 150),
        "income": np.where(DRAW.random(150) < 0.2, np.nan, DRAW.normal(3e4, 5e3, 150)),
        "job": DRAW.choice(["cook", "nurse", "smith"], 150),
        "children": DRAW.integers(0, 5, 150),
    }
)
PERSON = int(np.flatnonzero(FRAME["income"].notna())[3])


def bent(rows):
    u = (rows - MEANS) / SDS
    return np.tanh(u[:, 0] - 0.6 * u[:, 1]) + 0.3 * np.tanh(3 * u[:, 2])


def even(rows):
    u = (rows - MEANS) / SDS
    return np.sin(2 * (u[:, 0] + u[:, 1]))


def of_people(frame):
    work = (frame["job"] == "cook").to_numpy() * 0.5 + frame["income"].fillna(2e4).to_numpy() / 5e4
    return np.tanh(work + frame["age"].to_numpy() / 40.0 * (frame["children"].to_numpy() > 1))


def rounds_of(model, x, rows, **settings):
    table = settings.pop("domain") if "domain" in settings else limen.Table(rows)
    return limen.Explainer(model, table, **{"scale": "raw", "on_doubt": "ignore", **settings}).rounds(x)


def but_for(explanation, *fields):
    """The record as text, without seconds and some fields."""
    record = json.loads(explanation.to_json())
    for one in (record["cost"], *record["rounds"]):
        for name in [name for name in one if "seconds" in name]:
            del one[name]
    return {name: value for name, value in record.items() if name not in fields}


def share(explanation):
    """The widest interval as a share of the largest effect."""
    effects = explanation.effects
    return (effects.high - effects.low).max() / np.abs(effects.values).max()


def changes(explanation):
    """How often the part has changed that did so least."""
    points = explanation.probes.points
    return (points[1:] != points[0]).sum(axis=0).min()


class Counted:
    """A model that counts how often each row came."""

    def __init__(self):
        self.came = Counter()

    def __call__(self, rows):
        self.came.update(row.tobytes() for row in np.ascontiguousarray(rows))
        return bent(rows)
