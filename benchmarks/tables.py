"""Problems on tables for the benchmarks: models over real data and over curves, lime as the peer, one ball for all."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

import limen
from common import needed
from limen._question import on_scale
from limen.models import predictor

Floats = NDArray[np.float64]
ADULT_NAMES = (
    "age, workclass, fnlwgt, education, education-num, marital-status, occupation, relationship, race, sex, "
    "capital-gain, capital-loss, hours-per-week, native-country"
)
ADULT = ADULT_NAMES.split(", ")
MOST_ROWS = 5000
"""Rows of the large tables that the models are trained on; they are limen's and lime's background too."""


@dataclass(frozen=True, eq=False)
class Problem:
    """A fitted model and its background. level: for a regression, the value whose two sides are told apart."""

    name: str
    model: Any
    background: Any
    level: float | None = None
    curved: bool = False

    @cached_property
    def domain(self) -> limen.Table:
        """The background as limen's domain, which also encodes rows for lime."""
        return limen.Table(self.background)

    @cached_property
    def encoded(self) -> Floats:
        """The background's rows (N, m) as numbers."""
        return np.stack(self.domain.rows(self.background)[0])

    @cached_property
    def _answer(self) -> Callable[[Any], Any]:
        return predictor(self.model).adapter.answer

    def answers(self, values: Floats) -> Floats:
        """The model's outputs (n, k) for encoded rows (n, m)."""
        found = np.asarray(self._answer(self.domain.compose(values)), dtype=np.float64)
        return found[:, None] if found.ndim == 1 else found

    def chosen(self, count: int, seed: int = 0) -> list[int]:
        """Numbers of background rows to explain."""
        return np.random.default_rng([7, seed]).permutation(len(self.background))[:count].tolist()

    def native(self, places: list[int]) -> Any:
        """Background rows as the user has them."""
        return self.background.iloc[places] if hasattr(self.background, "iloc") else self.background[places]

    def target(self, place: int) -> int:
        """The predicted class of a background row; 0 for a regression."""
        return int(np.argmax(self.answers(self.encoded[[place]])[0]))

    def told(self, outputs: Floats, target: int, scale: str = "probability") -> Floats:
        """What is explained (n), from outputs (n, k)."""
        return on_scale(outputs, (target,), "raw" if self.level is not None else scale)[0]

    def threshold(self, outputs: Floats, target: int) -> Floats:
        """What the explained number (n) is above where the target wins: ½, the best other class, or the level."""
        if self.level is not None or outputs.shape[1] == 2:
            return np.full(len(outputs), 0.5 if self.level is None else self.level)
        return np.asarray(np.delete(outputs, target, axis=1).max(axis=1))


@dataclass(frozen=True, eq=False)
class Probes:
    """Fresh probes (n, m) of one ball around a row, their coordinates (n, d), and what is explained of them (n)."""

    values: Floats
    points: Floats
    origin: Floats
    truth: Floats
    log_odds: Floats
    threshold: Floats
    whole: float
    target: int

    def r2(self, found: Floats, truth: Floats | None = None) -> float:
        """R² of a surrogate's answers (n)."""
        truth = self.truth if truth is None else truth
        return float(1 - np.mean((truth - found) ** 2) / np.var(truth))

    def agreement(self, found: Floats) -> float:
        """The share of the probes at which a surrogate is on the model's side of the decision."""
        return float(np.mean((found > self.threshold) == (self.truth > self.threshold)))


def fresh(problem: Problem, places: list[int], width: float, n: int) -> list[Probes]:
    """Probes of `Ball(width)` around each row, which neither limen nor lime has seen; all are asked together."""
    domain, drawn = problem.domain, []
    for place in places:
        geometry = domain.geometry(domain.parse(problem.encoded[place]))
        values = limen.sampling.Ball(width).draw(geometry, n, np.random.default_rng([99, place])).values
        drawn.append((values, geometry.coordinates(values), geometry.coordinates(geometry.origin[None])))
    wholes = problem.answers(problem.encoded[places])
    outputs = problem.answers(np.concatenate([values for values, _, _ in drawn])).reshape(len(places), n, -1)
    found = []
    for (values, points, origin), whole, outputs_here in zip(drawn, wholes, outputs, strict=True):
        target = int(np.argmax(whole))
        truth, before = problem.told(outputs_here, target), float(problem.told(whole[None], target)[0])
        odds = problem.told(outputs_here, target, "log-odds")
        threshold = problem.threshold(outputs_here, target)
        found.append(Probes(values, points, origin, truth, odds, threshold, before, target))
    return found


@dataclass(frozen=True, eq=False)
class LimeLine:
    """Lime's surrogate: its intercept and the weight (m) of "same bin or category as in x"."""

    intercept: float
    weights: Floats
    own: Floats
    discretize: Callable[[Floats], Floats]

    def __call__(self, values: Floats) -> Floats:
        """Its answers (n) at encoded rows (n, m), through lime's own discretiser."""
        found: Floats = self.intercept + (self.discretize(values) == self.own) @ self.weights
        return found

    def top(self, count: int) -> list[int]:
        """The columns with the largest weights."""
        return np.argsort(-np.abs(self.weights), kind="stable")[:count].tolist()


def lime_explainer(problem: Problem, seed: int) -> Any:
    """Lime's explainer with its defaults, on limen's numbers for the same background."""
    from lime.lime_tabular import LimeTabularExplainer

    domain = problem.domain
    numeric = domain.geometry(domain.parse(problem.encoded[0])).numeric
    return LimeTabularExplainer(
        problem.encoded,
        mode="classification" if problem.level is None else "regression",
        categorical_features=np.flatnonzero(~numeric).tolist(),
        random_state=seed,
    )


def lime_line(
    problem: Problem,
    explainer: Any,
    place: int,
    rows: int,
    num_features: int | None = None,
    *,
    target: int | None = None,
    answer: Callable[[Floats], Floats] | None = None,
) -> LimeLine:
    """Lime's surrogate for a background row from so many model rows.

    num_features: None = all. target, answer: None = the predicted class, and the problem's model.
    """
    x, regression = problem.encoded[place], problem.level is not None
    label = 1 if regression else problem.target(place) if target is None else target
    if answer is None:
        answer = (lambda values: problem.answers(values)[:, 0]) if regression else problem.answers
    explained = explainer.explain_instance(
        x, answer, labels=(label,), num_samples=rows, num_features=num_features or len(x)
    )
    weights = np.zeros(len(x))
    for column, weight in explained.local_exp[label]:
        weights[column] = weight
    discretize = explainer.discretizer.discretize
    return LimeLine(float(explained.intercept[label]), weights, discretize(x), discretize)


def curves() -> Iterator[Problem]:
    """Two columns and a curved boundary, each learned by a net of 2 × 32 units."""
    from sklearn.neural_network import MLPClassifier

    for name, (x, y) in _curves().items():
        net = MLPClassifier((32, 32), max_iter=800, random_state=0).fit(x, y)
        yield Problem(f"{name}, MLP", net.predict_proba, x, curved=True)


def _curves() -> dict[str, tuple[Floats, NDArray[np.int64]]]:
    from sklearn.datasets import make_moons

    generator = np.random.default_rng(0)
    cloud = generator.normal(size=(1500, 2))
    turns = generator.uniform(0.25, 1.0, 1500)
    arm = np.arange(1500) % 2
    angles = 2 * np.pi * 1.5 * turns + np.pi * arm
    spiral = 2 * turns[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])
    return {
        "circle": (cloud, (np.hypot(*cloud.T) < 1.1).astype(np.int64)),
        "XOR": (cloud, (cloud[:, 0] * cloud[:, 1] > 0).astype(np.int64)),
        "moons": make_moons(1500, noise=0.2, random_state=0),
        "spiral": (spiral + 0.05 * generator.normal(size=(1500, 2)), arm),
    }


def adult() -> tuple[Any, Any]:
    """Adult census: 14 columns, 8 of them texts ("?" is one of their values), and whether income is above 50,000."""
    import pandas as pd

    frame = pd.read_csv(needed("data/tabular/adult.data"), names=[*ADULT, "income"], skipinitialspace=True)
    frame = frame.sample(MOST_ROWS, random_state=0).reset_index(drop=True)
    return frame[ADULT], frame["income"]


def california() -> tuple[Any, Any]:
    """California housing: 8 numbers, and the median house value of a block in 100,000 dollars."""
    import pandas as pd

    frame = pd.read_csv(needed("data/tabular/california_housing.csv"))
    frame = frame.sample(MOST_ROWS, random_state=0).reset_index(drop=True)
    return frame.drop(columns="MedHouseVal"), frame["MedHouseVal"]


def penguins() -> tuple[Any, Any]:
    """Penguins: 5 numbers, 2 texts (a missing sex is the text "unknown"), and the species.

    The two birds without measurements are left out, because lime cannot read missing numbers.
    """
    import pandas as pd

    with needed("data/tabular/penguins.csv").open(encoding="utf-8", newline="") as file:
        frame = pd.DataFrame(list(csv.DictReader(file)))
    numbers = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g", "year"]
    frame[numbers] = frame[numbers].apply(pd.to_numeric, errors="coerce")
    frame = frame.dropna(subset=numbers).reset_index(drop=True)
    frame["sex"] = frame["sex"].where(frame["sex"].isin(["male", "female"]), "unknown")
    return frame[["island", *numbers, "sex"]], frame["species"]


def breast_cancer() -> tuple[Any, Any]:
    """Breast cancer: 30 numbers, two classes."""
    from sklearn.datasets import load_breast_cancer

    return load_breast_cancer(return_X_y=True, as_frame=True)  # type: ignore[no-any-return]


def wine() -> tuple[Any, Any]:
    """Wine: 13 numbers, three classes."""
    from sklearn.datasets import load_wine

    return load_wine(return_X_y=True, as_frame=True)  # type: ignore[no-any-return]


DATA: dict[str, Callable[[], tuple[Any, Any]]] = {
    "Adult": adult,
    "California": california,
    "penguins": penguins,
    "breast cancer": breast_cancer,
    "wine": wine,
}
MODELS = ("forest", "boosting", "MLP")


def fitted(data: str, model: str) -> Problem:
    """A scikit-learn Pipeline over a data frame: columns of texts are encoded inside it."""
    x, y = DATA[data]()
    regression = data == "California"
    pipeline = _pipeline(x, model, regression).fit(x, y)
    return Problem(f"{data}, {model}", pipeline, x, float(np.median(y)) if regression else None)


def _pipeline(x: Any, model: str, regression: bool) -> Any:
    from sklearn import ensemble, neural_network
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

    kind = "Regressor" if regression else "Classifier"
    texts = x.select_dtypes(exclude="number").columns.tolist()
    if model == "forest":
        learner = getattr(ensemble, f"RandomForest{kind}")(100, random_state=0, n_jobs=1)
    elif model == "boosting":
        learner = getattr(ensemble, f"HistGradientBoosting{kind}")(random_state=0)
    else:
        learner = getattr(neural_network, f"MLP{kind}")(hidden_layer_sizes=(50,), max_iter=300, random_state=0)
    codes = OneHotEncoder(sparse_output=False) if model == "MLP" else OrdinalEncoder()
    rest = StandardScaler() if model == "MLP" else "passthrough"
    return make_pipeline(make_column_transformer((codes, texts), remainder=rest), learner)
