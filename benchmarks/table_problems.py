"""Problems of tables for the benchmarks: curves in two columns, and three models over five real tables."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common import needed
from tables import Floats, Problem

ADULT_NAMES = (
    "age, workclass, fnlwgt, education, education-num, marital-status, occupation, relationship, race, sex, "
    "capital-gain, capital-loss, hours-per-week, native-country"
)
ADULT = ADULT_NAMES.split(", ")
MOST_ROWS = 5000
"""Rows of the large tables that the models are trained on; they are limen's and lime's background too."""


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
