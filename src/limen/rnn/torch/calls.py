"""One call of a recurrent module, as a `Capture` noted it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from limen.rnn.torch.local import Run, Tensor
from limen.rnn.torch.sequence import Layout


@dataclass(eq=False)
class Call:
    """One call of a recurrent module, or of one step.

    runs: one a layer and direction, forward before backward, in the order of the layers. leaves: what was handed out:
    of a module the output, (T, B, D·P) or packed, and the final states, (L·D, B, P) and (L·D, B, H); of a step its
    states. given: the input and the initial states, still in the graph. follows: the call whose final states these are.
    weights: of a step of the user's own, the names of its recurrent weights. gives_tuple: its state is a tuple. number:
    how many calls came before. handed:
    copies of the leaves, still in the graph, which the user may write to.
    """

    name: str
    module: Any
    layout: Layout
    runs: list[Run]
    leaves: tuple[Tensor, ...]
    given: tuple[Tensor | None, ...]
    is_step: bool
    weights: tuple[str, ...] = ()
    gives_tuple: bool = False
    follows: Call | None = None
    number: int = 0
    handed: tuple[Tensor, ...] = ()

    @property
    def handed_states(self) -> tuple[Tensor, ...]:
        """What was handed out for the final states."""
        return self.handed if self.is_step else self.handed[1:]

    def ends(self) -> list[tuple[Tensor, ...]]:
        """What was handed out that is the final states: those, and the output where it is one step of one layer."""
        found = [self.handed_states]
        if not self.is_step and len(self.runs) == 1 and len(self.states) == 1 and len(self.runs[0].h) == 1:
            found.append(self.handed[:1])
        return found

    @property
    def states(self) -> tuple[Tensor, ...]:
        """The leaves of the final states."""
        return self.leaves if self.is_step else self.leaves[1:]

    def as_given(self, gradient: Tensor) -> Tensor:
        """The gradient (T, B, inputs) for the input, as that was given."""
        given = self.given[0]
        assert given is not None
        return gradient.reshape(given.shape) if self.is_step else self.layout.as_given(gradient)

    def states_as_given(self, gradient: Tensor) -> list[Tensor]:
        """The gradient (L·D, B, n) for the initial states, one after the other in n, as those were given."""
        found, column = [], 0
        for state in self.states:
            width = state.numel() // gradient.shape[1] if self.is_step else state.shape[-1]
            part = gradient[..., column : column + width]
            found.append(part.reshape(state.shape) if self.is_step else self.layout.given_back(part))
            column += width
        return found


def flat(states: Sequence[Tensor]) -> Tensor:
    """The parts of a state (B, ·) as one vector a sample (B, n)."""
    import torch

    return torch.cat([one.reshape(len(one), -1) for one in states], 1)


def same(state: Tensor | None, handed: Tensor) -> bool:
    """Whether a state that was given is one that was handed out, or a view of all of it, and was not written to."""
    if state is None or handed._version > 0:
        return False
    return bool(
        state.requires_grad
        and state.data_ptr() == handed.data_ptr()
        and state.numel() == handed.numel()
        and state.squeeze().stride() == handed.squeeze().stride()
    )
