"""Remedies tried out: each in place of the user's module, on what that module is given and what is asked of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from limen._types import FloatArray
from limen.results import LayerFlow, Verdict
from limen.results.remedies import Remedy
from limen.rnn.torch.capture import Capture, layer_by_layer
from limen.rnn.torch.chains import Chain, chains_of
from limen.rnn.torch.code import Subject
from limen.rnn.torch.kernels import names_of
from limen.rnn.torch.layers import recorded, upstream_of
from limen.rnn.torch.light import _followed, light_layers
from limen.rnn.torch.local import Run, Tensor
from limen.rnn.torch.own_step import OwnStep, copied, steps_in_place
from limen.rnn.torch.sequence import Layout
from limen.rnn.torch.starts import Start
from limen.rnn.torch.verdict import verdict_of

EXPLODES = " (explodes)"
"""Stands behind the name of a remedy with which a gradient grows past a thousand times its size, or a state to inf."""


@dataclass(frozen=True, eq=False)
class Trial:
    """The place of the remedies. chain: the module's calls, with all gradient that reaches them. place: of its runs."""

    chain: Chain
    place: int
    subject: Subject
    seed: int
    starts: int

    def remedy(self, start: Start) -> tuple[Remedy, bool]:
        """A remedy's row, and whether anything explodes with it."""
        count = self.starts if start.is_fresh or start.is_drawn else 1
        flows = [self._flow(start, self.seed + number) for number in range(count)]
        samples = self.chain.calls[0].runs[0].h.shape[1]
        columns = [np.full(samples, np.nan) if flow is None else flow.gradient_horizons for flow in flows]
        horizons = np.stack(columns, axis=1)
        known = horizons[~np.isnan(horizons)]
        told = [flow for flow in flows if flow is not None]
        middle, low, high = (np.median(known), known.min(), known.max()) if len(known) else (np.nan,) * 3
        rates = np.concatenate([_rates(flow) for flow in told]) if told else np.empty(0)
        explodes = len(told) < len(flows) or any(verdict_of(flow) is Verdict.EXPLODING for flow in told)
        name = start.name + (EXPLODES if explodes else "")
        factor = float(np.exp(rates.mean())) if len(rates) else float("nan")
        code = self.subject.code(start)
        return Remedy(name, horizons, float(middle), float(low), float(high), factor, code), explodes

    def _flow(self, start: Start, seed: int) -> LayerFlow | None:
        """The flow through the layer with a remedy; None where its states are not finite."""
        import torch

        torch.default_generator.manual_seed(seed)  # within a fork of the random state, of the CPU alone
        if start.is_normalised:
            with _one_torch_thread():
                return self._normalised(start.kind)
        own = isinstance(self.subject, OwnStep)
        made = copied(self.subject) if own else stand_in(self.subject, start)
        torch.default_generator.manual_seed(seed)
        apply(start, made)
        made = made.to(self.chain.calls[0].runs[0].h.device)
        chain = (steps_in_place if own else in_place)(self.chain, made)
        if not all(bool(torch.isfinite(run.h).all()) for call in chain.calls for run in call.runs):
            return None
        layers = light_layers(chain, upstream=False, lowest=self.place // chain.directions)
        return recorded(next(layer for layer in layers if layer.place == self.place), None)

    def _normalised(self, kind: str) -> LayerFlow:
        """The same for the step with layer normalisation, one step of a graph at a time."""
        from limen.rnn.torch import normalised

        chain, first = self.chain, self.chain.run(0)
        size = first.h.shape[2]
        cell = getattr(normalised, f"LayerNorm{kind}Cell")
        cells = [cell(size if layer else first.x.shape[2], size) for layer in range(chain.layers)]
        stack = normalised.Unrolled(cells).to(first.h.device, first.h.dtype)
        capture = Capture(stack, {f"cells.{layer}": () for layer in range(chain.layers)})
        with capture.open():
            stack(first.x, _states([chain.run(place) for place in range(chain.layers)], kind))
        parts: list[Any] = []
        for layer, one in reversed(list(enumerate(chains_of(capture.calls)))):
            width = one.calls[0].runs[0].h.shape[2]
            whole = [(_padded(part, width), scale) for part, scale in [*chain.direct(layer), *parts]]
            found = _followed(one, 0, whole, upstream=layer > self.place)
            if layer == self.place:
                break
            above = upstream_of(found)
            parts = [] if above is None else [above]
        return recorded(found, None)


def _rates(flow: LayerFlow) -> FloatArray:
    """Mean change a step back of ln ‖∂E_T/∂s‖, of each sample that has one: the horizon's own, free of later losses."""
    by_lag = flow.last_by_lag
    lags = np.arange(len(by_lag))[:, None]
    farthest = np.where(np.isfinite(by_lag), lags, 0).max(axis=0)
    end = np.take_along_axis(by_lag, farthest[None], axis=0)[0]
    moved = (farthest > 0) & np.isfinite(by_lag[0])
    return np.asarray((end - by_lag[0])[moved] / farthest[moved])


@contextmanager
def _one_torch_thread() -> Iterator[None]:
    """Steps of a graph are too small to be shared out; several threads would wait for each other at every one."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _padded(part: Tensor, width: int) -> Tensor:
    import torch

    return torch.nn.functional.pad(part, (0, width - part.shape[2]))


def stand_in(subject: Subject, start: Start) -> Any:
    """A module like the user's, of the kind of the start, on the CPU, with the user's weights where those are kept."""
    import torch
    from torch import nn

    module = subject.module
    options: dict[str, Any] = {"bias": module.bias, "dtype": next(module.parameters()).dtype}
    if not subject.is_cell:
        options |= {"num_layers": module.num_layers, "bidirectional": module.bidirectional}
        options |= {"proj_size": module.proj_size} if module.proj_size else {}
    if start.kind == "RNN":
        options["nonlinearity"] = start.nonlinearity
    made = getattr(nn, start.kind)(module.input_size, module.hidden_size, **options).eval()
    if start.is_fresh:
        return made
    with torch.no_grad():
        for layer in range(subject.layers):
            for direction in range(1 + made.bidirectional):
                for name in names_of(layer, direction).values():
                    own = name.removesuffix("_l0") if subject.is_cell else name
                    if hasattr(made, name):
                        getattr(made, name).copy_(getattr(module, own))
    return made


def apply(start: Start, module: Any) -> None:
    """Do to a module what the start says; what is random comes from torch's default generator."""
    import torch

    if start.is_fresh:
        module.reset_parameters()
    if start.change is not None:
        with torch.no_grad():
            for name, parameter in module.named_parameters():
                start.change.apply(name, parameter)


def in_place(chain: Chain, module: Any) -> Chain:
    """The chain with another module's runs: the same input, initial states and gradients for what was handed out."""
    first = chain.run(0)
    single = len(chain.calls) == 1 and not chain.calls[0].is_step
    layout = chain.calls[0].layout if single else Layout(first.lengths)
    own = [chain.run(place) for place in range(len(chain.calls[0].runs))]
    runs = layer_by_layer(module, first.x, layout, list(_states(own, module.mode, pairs=True)))[0]
    calls, begin = [], 0
    for call in chain.calls:
        part = slice(begin, begin + call.runs[0].steps)
        begin = part.stop
        mine = [
            replace(run, x=run.x[part], h=run.h[part], lengths=old.lengths)
            for run, old in zip(runs, call.runs, strict=True)
        ]
        calls.append(replace(call, module=module, runs=mine))
    return Chain(calls, chain.sources)


def _states(runs: list[Run], kind: str, *, pairs: bool = False) -> Any:
    """The initial states (L·D, B, ·) that the user's module was given, with an empty cell where it has none."""
    import torch

    hidden = torch.stack([run.h_0 for run in runs])
    if kind != "LSTM":
        return (hidden,) if pairs else hidden
    return hidden, torch.stack([torch.zeros_like(run.h_0) if run.c_0 is None else run.c_0 for run in runs])
