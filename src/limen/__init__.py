"""Local explanations of any model, with the error of every number.

>>> import limen
>>> explanation = limen.explain(limen.zoo.spam(), "For Christmas Song visit our channel!")
>>> print(explanation)  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from types import ModuleType

from limen._errors import LimenError
from limen._explain import Explainer, explain
from limen._version import __version__ as __version__
from limen.domains import Image, Table, Text
from limen.results import Audit, Explanation, GradientFlow
from limen.rnn.torch.flow import gradient_flow
from limen.surrogates import Linear, Quadratic
from limen.trust import audit

__all__ = [
    "Audit",
    "Explainer",
    "Explanation",
    "GradientFlow",
    "Image",
    "LimenError",
    "Linear",
    "Quadratic",
    "Table",
    "Text",
    "audit",
    "explain",
    "gradient_flow",
]

_SUBMODULES = ("errors", "models", "plots", "report", "rnn", "sampling", "zoo")


def __getattr__(name: str) -> ModuleType:
    """Import a public submodule when it is first used."""
    if name in _SUBMODULES:
        return importlib.import_module(f"limen.{name}")
    raise AttributeError(f"module 'limen' has no attribute {name!r}; its submodules are {', '.join(_SUBMODULES)}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_SUBMODULES])
