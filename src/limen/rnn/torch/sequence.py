"""How a batch of sequences lies in memory: time or batch first, packed, or a single sequence; and turning it round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from limen.rnn.torch.local import Tensor


@dataclass(frozen=True, eq=False)
class Layout:
    """The layout of a call's input, and the ways to (T, B, ·) and back.

    lengths: (B) steps of each sample. is_alone: there is no batch axis. batch_sizes, sorted_indices, unsorted_indices:
    of a PackedSequence, whose samples are kept in falling order of length. inside: (T, B) where its steps are.
    """

    lengths: Tensor
    is_batch_first: bool = False
    is_alone: bool = False
    is_packed: bool = False
    batch_sizes: Tensor | None = None
    sorted_indices: Tensor | None = None
    unsorted_indices: Tensor | None = None
    inside: Tensor | None = None

    @classmethod
    def of(cls, given: Any, batch_first: bool) -> Layout:
        """The layout of what nn.RNN, GRU and LSTM are given."""
        import torch
        from torch.nn.utils.rnn import PackedSequence

        if isinstance(given, PackedSequence):
            sizes = given.batch_sizes
            inside = torch.arange(int(sizes[0]))[None, :] < sizes[:, None]
            on = given.data.device
            return cls(
                inside.sum(0).to(on),
                False,
                False,
                True,
                sizes,
                given.sorted_indices,
                given.unsorted_indices,
                inside.to(on),
            )
        alone = given.dim() == 2
        samples, steps = (1, given.shape[0]) if alone else (given.shape[0], given.shape[1])
        if not alone and not batch_first:
            steps, samples = samples, steps
        return cls(torch.full((samples,), steps, device=given.device), batch_first and not alone, alone)

    @classmethod
    def of_step(cls, given: Tensor) -> Layout:
        """The layout of what a cell is given: (B, inputs) or (inputs)."""
        import torch

        alone = given.dim() == 1
        return cls(torch.ones(1 if alone else len(given), dtype=torch.int64, device=given.device), False, alone)

    def data(self, given: Any) -> Tensor:
        """The tensor inside."""
        return given.data if self.is_packed else given

    def padded(self, data: Tensor) -> Tensor:
        """To (T, B, ·), zeros beyond a sample's end."""
        if self.is_packed:
            assert self.inside is not None
            found = data.new_zeros(*self.inside.shape, data.shape[-1])
            found[self.inside] = data
            return found
        if self.is_alone:
            return data[:, None]
        return data.transpose(0, 1) if self.is_batch_first else data

    def packed(self, padded: Tensor) -> Tensor:
        """Back from (T, B, ·) to a packed sequence's data; whatever is not packed stays (T, B, ·)."""
        return padded[self.inside] if self.is_packed else padded

    def as_given(self, padded: Tensor) -> Tensor:
        """Back from (T, B, ·) to the layout of the input."""
        if self.is_packed:
            return self.packed(padded)
        if self.is_alone:
            return padded[:, 0]
        return padded.transpose(0, 1) if self.is_batch_first else padded

    def shown(self, leaf: Tensor) -> Any:
        """The output leaf as the user gets it."""
        from torch.nn.utils.rnn import PackedSequence

        if self.is_packed:
            return PackedSequence(leaf, self.batch_sizes, self.sorted_indices, self.unsorted_indices)
        return self.as_given(leaf)

    def state(self, given: Tensor | None) -> Tensor | None:
        """An initial state (L·D, B, ·), its samples in the order of a packed sequence."""
        if given is None:
            return None
        if self.is_alone:
            return given[:, None]
        return given if self.sorted_indices is None else given.index_select(1, self.sorted_indices)

    def given_back(self, leaf: Tensor) -> Tensor:
        """A final state (L·D, B, ·) as the user gets it."""
        if self.is_alone:
            return leaf[:, 0]
        return leaf if self.unsorted_indices is None else leaf.index_select(1, self.unsorted_indices)

    def batch(self, step: Tensor) -> Tensor:
        """A cell's input or state as (B, ·)."""
        return step[None] if self.is_alone else step

    def alone(self, step: Tensor) -> Tensor:
        """A cell's state as the user gets it."""
        return step[0] if self.is_alone else step


def flipped(padded: Tensor, lengths: Tensor) -> Tensor:
    """Turn every sample of (T, B, ...) round within its own length; what lies beyond stays where it is."""
    import torch

    steps = len(padded)
    if bool((lengths == steps).all()):
        return padded.flip(0)
    places = torch.arange(steps, device=padded.device)[:, None]
    turned = torch.where(places < lengths, lengths - 1 - places, places)
    return padded.gather(0, turned.view(*turned.shape, *[1] * (padded.dim() - 2)).expand_as(padded))
