"""Gradient flow at a fraction of its price: norms, step factors and horizons, without shares and without the splits.

What is left out is unknown in the records: nan. Used where one flow is measured many times over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from limen.results import LayerFlow
from limen.rnn.torch.adjoint import Adjoint, Direct
from limen.rnn.torch.calls import Call
from limen.rnn.torch.chains import Chain, Part, joined
from limen.rnn.torch.descent import pass_on
from limen.rnn.torch.layers import Layer, last_only, line_of, of_direction, recorded, upstream_of
from limen.rnn.torch.linearised import Linearised
from limen.rnn.torch.local import Run, Tensor
from limen.rnn.torch.measure import PATHS, Measured, for_inputs
from limen.rnn.torch.stepped import Stepped


@dataclass(eq=False)
class FewSamples(Chain):
    """A chain of which the first `count` samples alone are followed; of packed sequences these are the longest."""

    count: int = 1

    @classmethod
    def of(cls, chain: Chain, count: int) -> FewSamples:
        """The first `count` samples of a chain, in the order in which the chain has them."""
        return cls([_in_own_order(call) for call in chain.calls], chain.sources, count)

    def run(self, place: int) -> Run:
        """The run of a layer and direction over all calls, of these samples."""
        run, few = super().run(place), slice(self.count)
        found = {name: getattr(run, name) for name in ("h_0", "c_0", "lengths")}
        cut: dict[str, Any] = {name: None if one is None else one[few] for name, one in found.items()}
        c = None if run.c is None else run.c[:, few]
        return replace(run, x=run.x[:, few], h=run.h[:, few], c=c, **cut)

    def direct(self, place: int) -> list[Part]:
        """What reaches a layer and direction from its leaves, of these samples."""
        return [(gradient[:, : self.count], scale) for gradient, scale in super().direct(place)]


def _in_own_order(call: Call) -> Call:
    """The call with its samples recorded in the order in which it has them, the longest first."""
    return replace(call, layout=replace(call.layout, unsorted_indices=None))


def light_flows(chains: list[Chain]) -> list[LayerFlow]:
    """Follow all chains, from the output down; records from the input up."""
    return [recorded(layer, None) for layer in all_light_layers(chains)]


def all_light_layers(chains: list[Chain], samples: int | None = None) -> list[Layer]:
    """Follow all chains, from the output down; layers from the input up. samples: of each batch; None: all of them.

    With several chains all samples are followed, because what one hands to the next goes through the model.
    """
    found: list[list[Layer]] = []
    for place, chain in enumerate(chains):
        below = chains[place + 1 :]
        inputs = [call.given[0] for call in chain.calls]
        wanted = any(one is not None and one.requires_grad for one in inputs)
        few = len(chains) == 1 and samples is not None and samples < chain.calls[0].runs[0].h.shape[1]
        followed = FewSamples.of(chain, samples) if few and samples is not None else chain
        layers = light_layers(followed, upstream=bool(below) and wanted)
        if below:
            pass_on(chain, layers, below)
        found.append(sorted(layers, key=lambda layer: layer.place))
    return [layer for layers in reversed(found) for layer in layers]


def light_layers(chain: Chain, *, upstream: bool, lowest: int = 0) -> list[Layer]:
    """Follow the layers and directions of a chain, the top ones first, down to the layer `lowest`."""
    found: list[Layer] = []
    handed: list[Part] = []
    for layer in range(chain.layers - 1, lowest - 1, -1):
        made = []
        for direction in range(chain.directions):
            place = layer * chain.directions + direction
            parts = chain.direct(place) + [of_direction(chain, place, part) for part in handed]
            made.append(_followed(chain, place, parts, upstream=upstream or layer > lowest))
        handed = [part for one in made if (part := upstream_of(one)) is not None]
        found += made
    return found


def _followed(chain: Chain, place: int, parts: list[Part], *, upstream: bool) -> Layer:
    line = line_of(chain, place)
    direct = joined(parts, line.run)
    if direct is None:
        return Layer(chain, place, line, None, None, None, None)
    adjoint = line.adjoint(direct, keep=upstream)
    only = last_only(direct)
    alone = adjoint if only is direct else line.adjoint(only)
    return Layer(chain, place, line, direct, adjoint, _told(line, direct, adjoint, upstream), alone.log_norms)


def _told(line: Linearised | Stepped, direct: Direct, adjoint: Adjoint, upstream: bool) -> Measured:
    """The norms of an adjoint, and what the input gets where that is asked for."""
    import torch

    run, size = line.run, line.run.h.shape[2]
    steps, samples = adjoint.scale.shape
    unknown = torch.full((steps, samples), torch.nan, dtype=torch.float64)
    told = direct.told(size, steps)
    lstm = run.kind == "lstm"
    (length, through), (length_of_h, through_of_h) = adjoint.lengths, adjoint.lengths_of_h
    return Measured(
        norms=adjoint.scale + length_of_h.log(),
        states=adjoint.log_norms,
        cells=unknown if lstm else None,
        through=adjoint.through_scale[1:] + through_of_h[1:].log(),
        direct=told,
        factors=through[:-1].log() - length.log(),
        saturation=unknown,
        paths=unknown[..., None].expand(-1, -1, len(PATHS[run.kind])),
        shares=unknown,
        sample_shares=unknown,
        upstream=upstream_gradient(line, adjoint) if upstream else None,
        upstream_scale=adjoint.scale,
        denormal=0.0,
        is_split=False,
    )


def upstream_gradient(line: Linearised | Stepped, adjoint: Adjoint) -> Tensor:
    """The gradient (T, B, inputs) for the input, in the scale of the adjoint."""
    import torch

    if isinstance(line, Stepped):
        return line.upstream_gradient(adjoint)
    deltas = (for_inputs(window, line.deltas(window, adjoint), adjoint) for window in line.backwards())
    return torch.cat([delta.flatten(2) @ line.run.W_ih for delta in deltas][::-1])
