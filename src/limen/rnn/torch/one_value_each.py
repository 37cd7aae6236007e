"""Whether a loss of as many values as there are steps has one a step, or one a sample: where both are possible."""

from __future__ import annotations

from dataclasses import dataclass

from limen._errors import InputError
from limen.rnn.torch.calls import Call
from limen.rnn.torch.chains import Chain, chains_of
from limen.rnn.torch.local import Tensor
from limen.rnn.torch.sequence import flipped


@dataclass(frozen=True)
class Heard:
    """What one entry of a loss depends on: more than one sample of the loss, its own step, the last of its steps."""

    several: bool
    own: bool
    last: int


def one_a_step(value: Tensor, calls: list[Call]) -> None:
    """Raise InputError unless the entries of a loss (n,) are one a step, where they may be one a sample.

    That may be where a recurrent module reads n samples, or a multiple (samples cut into pieces). An entry of step t
    depends on the states of its step (and earlier ones) of every sample; an entry of a sample on its sample alone,
    at any steps. One entry, the first that tells, is asked through autograd. Where it depends on several
    samples and on later steps than its own (a head that looks ahead, a norm over the batch), nothing is told.
    """
    count = len(value)
    chains = [one for one in chains_of(calls) if one.run(0).h.shape[1] % count == 0]
    if count < 2 or not chains:
        return
    for place in range(count):
        heard = _heard(value, place, chains)
        if heard is None or (not heard.several and heard.own and heard.last <= place):
            continue  # it depends on nothing, or as either would
        if heard.several and heard.last <= place:
            return
        if not heard.several:
            raise InputError(
                f"loss gave a tensor of shape ({count},) with one value a sample: value {place} depends on one sample "
                "alone. Expected a scalar or one value a step; sum or average over the samples."
            )
        break
    if any(one.run(0).h.shape[1] == count for one in chains):
        raise InputError(
            f"loss gave a tensor of shape ({count},), which may be one value a step or one a sample, as there are as "
            "many of both, and what the values depend on does not tell. Sum it if it is one a sample; if it is one a "
            "step, leave out a sample."
        )


def _heard(value: Tensor, place: int, chains: list[Chain]) -> Heard | None:
    """What an entry depends on directly, among the states of the chains; None where on nothing."""
    import torch

    entry, count = value[place], len(value)
    leaves = [leaf for chain in chains for leaf in chain.leaves()]
    if not entry.requires_grad:
        return None
    found = torch.autograd.grad(entry, leaves, retain_graph=True, allow_unused=True)
    alone = {id(leaf): one for leaf, one in zip(leaves, found, strict=True) if one is not None}
    any_heard, several, own, last = False, False, False, -1
    for chain in chains:
        for number in range(len(chain.calls[0].runs)):
            run = chain.run(number)
            for gradient, _ in chain.with_sources([(alone, 0.0)]).direct(number):
                heard = (gradient != 0).any(-1)  # (T, B)
                if number % chain.directions:
                    heard = flipped(heard, run.lengths)
                told = int(heard.any(0).sum())
                any_heard, several = any_heard or told > 0, several or told > heard.shape[1] // count
                if told and len(heard) == count:
                    own = own or bool(heard[place].any())
                    last = max(last, int(torch.nonzero(heard.any(1)).max()))
    return Heard(several, own, last) if any_heard else None
