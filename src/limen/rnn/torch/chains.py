"""Calls of recurrent modules as chains in time, and the gradient handed down from chain to chain.

A chain is a module's calls that go on from each other. Its direct gradient comes from the loss and from the chains
above it; what it hands down goes to its inputs and initial states, from where torch's autograd carries it to the chains
below.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from limen._errors import InputError
from limen.rnn.torch.adjoint import NOTHING, Direct, direct_of
from limen.rnn.torch.calls import Call
from limen.rnn.torch.local import Run, Tensor
from limen.rnn.torch.sequence import flipped

Source = tuple[dict[int, Tensor], float]
"""Gradients by id of the leaf, to be multiplied by e to the number."""
Part = tuple[Tensor, Any]
"""A gradient (T, B, n) and the logarithm (T, B), or one number, of what it is to be multiplied by."""


@dataclass(eq=False)
class Chain:
    """A module's calls that go on from each other, and the gradients that were found for their leaves."""

    calls: list[Call]
    sources: list[Source] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The module's path in the model."""
        return self.calls[0].name

    @property
    def directions(self) -> int:
        """1, or 2 for a bidirectional module."""
        return 1 + bool(getattr(self.calls[0].module, "bidirectional", False))

    @property
    def layers(self) -> int:
        """How many layers the module has."""
        return len(self.calls[0].runs) // self.directions

    def run(self, place: int) -> Run:
        """The run of a layer and direction over all calls."""
        import torch

        runs = [call.runs[place] for call in self.calls]
        if len(runs) == 1:
            return runs[0].widened()
        first = runs[0]
        whole = {name: torch.cat([getattr(run, name) for run in runs]) for name in ("x", "h")}
        c = None if first.c is None else torch.cat([run.c for run in runs])
        lengths = sum(run.lengths for run in runs)
        return replace(first, x=whole["x"], h=whole["h"], c=c, lengths=lengths).widened()

    def leaves(self) -> list[Tensor]:
        """All leaves of all calls."""
        return [leaf for call in self.calls for leaf in call.leaves]

    def given(self) -> list[Tensor]:
        """What the chain was given that is still in the graph: inputs, and the first call's initial states."""
        given = [call.given[0] for call in self.calls] + list(self.calls[0].given[1:])
        return [one for one in given if one is not None and one.requires_grad]

    def with_sources(self, sources: list[Source]) -> Chain:
        """The same calls with other gradients."""
        return Chain(self.calls, sources)

    def direct(self, place: int) -> list[Part]:
        """What reaches a layer and direction from its leaves, in its own order: (T, B, P), or (T, B, P + H)."""
        wide = self.run(place).h.dtype
        found = [part for source in self.sources for part in self._direct(place, *source)]
        return [(gradient.to(wide), scale) for gradient, scale in found]

    def _direct(self, place: int, gradients: dict[int, Tensor], offset: float) -> Iterator[Part]:
        import torch

        found = [self._of_call(call, place, gradients) for call in self.calls]
        if any(one is not None for one in found):
            width = max(one.shape[2] for one in found if one is not None)
            filled = [_filled(call.runs[place], one, width) for call, one in zip(self.calls, found, strict=True)]
            yield torch.cat(filled) if len(filled) > 1 else filled[0], offset

    def _of_call(self, call: Call, place: int, gradients: dict[int, Tensor]) -> Tensor | None:
        """Of one call: the output's gradient in the top layer, and the final states' at each sample's last step."""
        import torch

        if call.is_step:
            found = [gradients.get(id(leaf)) for leaf in call.leaves]
            if all(one is None for one in found):
                return None
            filled = [
                torch.zeros_like(leaf) if one is None else one for one, leaf in zip(found, call.leaves, strict=True)
            ]
            return torch.cat([call.layout.batch(one).flatten(1) for one in filled], 1)[None]
        run, whole = call.runs[place], None
        size = run.h.shape[2]
        output, direction = gradients.get(id(call.leaves[0])), place % self.directions
        if output is not None and place >= len(call.runs) - self.directions:
            padded = call.layout.padded(output) if call.layout.is_packed else output
            mine = padded[..., direction * size : (direction + 1) * size]
            whole = flipped(mine, run.lengths) if direction else mine
        for leaf, column in zip(call.states, (0, size), strict=False):
            gradient = gradients.get(id(leaf))
            if gradient is not None:
                whole = _added(run, whole, gradient[place], column)
        return whole


def _filled(run: Run, found: Tensor | None, width: int) -> Tensor:
    """With zeros where there was nothing."""
    import torch

    if found is None:
        return run.h.new_zeros(*run.h.shape[:2], width)
    if found.shape[2] == width:
        return found
    return torch.nn.functional.pad(found, (0, width - found.shape[2]))


def _added(run: Run, found: Tensor | None, rows: Tensor, column: int) -> Tensor:
    """Add the gradient rows (B, ·) for a final state at each sample's last step, from a column of the state on."""
    import torch

    found = _filled(run, found, max(column + rows.shape[1], 0 if found is None else found.shape[2])).clone()
    samples = torch.arange(len(rows), device=rows.device)
    found[run.lengths - 1, samples, column : column + rows.shape[1]] += rows
    return found


def joined(parts: list[Part], run: Run) -> Direct | None:
    """Add gradients of different scales, where the run is; None if there are none."""
    import torch

    on = run.h.device
    parts = [(one.to(on), scale if isinstance(scale, float) else scale.to(on)) for one, scale in parts]
    if len(parts) == 1 and isinstance(parts[0][1], float):
        direct = direct_of(parts[0][0])
        return Direct(direct.steps, direct.vectors, direct.scale + parts[0][1]) if direct.steps else None
    if not parts:
        return None
    width = max(part.shape[2] for part, _ in parts)
    sizes = [torch.log(part.abs().amax(-1).double()).clamp_min(NOTHING) + scale for part, scale in parts]
    top = torch.stack(sizes).amax(0).clamp_min(NOTHING)
    total = sum(
        torch.nn.functional.pad(part, (0, width - part.shape[2])).double() * torch.exp(scale - top)[..., None]
        for part, scale in parts
    )
    whole = torch.where((top > NOTHING)[..., None], total, 0.0)
    direct = direct_of(whole.to(parts[0][0].dtype), top)
    return direct if direct.steps else None


def chains_of(calls: list[Call]) -> list[Chain]:
    """Put calls together that go on from each other. Raises InputError where a module's states do not hang together."""
    chains: list[Chain] = []
    ends: dict[int, Chain] = {}
    for call in calls:
        chain = ends.pop(id(call.follows), None) if call.follows is not None else None
        if chain is None or chain.directions > 1:
            chain = Chain([])
            chains.append(chain)
        chain.calls.append(call)
        ends[id(call)] = chain
    return chains


def in_order(chains: list[Chain]) -> list[Chain]:
    """The chains from the output down, each before all that it hands gradient to. Raises InputError on a circle."""
    import torch

    below: list[set[int]] = []
    for chain in chains:
        _unchanged(chain, chains)
        given = chain.given()
        leaves = [(number, leaf) for number, other in enumerate(chains) for leaf in other.leaves()]
        found = _grad(given, [leaf for _, leaf in leaves], [torch.zeros_like(one) for one in given]) if given else []
        heard = {number for (number, _), gradient in zip(leaves, found, strict=False) if gradient is not None}
        below.append(heard)
    for number, chain in enumerate(chains):
        if number in below[number]:
            raise InputError(
                f"model feeds what {chain.name!r} gives back into its own input, a second way through time that its "
                "weights do not show; name the module that holds the whole step in `cells`."
            )
    ordered: list[Chain] = []
    left = set(range(len(chains)))
    while left:
        free = [number for number in sorted(left, reverse=True) if not any(number in below[other] for other in left)]
        if not free:
            names = ", ".join(sorted({repr(chains[number].name) for number in left}))
            raise InputError(
                f"model has {names} feed each other; name the module that holds the whole step in `cells`."
            )
        ordered += [chains[number] for number in free]
        left -= set(free)
    return ordered


def _unchanged(chain: Chain, chains: list[Chain]) -> None:
    """Raise InputError where a chain starts from states that were made out of an earlier call's of the same module."""
    import torch

    states = [one for one in chain.calls[0].given[1:] if one is not None and one.requires_grad]
    others = [other for other in chains if other is not chain and other.calls[0].module is chain.calls[0].module]
    leaves = [leaf for other in others for leaf in other.leaves()]
    if not states or not leaves:
        return
    if any(one is not None for one in _grad(states, leaves, [torch.zeros_like(one) for one in states])):
        raise InputError(
            f"model changes the states of {chain.name!r} between its calls (a mask, a norm, a residual, a copy), which "
            "is part of the way through time. Name the module that holds the whole step in `cells`."
        )


def _grad(outputs: list[Tensor], inputs: list[Tensor], gradients: list[Tensor]) -> list[Tensor | None]:
    import torch

    return list(torch.autograd.grad(outputs, inputs, gradients, retain_graph=True, allow_unused=True))


def hand_down(outputs: list[Tensor], gradients: list[Tensor], offset: float, below: list[Chain]) -> None:
    """Carry gradients of what a chain was given to the leaves of the chains below it."""
    leaves = [leaf for chain in below for leaf in chain.leaves()]
    if not outputs or not leaves:
        return
    found = dict(zip(map(id, leaves), _grad(outputs, leaves, gradients), strict=True))
    for chain in below:
        mine = {id(leaf): found[id(leaf)] for leaf in chain.leaves() if found[id(leaf)] is not None}
        if mine:
            chain.sources.append((mine, offset))
