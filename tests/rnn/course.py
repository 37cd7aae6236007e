"""The net of the course in torch, a sample and a step at a time and left to autograd; random cases of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st

from limen.rnn import RNN

ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid, "identity": lambda a: a}
FIELDS = ("x", "a", "h", "z", "y_hat", "o_hat", "initial", "lengths")
NAMES = ("W_xh", "W_hh", "W_hy", "b_h", "b_y")


@dataclass
class Case:
    net: RNN
    x: np.ndarray
    y: np.ndarray
    steps: str
    lengths: np.ndarray | None
    initial: np.ndarray | None
    mask: np.ndarray | None

    def trace(self):
        return self.net.forward(self.x, lengths=self.lengths, initial=self.initial)

    def loss(self) -> float:
        return self.net.loss(self.trace(), self.y, steps=self.steps, mask=self.mask)

    def bptt(self, **options: Any):
        return self.net.bptt(self.trace(), self.y, steps=self.steps, mask=self.mask, **options)

    def counted(self, sample: int) -> list[int]:
        """The steps of a sample that the loss hears."""
        time = self.x.shape[1]
        length = time if self.lengths is None else int(self.lengths[sample])
        steps = range(length) if self.steps == "all" else [length - 1]
        return [t for t in steps if self.mask is None or self.mask[sample, t]]

    def weights(self, sample: int, step: int) -> np.ndarray:
        """The label of a step as a distribution over the outputs."""
        y = self.y
        if y.dtype.kind == "i":
            return np.eye(self.net.outputs)[y[sample, step] if y.ndim == 2 else y[sample]]
        return y[sample, step] if y.ndim == 3 else y[sample]


def example(**options: Any) -> tuple[RNN, np.ndarray]:
    """A net and a batch of two sequences of six steps."""
    net = RNN(3, 5, 4, seed=2, **options)
    return net, np.random.default_rng(2).standard_normal((2, 6, 3))


@st.composite
def cases(draw, activations: tuple[str, ...] = tuple(ACTIVATIONS), steps: tuple[str, ...] = ("all", "last")) -> Case:
    """Small nets and batches with every option of the interface."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    inputs, hidden, outputs, batch, time = (draw(st.integers(1, most)) for most in (3, 5, 4, 3, 7))
    net = RNN(
        inputs,
        hidden,
        outputs,
        hidden_activation=draw(st.sampled_from(activations)),
        output_activation=draw(st.sampled_from(activations)),
        bias=draw(st.booleans()),
        seed=draw(st.integers(0, 1000)),
    )
    for values in net.parameters().values():
        values *= draw(st.sampled_from([0.5, 1.0, 2.0]))
    kind, once = draw(st.sampled_from(steps)), draw(st.booleans())
    grid = (batch,) if kind == "last" and once else (batch, time)
    if draw(st.booleans()):
        y = generator.integers(0, outputs, grid)
    else:
        y = generator.exponential(size=(*grid, outputs)) * (generator.random((*grid, outputs)) < 0.7)
    mask = generator.random((batch, time)) < 0.7 if draw(st.booleans()) else None
    case = Case(
        net,
        generator.standard_normal((batch, time, inputs)),
        y,
        kind,
        generator.integers(1, time + 1, batch) if draw(st.booleans()) else None,
        generator.standard_normal((batch, hidden)) if draw(st.booleans()) else None,
        mask,
    )
    if mask is not None and not any(case.counted(sample) for sample in range(batch)):
        case.mask = None
    return case


def autograd(case: Case, truncate: int | None = None) -> dict[str, Any]:
    """The loss, and by name its gradients; with truncate each step's loss starts anew from a state without history."""
    net, batch = case.net, len(case.x)
    tensors = {name: torch.tensor(values, requires_grad=True) for name, values in net.parameters().items()}
    tensors["x"] = torch.tensor(case.x, requires_grad=True)
    start = np.zeros((batch, net.hidden)) if case.initial is None else case.initial
    tensors["initial"] = torch.tensor(start, requires_grad=True)
    total = torch.zeros((), dtype=torch.float64)
    for sample in range(batch):
        states = [tensors["initial"][sample]]
        for step in range(case.x.shape[1]):
            states.append(_step(net, tensors, sample, step, states[-1]))
        for step in case.counted(sample):
            total = total + _error(case, tensors, sample, step, states, truncate)
    if total.requires_grad:
        total.backward()
    found = {name: np.zeros(t.shape) if t.grad is None else t.grad.numpy() for name, t in tensors.items()}
    return {"loss": total.item(), **found}


def _step(net, tensors, sample, step, state):
    a = tensors["x"][sample, step] @ tensors["W_xh"] + state @ tensors["W_hh"]
    return ACTIVATIONS[net.hidden_activation](a + tensors["b_h"] if net.bias else a)


def _error(case, tensors, sample, step, states, truncate):
    net, state = case.net, states[step + 1]
    if truncate is not None:
        first = max(0, step - truncate)
        state = states[0] if step < truncate else states[first].detach()
        for t in range(first, step + 1):
            state = _step(net, tensors, sample, t, state)
    z = state @ tensors["W_hy"]
    scores = ACTIVATIONS[net.output_activation](z + tensors["b_y"] if net.bias else z)
    return -(torch.tensor(case.weights(sample, step)) * torch.log_softmax(scores, 0)).sum()


def assert_close(found: np.ndarray, expected: np.ndarray, tolerance: float = 1e-12, name: str = "") -> None:
    """Equal to rounding, relative to the largest entry."""
    assert found.shape == expected.shape, (name, found.shape, expected.shape)
    scale = max(1e-3, float(np.abs(expected).max(initial=0)))
    assert np.abs(found - expected).max(initial=0) <= tolerance * scale, (name, found, expected)
