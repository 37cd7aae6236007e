"""One measurement of a monitor: a batch, the model as it stands in the middle of training, and what is told of both."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from limen._errors import InputError
from limen._version import __version__
from limen.results import LayerFlow
from limen.results.reading import LayerReading, MonitorReading
from limen.rnn.torch.alarms import growing_gradient, growing_state, not_finite
from limen.rnn.torch.alone import left_alone
from limen.rnn.torch.capture import Capture
from limen.rnn.torch.chains import Chain, chains_of, in_order
from limen.rnn.torch.checks import checked_loss, inputs_of
from limen.rnn.torch.clipping import factor_of, log_norm_anew, log_norm_of
from limen.rnn.torch.descent import handed_to
from limen.rnn.torch.horizons import median
from limen.rnn.torch.layers import Layer, recorded
from limen.rnn.torch.light import all_light_layers
from limen.rnn.torch.local import Tensor
from limen.rnn.torch.verdict import sentence_of, verdict_of, worst_of


@dataclass(frozen=True, eq=False)
class Watched:
    """What is measured, and how: see `limen.rnn.Monitor`."""

    model: Any
    loss: Callable[..., Any]
    samples: int | None = None
    clip_norm: float | None = None
    cells: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def reading(self, x: Any, y: Any, step: int) -> MonitorReading:
        """Measure on a batch; the model is left as it was."""
        import torch

        start = time.perf_counter()
        with without_dropout(self.model), left_alone(self.model), torch.enable_grad():
            capture = Capture(self.model, self.cells)
            with capture.open():
                output = called(self.model, x)
            value, alarm = self._value(capture, output, y)
            chains = [] if value is None else in_order(chains_of(capture.calls))
            trained = self._trained()
            gradients: list[Tensor | None] = []
            if value is not None:
                gradients, reached = handed_to(chains, value.sum(), trained)
                alarm = None if math.isfinite(reached) else _bad_gradient(chains)
            layers = [] if alarm else all_light_layers(chains, self.samples)
            factor = self._clip_factor(trained, gradients, layers, x, y) if layers else 1.0
        flows = [recorded(layer, None) for layer in layers]
        alarms = [alarm] if alarm else _alarms(chains, flows)
        worst = flows[worst_of(flows)] if flows else None
        verdict = None if worst is None else verdict_of(worst)
        return MonitorReading(
            step=step,
            loss=math.nan if value is None else float(value.detach().sum()),
            verdict=verdict,
            sentence=f"not finite: {alarm}" if worst is None else sentence_of(worst, verdict),
            layers=tuple(layer_reading(flow) for flow in flows),
            clip_factor=factor,
            alarms=tuple(alarms),
            samples=len(flows[0].lengths) if flows else 0,
            seconds=time.perf_counter() - start,
            limen_version=__version__,
        )

    def _value(self, capture: Capture, output: Any, y: Any) -> tuple[Tensor | None, str | None]:
        """The loss, or what is not finite."""
        import torch

        alarm = not_finite(capture.calls)
        if alarm is not None:
            return None, alarm
        value = self._of(output, y)
        if isinstance(value, torch.Tensor) and not bool(torch.isfinite(value).all()):
            return None, f"the loss is {float(value.detach().sum())}, though all states are finite; look at the head."
        return checked_loss(lambda _: value, output, capture.calls), None

    def _of(self, output: Any, y: Any) -> Any:
        return self.loss(output) if y is None else self.loss(output, y)

    def _trained(self) -> list[Tensor]:
        """The parameters whose gradients are clipped; none without clipping."""
        return [] if self.clip_norm is None else [one for one in self.model.parameters() if one.requires_grad]

    def _clip_factor(
        self, trained: list[Tensor], gradients: list[Tensor | None], layers: list[Layer], x: Any, y: Any
    ) -> float:
        """By how much clipping scales the gradient of all parameters down: a pass of its own only where there must.

        gradients: of what is trained, behind the leaves of the recurrent layers.
        """
        if self.clip_norm is None:
            return 1.0
        found = log_norm_of(trained, gradients, layers) if self._has_all(layers) else None
        if found is None:
            found = log_norm_anew(lambda: self._of(called(self.model, x), y), self.model)
        return factor_of(found, self.clip_norm)

    def _has_all(self, layers: list[Layer]) -> bool:
        """Whether all samples were followed."""
        return all(layer.run.h.shape[1] == layer.chain.calls[0].runs[0].h.shape[1] for layer in layers)


def called(model: Any, x: Any) -> Any:
    """The model's output for x: a dict is its keyword arguments, a tuple its arguments, all else its one argument."""
    return model(**x) if type(x) is dict else model(*inputs_of(x))


@contextmanager
def without_dropout(model: Any) -> Iterator[None]:
    """Put the modules that drop at random into evaluation mode, those alone, and each back as it was."""
    from torch import nn

    dropping = [
        module
        for module in model.modules()
        if module.training and isinstance(module, nn.modules.dropout._DropoutNd | nn.RNNBase)
    ]
    try:
        for module in dropping:
            module.training = False
        yield
    finally:
        for module in dropping:
            module.training = True


def layer_reading(flow: LayerFlow) -> LayerReading:
    """The few numbers of a layer that are kept."""
    known = flow.gradient_horizons[~np.isnan(flow.gradient_horizons)]
    middle = (median(known), float(known.min()), float(known.max())) if len(known) else (math.nan,) * 3
    sizes = np.where(np.isnan(flow.log_norms), -np.inf, flow.log_norms)
    place = int(sizes.max(axis=1).argmax())
    largest = float(sizes[place].max())
    return LayerReading(flow.title, *middle, flow.factor, largest, place if math.isfinite(largest) else -1)


def _bad_gradient(chains: list[Chain]) -> str | None:
    """Where the loss's own gradient is not finite, though the loss is."""
    import torch

    for chain in chains:
        for gradients, _ in chain.sources:
            if not all(bool(torch.isfinite(one).all()) for one in gradients.values()):
                where = repr(chain.name or "the model")
                return (
                    f"the gradient of the loss for the states of {where} is not finite, the loss is; look at the head."
                )
    return None


def _alarms(chains: list[Chain], flows: list[LayerFlow]) -> list[str]:
    """Gradients and states that grow, in the order of the layers."""
    places = [(chain, place) for chain in reversed(chains) for place in range(len(chain.calls[0].runs))]
    found = []
    for (chain, place), flow in zip(places, flows, strict=True):
        found += [growing_state(chain, place, flow.title), growing_gradient(flow)]
    return [one for one in found if one is not None]


def checked_samples(samples: int | None) -> int | None:
    """How many samples are followed. Raises InputError for what is no positive int."""
    if samples is not None and (not isinstance(samples, int) or isinstance(samples, bool) or samples < 1):
        raise InputError(f"samples is {samples!r}, expected an int of at least 1, or None for the whole batch.")
    return samples
