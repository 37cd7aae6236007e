"""The scaffolding attack: one rule on rows that look like data, another on rows that look like an explainer's probes.

Built from the description of Slack, Hilgard, Jia, Singh, Lakkaraju ("Fooling LIME and SHAP", AIES 2020): a random
forest tells data from what the attacker takes for probes. What it takes for data is answered by a rule on a sensitive
column alone, the rest by a rule on one or two columns of chance that were added, so that the explanation shows those.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

import limen
from common import needed

Floats = NDArray[np.float64]
Guess = Callable[[Floats, np.random.Generator], Floats]
"""Rows (n, m) of data -> what the attacker takes for probes (n, m)."""
CENTRES = 10
COPIES = 10
"""Perturbed copies of each row of data that the attacker's forest learns from."""
TREES = 50
BINARY = 2


@dataclass(frozen=True, eq=False)
class Society:
    """Data about people: rows to learn from (n, m) and rows to explain (k, m), outcomes 0 or 1, names of the columns.

    sensitive: the column of the biased rule, which is 1 above `level`. chance: the columns that were added.
    """

    name: str
    columns: tuple[str, ...]
    rows: Floats
    outcomes: NDArray[np.int64]
    unseen: Floats
    sensitive: int
    level: float
    chance: tuple[int, ...]

    def binary(self) -> list[int]:
        """Columns of two values, which no explainer should take for numbers."""
        return [place for place, column in enumerate(self.rows.T) if len(np.unique(column)) <= BINARY]


def compas() -> tuple[pd.DataFrame, pd.Series, str, float]:
    """ProPublica's court records: those screened within 30 days of the arrest; outcome: charged again in two years."""
    frame = pd.read_csv(needed("data/tabular/compas_two_years_deidentified.csv"))
    frame = frame[frame["days_b_screening_arrest"].abs() <= 30]
    found = pd.DataFrame(
        {
            "race": frame["race"] == "African-American",
            "male": frame["sex"] == "Male",
            "felony": frame["c_charge_degree"] == "F",
        }
    ).astype(float)
    numbers = ["age", "priors_count", "juv_fel_count", "juv_misd_count", "juv_other_count"]
    return found.join(frame[numbers]), frame["two_year_recid"], "race", 0.5


def german() -> tuple[pd.DataFrame, pd.Series, str, float]:
    """German credit, without the purpose of the loan, which is a text; outcome: a good customer."""
    frame = pd.read_csv(needed("data/tabular/german_processed.csv"))
    frame["Gender"] = (frame["Gender"] == "Female").astype(float)
    return frame.drop(columns=["GoodCustomer", "PurposeOfLoan"]), frame["GoodCustomer"] > 0, "Gender", 0.5


def communities() -> tuple[pd.DataFrame, pd.Series, str, float]:
    """Communities & Crime, the columns that miss no value; outcome: more violent crimes than in half of them."""
    path = needed("data/tabular/communities_and_crime_new_version.csv")
    frame = pd.read_csv(path, encoding="latin-1", na_values="?")
    frame = frame.rename(columns=lambda name: name.removesuffix(" numeric")).iloc[:, 6:]
    frame = frame.dropna(subset=["ViolentCrimesPerPop"]).dropna(axis=1).select_dtypes("number")
    crimes = frame.pop("ViolentCrimesPerPop")
    frame = frame[_independent(frame)]
    return frame, crimes > crimes.median(), "racepctblack", float(frame["racepctblack"].median())


def _independent(frame: pd.DataFrame) -> list[str]:
    """Columns that are no sum of others: ranges between quartiles are in the data beside the quartiles."""
    values = frame.to_numpy(np.float64)
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    sizes = np.abs(np.diag(np.linalg.qr(values, mode="r")))
    return [name for name, size in zip(frame.columns, sizes, strict=True) if size > 1e-6 * sizes.max()]


SOURCES = {"COMPAS": compas, "German credit": german, "Communities": communities}


def society(name: str, seed: int, chance: int, most: int = 2000) -> Society:
    """One of SOURCES with columns of chance added, shuffled; a tenth of it, at most 100 rows, is to be explained."""
    frame, outcomes, sensitive, level = SOURCES[name]()
    generator = np.random.default_rng([seed, *name.encode()])
    order = generator.permutation(len(frame))
    added = [f"chance {number + 1}" for number in range(chance)]
    rows = np.column_stack([frame.to_numpy(np.float64), generator.standard_normal((len(frame), chance))])
    unseen = min(100, len(frame) // 10)
    seen = order[unseen : unseen + most]
    columns = (*map(str, frame.columns), *added)
    chances = tuple(range(len(columns) - chance, len(columns)))
    place = list(frame.columns).index(sensitive)
    truth = outcomes.to_numpy().astype(np.int64)
    return Society(name, columns, rows[seen], truth[seen], rows[order[:unseen]], place, level, chances)


def gaussian(people: Society) -> Guess:
    """What lime does around each row: numbers move by a standard deviation, states are drawn from the data's."""
    spread, binary = people.rows.std(axis=0), people.binary()

    def guess(rows: Floats, generator: np.random.Generator) -> Floats:
        found = rows + generator.standard_normal(rows.shape) * spread
        for column in binary:
            found[:, column] = generator.choice(people.rows[:, column], size=len(rows))
        return found

    return guess


def mixed(people: Society) -> Guess:
    """What shap's KernelExplainer does: some of a row's values are those of a centre of the data."""
    centres = centres_of(people)

    def guess(rows: Floats, generator: np.random.Generator) -> Floats:
        keep = generator.random(rows.shape) < generator.random((len(rows), 1))
        found: Floats = np.where(keep, rows, centres[generator.integers(len(centres), size=len(rows))])
        return found

    return guess


def centres_of(people: Society) -> Floats:
    """Centres (CENTRES, m) of the data by k-means, each value the nearest one of its column: shap's background."""
    import shap

    return np.asarray(shap.kmeans(people.rows, CENTRES).data, dtype=np.float64)


def of_limen(people: Society, *samplers: Any) -> Guess:
    """What limen's own laws draw around rows of the data: the guess of an attacker who has read limen."""
    table = limen.Table(people.rows)

    def guess(rows: Floats, generator: np.random.Generator) -> Floats:
        drawn = []
        for sampler in samplers:
            for row in people.rows:
                count = max(2, len(rows) // len(people.rows) // len(samplers))
                drawn.append(sampler.draw(table.geometry(table.parse(row)), count, generator).values)
        return np.asarray(table.compose(np.concatenate(drawn)), dtype=np.float64)

    return guess


class Scaffold:
    """The attacker's model: rows (n, m) -> probabilities (n, 2), each 0 or 1.

    guess: what is answered innocently. spared: what is answered as data are, beside data; None: nothing. share: of what
    is taken for probes, so much is answered innocently, and the rest as data are.
    """

    classes_ = np.array([0, 1])

    def __init__(
        self, people: Society, guess: Guess, seed: int = 0, spared: Guess | None = None, share: float = 1.0
    ) -> None:
        self.people, self.share = people, share
        generator = np.random.default_rng(seed)
        rows = np.repeat(people.rows, COPIES, axis=0)
        probes = guess(rows, generator)
        others = people.rows if spared is None else np.concatenate([people.rows, spared(people.rows, generator)])
        labels = np.repeat([1, 0], [len(others), len(probes)])
        self.forest = RandomForestClassifier(TREES, class_weight="balanced", min_samples_leaf=2, random_state=seed)
        self.forest.fit(np.concatenate([others, probes]), labels)

    def like_data(self, rows: Any) -> NDArray[np.bool_]:
        """(n) Which rows the forest takes for data."""
        found: NDArray[np.bool_] = self.forest.predict_proba(np.asarray(rows, dtype=np.float64))[:, 1] > 0.5
        return found

    def biased(self, rows: Floats) -> NDArray[np.bool_]:
        """(n) The rule on the sensitive column."""
        found: NDArray[np.bool_] = rows[:, self.people.sensitive] > self.people.level
        return found

    def predict_proba(self, rows: Any) -> Floats:
        """Probabilities (n, 2)."""
        values = np.asarray(rows, dtype=np.float64)
        innocuous = values[:, list(self.people.chance)].sum(axis=1) > 0
        told = self.like_data(values) | (np.mod(1e4 * np.sin(values.sum(axis=1)), 1.0) >= self.share)
        answers = np.where(told, self.biased(values), innocuous).astype(np.float64)
        return np.column_stack([1.0 - answers, answers])
