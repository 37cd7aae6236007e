"""What the caller of an audit gave, read and checked."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

from limen._errors import InputError
from limen._explain import Explainer
from limen.domains import Table
from limen.models import Versus
from limen.results import Explanation, ImageInstance, TableInstance, TextInstance


def whole(name: str, value: Any) -> int:
    """A whole number of at least 0; raises InputError for anything else."""
    try:
        found = operator.index(value)
    except TypeError:
        found = -1
    if isinstance(value, bool) or found < 0:
        raise InputError(f"{name} is {value!r}, expected a whole number of at least 0.")
    return found


def input_of(explanation: Explanation) -> Any:
    """The input as it can be explained again."""
    instance = explanation.instance
    if isinstance(instance, TextInstance):
        return instance.text
    if isinstance(instance, ImageInstance):
        return instance.image
    return instance.render(instance.origin[None])


def training_of(training: Any) -> tuple[Any, Any] | None:
    """A pair of inputs and labels; raises InputError for anything else."""
    if training is None or (isinstance(training, tuple | list) and len(training) == 2):
        return None if training is None else (training[0], training[1])
    raise InputError(f"training is of type {type(training).__name__}, expected a pair: (inputs, labels).")


def target_of(explanation: Explanation) -> Any:
    """The target by its class numbers, whatever the model answers elsewhere."""
    if explanation.against:
        return Versus(explanation.target, explanation.against)
    return explanation.target


def texts_of(explanation: Explanation, background: Any) -> list[str] | None:
    """The corpus, if a text was explained; raises InputError for what is no list of texts."""
    if background is None or not isinstance(explanation.instance, TextInstance):
        return None
    several = background.tolist() if hasattr(background, "tolist") else background
    if isinstance(several, str) or not isinstance(several, Iterable):
        raise InputError(f"background is {background!r:.60}, expected a list of texts.")
    texts = list(several)
    wrong = next((one for one in texts if not isinstance(one, str)), None)
    if wrong is not None or not texts:
        raise InputError(f"background holds {wrong!r:.60}, expected a list of texts, at least one.")
    return texts


def table_of(explanation: Explanation, explainer: Explainer | None, background: Any) -> Table | None:
    """The table of the row; raises InputError for one of other columns, and for a background of an image."""
    if isinstance(explanation.instance, ImageInstance) and background is not None:
        raise InputError("background is given, and an image has none; leave it out.")
    if not isinstance(explanation.instance, TableInstance):
        return None
    if background is not None and not isinstance(background, Table):
        raise InputError(
            f"background is of type {type(background).__name__}, expected the limen.Table that the row was explained "
            "with."
        )
    own = explainer.domain if explainer is not None and isinstance(explainer.domain, Table) else None
    table, columns = background or own, len(explanation.instance.columns)
    if table is not None and table.n_columns != columns:
        raise InputError(
            f"{'background' if background else 'the domain of explainer'} has {table.n_columns} columns, and the "
            f"explained row has {columns}; give the limen.Table that the row was explained with."
        )
    return table
