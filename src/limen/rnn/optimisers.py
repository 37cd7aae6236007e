"""How the weights follow the gradient: frozen nouns. What they remember from update to update is kept apart from them.

A user's own optimiser is any object with `learning_rate`, `start` and `step` as `Optimiser` names them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from limen._errors import InputError

Arrays = Mapping[str, NDArray[np.floating[Any]]]
"""Parameters or gradients by name, as `RNN.parameters()` names them."""


@runtime_checkable
class Optimiser(Protocol):
    """What `fit` asks of an optimiser."""

    @property
    def learning_rate(self) -> float:
        """The rate before the schedule's factor."""

    def start(self, parameters: Arrays) -> Any:
        """What is remembered from update to update, before the first."""

    def step(self, parameters: Arrays, gradients: Arrays, memory: Any, learning_rate: float) -> None:
        """Change the parameters in place, and the memory."""


@dataclass(frozen=True)
class SGD:
    """Gradient descent, `W ← W - η g` (Robbins, Monro 1951), as torch.optim.SGD does it.

    Raises InputError unless the rate is a positive number; so do the others.
    """

    learning_rate: float = 0.1

    def __post_init__(self) -> None:
        _rate(self)

    def start(self, parameters: Arrays) -> None:
        """Nothing is remembered."""

    def step(self, parameters: Arrays, gradients: Arrays, memory: None, learning_rate: float) -> None:
        """Change the parameters in place."""
        del memory
        for name, parameter in parameters.items():
            parameter -= learning_rate * gradients[name]


@dataclass(frozen=True)
class Momentum:
    """Heavy ball, `v ← μ v + g; W ← W - η v` (Polyak 1964), or with `nesterov` `W ← W - η (g + μ v)` (Nesterov 1983).

    The same as torch.optim.SGD(momentum=μ, nesterov=...). momentum: μ from 0 to below 1.
    """

    learning_rate: float = 0.01
    momentum: float = 0.9
    nesterov: bool = False

    def __post_init__(self) -> None:
        _rate(self)
        _share("momentum", self.momentum)

    def start(self, parameters: Arrays) -> dict[str, NDArray[Any]]:
        """The velocities, 0."""
        return {name: np.zeros_like(parameter) for name, parameter in parameters.items()}

    def step(
        self, parameters: Arrays, gradients: Arrays, memory: dict[str, NDArray[Any]], learning_rate: float
    ) -> None:
        """Change the parameters and the velocities in place."""
        for name, parameter in parameters.items():
            gradient, velocity = gradients[name], memory[name]
            velocity *= self.momentum
            velocity += gradient
            parameter -= learning_rate * (gradient + self.momentum * velocity if self.nesterov else velocity)


@dataclass
class Moments:
    """What Adam remembers: the number of updates, and the running means of the gradient and of its square."""

    updates: int
    first: dict[str, NDArray[Any]]
    second: dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma, Ba 2015, algorithm 1), with ε outside the root, as torch.optim.Adam does it.

    beta1, beta2: how slowly the means of the gradient and of its square forget, from 0 to below 1. epsilon: above 0.
    """

    learning_rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        _rate(self)
        _share("beta1", self.beta1)
        _share("beta2", self.beta2)
        positive("epsilon", self.epsilon)

    def start(self, parameters: Arrays) -> Moments:
        """Both means 0."""
        first, second = ({name: np.zeros_like(one) for name, one in parameters.items()} for _ in range(2))
        return Moments(0, first, second)

    def step(self, parameters: Arrays, gradients: Arrays, memory: Moments, learning_rate: float) -> None:
        """Change the parameters and the means in place."""
        memory.updates += 1
        # The means start from 0; dividing by these takes that bias away.
        first_bias = 1 - self.beta1**memory.updates
        second_bias = math.sqrt(1 - self.beta2**memory.updates)
        for name, parameter in parameters.items():
            gradient, first, second = gradients[name], memory.first[name], memory.second[name]
            first += (1 - self.beta1) * (gradient - first)
            second += (1 - self.beta2) * (gradient * gradient - second)
            scale = np.sqrt(second)
            scale /= second_bias
            scale += self.epsilon
            np.divide(first, scale, out=scale)
            scale *= learning_rate / first_bias
            parameter -= scale


def global_norm(gradients: Arrays) -> float:
    """The Euclidean norm of all gradients together; nan or inf where one of them holds such a number.

    Computed in float64 and scaled by the largest entry, so that squares neither overflow nor vanish.
    """
    largest = max(float(np.abs(one).max(initial=0.0)) for one in gradients.values())
    if largest == 0.0 or not math.isfinite(largest):
        return largest
    scaled = (one.astype(np.float64).ravel() / largest for one in gradients.values())
    return largest * math.sqrt(sum(float(one @ one) for one in scaled))


def clip_by_norm(gradients: Arrays, norm: float, limit: float) -> bool:
    """Shorten the gradients, in place, to the norm `limit` where `norm` is above it; whether that was needed.

    Their direction stays (Pascanu, Mikolov, Bengio 2013, algorithm 1). torch's clip_grad_norm_ divides by norm + 1e-6
    instead of norm.
    """
    if norm <= limit:
        return False
    for gradient in gradients.values():
        gradient *= limit / norm
    return True


def _rate(optimiser: Optimiser) -> None:
    positive("learning_rate", optimiser.learning_rate)


def positive(name: str, value: Any) -> float:
    """Give the value back if it is a number above 0, otherwise raise InputError."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
        raise InputError(f"{name} is {value!r}, expected a number above 0.")
    number: float = value
    return number


def _share(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1:
        raise InputError(f"{name} is {value!r}, expected a number from 0 to below 1.")
