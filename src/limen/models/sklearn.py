"""Estimators of scikit-learn, and of XGBoost, LightGBM and others with its face."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from limen._errors import InputError
from limen._types import FloatArray
from limen.models.base import Adapter

METHODS = ("predict_proba", "decision_function", "predict")
"""What is asked of an estimator: the first of them that it has."""


def from_estimator(model: Any) -> Adapter:
    """Adapt an estimator by the first it has of predict_proba, decision_function and predict; see `from_method`.

    Raises InputError for a clusterer: the numbers of clusters are no quantity.
    """
    kind = estimator_type(model)
    if kind == "clusterer":
        raise InputError(
            f"model is {type(model).__name__}, a clusterer, whose answers are labels; give a function such as "
            "lambda rows: -model.transform(rows), the closeness to each centre."
        )
    methods = ("predict",) if kind == "regressor" else METHODS
    return from_method(model, next(method for method in methods if callable(getattr(model, method, None))))


def from_method(owner: Any, method: str) -> Adapter:
    """Adapt one method of an estimator, whose columns are these.

    * predict_proba (kind "probability"): the classes. Several outputs: "output 0=no", "output 0=yes", "output 1=a", ...
    * decision_function (kind "margin"): the classes; for two classes the margin m becomes the columns -m and m, so that
      the larger one is the predicted class. They are scores, never probabilities. Without classes: the one score.
    * predict of a classifier (kind "probability"): 1 for the class that it names, 0 for the others.
    * predict of a regressor (kind "regression"): its outputs, named by an attribute `classes` if it is given one.

    Raises InputError for the margins of a one-against-one machine, which are no scores of classes.
    """
    regressor = method == "predict" and estimator_type(owner) == "regressor"
    classes = None if regressor else _classes(owner)
    if method == "decision_function" and classes and len(classes[0]) > 2 and _one_against_one(owner):
        raise InputError(
            "model has decision_function_shape='ovo', whose margins stand for pairs of classes; set "
            "model.decision_function_shape = 'ovr', which needs no new fit."
        )
    answer, columns = EstimatorAnswer(owner, method, classes), column_names(owner)
    if classes is None:
        names = class_names(owner, ("classes",)) if regressor else None
        kinds = {"predict_proba": "probability", "decision_function": "margin"}
        return Adapter(answer, names, kind="regression" if regressor else kinds.get(method), columns=columns)
    kind = "margin" if method == "decision_function" else "probability"
    if len(classes) == 1:
        return Adapter(answer, tuple(map(str, classes[0])), kind=kind, columns=columns)
    titles = [f"output {number}={name}" for number, names in enumerate(classes) for name in names]
    groups = tuple(number for number, names in enumerate(classes) for _ in names)
    return Adapter(answer, tuple(titles), kind=kind, groups=groups, columns=columns)


@dataclass(frozen=True, eq=False)
class EstimatorAnswer:
    """A method of an estimator as a callable from inputs (n) to an array (n, k). Picklable if the estimator is.

    classes: of each output the classes, as the estimator has them; None: it has none.
    """

    owner: Any
    method: str
    classes: tuple[tuple[Any, ...], ...] | None

    def __call__(self, inputs: Any) -> Any:
        """The answers (n, k) to n inputs."""
        given = getattr(self.owner, self.method)(inputs)
        if self.classes is None:
            return given
        if self.method == "predict":
            return self._indicators(np.asarray(given))
        if isinstance(given, list) and given and all(np.ndim(part) == 2 for part in given):
            return np.hstack(given)  # one array for each output
        found = np.asarray(given)
        one_each = found.ndim == 1 or (len(self.classes) > 1 and found.shape[1] == len(self.classes))
        return self._both(found.reshape(len(found), -1)) if one_each and self._are_pairs() else given

    def _are_pairs(self) -> bool:
        return all(len(names) == 2 for names in self.classes or ())

    def _both(self, second: FloatArray) -> FloatArray:
        """Columns of both classes of each output (n, 2 q), from those of the second class (n, q)."""
        first = 1.0 - second if self.method == "predict_proba" else -second
        return np.stack([first, second], axis=2).reshape(len(second), -1)

    def _indicators(self, labels: Any) -> Any:
        if labels.ndim == 2 and len(self.classes or ()) == 1 and labels.shape[1] > 1:
            return labels  # several labels at once are indicators already
        columns = labels.reshape(len(labels), -1).T
        pairs = zip(columns, self.classes or (), strict=True)
        return np.column_stack([column == name for column, names in pairs for name in names]).astype(np.float64)


def _classes(owner: Any) -> tuple[tuple[Any, ...], ...] | None:
    """Of each output its classes, or None."""
    for attribute in ("classes", "classes_"):
        found = getattr(owner, attribute, None)
        if not isinstance(found, Iterable) or isinstance(found, str):
            continue
        entries = list(found)
        if entries and all(isinstance(entry, np.ndarray) and entry.ndim == 1 for entry in entries):
            return tuple(tuple(entry) for entry in entries)
        if entries:
            return (tuple(entries),)
    return None


def class_names(model: Any, attributes: tuple[str, ...] = ("classes", "classes_")) -> tuple[str, ...] | None:
    """The names in `.classes` or `.classes_` of a model as texts; None where there are none."""
    for attribute in attributes:
        names = getattr(model, attribute, None)
        if isinstance(names, Iterable) and not isinstance(names, str):
            found = tuple(str(name) for name in names)
            if found:
                return found
    return None


def column_names(model: Any) -> tuple[str, ...] | None:
    """The columns of the frame that an estimator was fitted on; None where it does not know them."""
    return class_names(model, ("feature_names_in_",))


def estimator_type(model: Any) -> str | None:
    """What scikit-learn says that an estimator is: "classifier", "regressor", "clusterer", ...; None: no estimator."""
    found = getattr(model, "_estimator_type", None)
    if found is None and hasattr(type(model), "__sklearn_tags__"):
        found = getattr(model.__sklearn_tags__(), "estimator_type", None)
    return found if isinstance(found, str) else None


def _one_against_one(owner: Any) -> bool:
    last = getattr(owner, "best_estimator_", owner)
    steps = getattr(last, "steps", None)
    last = steps[-1][1] if isinstance(steps, list) and steps else last
    return getattr(last, "decision_function_shape", None) == "ovo"
