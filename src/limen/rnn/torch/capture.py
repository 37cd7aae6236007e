"""Looking into a model while it runs: each call of a recurrent module, layer by layer, its states cut out of the graph.

While a `Capture` is open, the recurrent modules of the model run layer by layer on their own weights and without a
graph, and hand out their states as leaves. The gradient of a loss for a leaf is then what reaches that state from
outside time.
When it closes the model is as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import RLock, get_ident
from typing import Any

from limen._errors import InputError
from limen.rnn.torch.calls import Call, flat, same
from limen.rnn.torch.checked_calls import call_arguments, checked_call
from limen.rnn.torch.kernels import CELLS, LAYERS, kernel, kind_of, weights_of
from limen.rnn.torch.local import Run, Tensor
from limen.rnn.torch.sequence import Layout, flipped

ONE_AT_A_TIME = RLock()
"""A module can run through one capture at a time."""


@dataclass(eq=False)
class Capture:
    """The recurrent modules of a model by name, and the calls that were made while it was open.

    cells: names of modules that are one step of the user's own, with the names of their recurrent weights.
    """

    model: Any
    cells: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    def modules(self) -> dict[str, Any]:
        """Every nn.RNN, GRU, LSTM, their cells, and the user's steps. Raises InputError for subclasses that differ."""
        from torch import nn

        found = {}
        for name, module in self.model.named_modules():
            inside = any(name.startswith(f"{cell}.") for cell in self.cells)
            if name in self.cells:
                found[name] = module
            if name in self.cells or inside or not isinstance(module, (nn.RNNBase, nn.RNNCellBase)):
                continue
            base: Any = next(kind for kind in (*LAYERS(), *CELLS()) if isinstance(module, kind))
            if type(module).forward is not base.forward or "forward" in module.__dict__:
                raise InputError(
                    f"model has at {name or 'its top'!r} a {type(module).__name__}, whose forward is not that of "
                    f"{base.__name__}, so what it does to its states is unknown; name it in `cells` if it is one step."
                )
            found[name] = module
        return found

    @contextmanager
    def open(self) -> Iterator[None]:
        """Run the recurrent modules through this capture; on leaving, whatever happened, they run as before."""
        with ONE_AT_A_TIME:
            yield from self._opened()

    def _opened(self) -> Iterator[None]:
        modules = self.modules()
        if not modules:
            held = sorted({type(module).__name__ for module in self.model.modules()} - {type(self.model).__name__})
            raise InputError(
                f"model is a {type(self.model).__name__} without a recurrent layer; it holds "
                f"{', '.join(held) or 'no modules'}. Expected one with nn.RNN, nn.GRU, nn.LSTM or their cells inside, "
                "or the name of a module that is one step in `cells`."
            )
        try:
            for name, module in modules.items():
                module.forward = self._taking(name, module)
            yield
        finally:
            for module in modules.values():
                module.__dict__.pop("forward", None)

    def _taking(self, name: str, module: Any) -> Callable[..., Any]:
        from torch import nn

        mine = get_ident()

        def forward(*given: Any, **named: Any) -> Any:
            if get_ident() != mine:  # another thread uses the model meanwhile
                return type(module).forward(module, *given, **named)
            x, hx = call_arguments(name, given, named, own=name in self.cells)
            if name in self.cells:
                return self._step(name, module, x, hx)
            checked_call(name, module, x, hx)
            take = self._cell if isinstance(module, nn.RNNCellBase) else self._layers
            return take(name, module, x, hx)

        return forward

    def _layers(self, name: str, module: Any, given: Any, hx: Any) -> Any:
        """Run a whole nn.RNN, GRU or LSTM."""
        import torch

        layout = Layout.of(given, module.batch_first)
        lstm = module.mode == "LSTM"
        states = _listed(hx, 2 if lstm else 1)
        with torch.no_grad():
            x = layout.padded(layout.data(given).detach())
            starts = [None if state is None else layout.state(state.detach().clone()) for state in states]
            runs, output, finals = layer_by_layer(module, x, layout, starts)
        leaves = tuple(one.detach().requires_grad_() for one in (layout.packed(output), *finals))
        handed = self._add(Call(name, module, layout, runs, leaves, (layout.data(given), *states), is_step=False))
        shown = tuple(layout.given_back(one) for one in handed[1:])
        return layout.shown(handed[0]), shown if lstm else shown[0]

    def _cell(self, name: str, module: Any, given: Any, hx: Any) -> Any:
        """Run one step of torch's own cells."""
        import torch

        layout = Layout.of_step(given)
        lstm = isinstance(module, torch.nn.LSTMCell)
        states = _listed(hx, 2 if lstm else 1)
        with torch.no_grad():
            x = layout.batch(given.detach().clone())
            nothing = x.new_zeros(len(x), module.hidden_size)
            starts = [nothing if state is None else layout.batch(state.detach().clone()) for state in states]
            found = type(module).forward(module, x, tuple(starts) if lstm else starts[0])
            h, *c = found if lstm else (found,)
        leaves = tuple(layout.alone(one).detach().requires_grad_() for one in (h, *c))
        c_0, cell = (starts[1], c[0][None]) if lstm else (None, None)
        weights = weights_of(module, 0, 0)
        run = Run(kind_of(module), x[None], h[None], starts[0], c_0, cell, layout.lengths, *weights)
        handed = self._add(Call(name, module, layout, [run], leaves, (given, *states), is_step=True))
        return handed if lstm else handed[0]

    def _step(self, name: str, module: Any, given: Tensor, state: Any) -> Any:
        """Run one step of the user's own: module(x, state) gives the new state, a tensor or a tuple of them (B, ·)."""
        import torch

        arguments: tuple[Any, ...] = ()
        if state is not None:
            arguments = (tuple(one.detach() for one in state) if isinstance(state, tuple) else state.detach(),)
        with torch.no_grad():
            found = type(module).forward(module, given.detach(), *arguments)
        parts = found if isinstance(found, tuple) else (found,)
        if not all(isinstance(one, torch.Tensor) and one.dim() > 1 for one in parts):
            raise InputError(
                f"cells names {name!r}, which gave a {type(found).__name__}, expected the new state: a tensor "
                "(B, ...) or a tuple of them; name a module that is called as cell(x, state) and gives back the state."
            )
        leaves = tuple(one.detach().requires_grad_() for one in parts)
        h, states = flat(leaves).detach(), _listed(state, len(leaves))
        h_0 = torch.zeros_like(h) if state is None else flat([one.detach() for one in states if one is not None])
        layout = Layout.of_step(leaves[0].flatten(1))
        run = Run("step", given.detach().clone().reshape(1, len(h), -1), h[None], h_0, None, None, layout.lengths)
        weights, is_tuple = self.cells[name], isinstance(found, tuple)
        handed = self._add(Call(name, module, layout, [run], leaves, (given, *states), True, weights, is_tuple))
        return handed if is_tuple else handed[0]

    def _add(self, call: Call) -> tuple[Tensor, ...]:
        """Note a call, and whether it goes on from an earlier one; give what to hand out, which may be written to."""
        call.number = len(self.calls)
        call.handed = tuple(leaf.clone() for leaf in call.leaves)
        states = call.given[1:]
        for earlier in reversed(self.calls):
            matching = earlier.module is call.module and not call.layout.is_packed
            if matching and any(
                all(same(one, state) for one, state in zip(states, handed, strict=True)) for handed in earlier.ends()
            ):
                call.follows = earlier
                break
        self.calls.append(call)
        return call.handed


def _listed(states: Any, count: int) -> tuple[Tensor | None, ...]:
    """Initial states as a tuple, None where none are given."""
    if states is None:
        return (None,) * count
    return tuple(states) if isinstance(states, tuple | list) else (states,)


def layer_by_layer(
    module: Any, x: Tensor, layout: Layout, states: list[Tensor | None]
) -> tuple[list[Run], Tensor, list[Tensor]]:
    """The runs of all layers and directions; the top layer's output (T, B, D·P), and the final states (L·D, B, ·)."""
    import torch

    directions, lstm = 1 + module.bidirectional, module.mode == "LSTM"
    size = module.proj_size or module.hidden_size
    runs, finals = [], []
    for layer in range(module.num_layers):
        rows = slice(layer * directions, (layer + 1) * directions)
        starts = [
            x.new_zeros(directions, x.shape[1], length) if state is None else state[rows]
            for state, length in zip(states, (size, module.hidden_size), strict=False)
        ]
        output, *final = kernel(module, layer, x, layout, starts)
        finals.append(final)
        for direction in range(directions):
            h = output[..., direction * size : (direction + 1) * size]
            read, left = (flipped(one, layout.lengths) if direction else one for one in (x, h))
            c_0 = starts[1][direction] if lstm else None
            weights = weights_of(module, layer, direction)
            runs.append(Run(kind_of(module), read, left, starts[0][direction], c_0, None, layout.lengths, *weights))
        x = output
    return runs, x, [torch.cat(parts) for parts in zip(*finals, strict=True)]
