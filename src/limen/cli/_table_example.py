"""The built-in example: wines told apart by their chemistry, by a curved model that is fitted on the spot."""

from __future__ import annotations

from typing import Any

from limen.cli._table_read import pandas

TITLE = "the example: a quadratic logistic regression on scikit-learn's 178 wines of 3 growers (--model for another)"

FIRST = "65"
"""A wine that lies near the border of two growers."""


def example() -> tuple[Any, Any]:
    """The model and the frame (178, 13) that it was fitted on.

    Source: Forina et al., PARVUS, 1988; the wine data of the UCI repository, as scikit-learn carries them.
    """
    known = pandas()
    from sklearn.datasets import load_wine
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    wines = load_wine()
    names = [name.replace("/", "_").removesuffix("_of_diluted_wines") for name in wines.feature_names]
    frame = known.DataFrame(wines.data, columns=names)
    growers = [f"grower {number + 1}" for number in wines.target]
    terms = PolynomialFeatures(2, include_bias=False)
    model = make_pipeline(StandardScaler(), terms, LogisticRegression(C=0.1, max_iter=1000))
    return model.fit(frame, growers), frame
