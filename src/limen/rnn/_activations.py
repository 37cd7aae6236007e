"""The activations of the net of the course; slopes come from the output, so that pre-activations need not be kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limen._errors import unknown

Array = NDArray[np.floating[Any]]
"""float32 or float64, of any shape."""


@dataclass(frozen=True)
class Activation:
    """An elementwise function g.

    apply(a, out): write g(a) to `out`, which may be `a` itself. slope(g, out): write g'(a), computed from g = g(a), to
    `out`, which may not be `g`. steepest: the largest slope anywhere. largest: the largest |g(a)| anywhere. linear:
    g(a) = a, so that both functions can be left out.
    """

    name: str
    apply: Callable[[Array, Array], object]
    slope: Callable[[Array, Array], object]
    steepest: float
    largest: float
    linear: bool = False


def _copy(a: Array, out: Array) -> None:
    if out is not a:
        np.copyto(out, a)


def _one(_: Array, out: Array) -> None:
    out.fill(1)


def _tanh_slope(g: Array, out: Array) -> None:
    np.multiply(g, g, out)
    np.subtract(1, out, out)


def _relu(a: Array, out: Array) -> None:
    np.maximum(a, 0, out=out)


def _relu_slope(g: Array, out: Array) -> None:
    np.greater(g, 0, out)  # at 0 the slope is 0, as in torch


def _sigmoid(a: Array, out: Array) -> None:
    """1 / (1 + exp(-a)): exact to rounding at both ends (a tanh would lose the small values); exp may reach inf."""
    np.negative(a, out)
    np.exp(out, out)
    np.add(out, 1, out)
    np.reciprocal(out, out)


def _sigmoid_slope(g: Array, out: Array) -> None:
    np.subtract(1, g, out)
    np.multiply(out, g, out)


ACTIVATIONS = {
    "tanh": Activation("tanh", np.tanh, _tanh_slope, 1.0, 1.0),
    "relu": Activation("relu", _relu, _relu_slope, 1.0, np.inf),
    "sigmoid": Activation("sigmoid", _sigmoid, _sigmoid_slope, 0.25, 1.0),
    "identity": Activation("identity", _copy, _one, 1.0, np.inf, linear=True),
}


def activation(argument: str, name: str) -> Activation:
    """The activation of that name; raises InputError, which lists the names, if there is none."""
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise unknown(argument, name, ACTIVATIONS)
    return ACTIVATIONS[name]
