"""`remedies`: what would let the gradient of a recurrent net reach further, tried on the user's own data."""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from limen._errors import InputError
from limen._version import __version__
from limen.results.remedies import Remedies, Remedy
from limen.rnn.torch.alone import left_alone
from limen.rnn.torch.chains import Chain, chains_of, in_order
from limen.rnn.torch.checks import checked_model, loss_of, needs_torch
from limen.rnn.torch.code import Subject, path_of
from limen.rnn.torch.descent import loss_gradients
from limen.rnn.torch.light import light_flows
from limen.rnn.torch.own_step import OwnStep, own_starts
from limen.rnn.torch.starts import Start, starts_for
from limen.rnn.torch.trials import Trial
from limen.rnn.torch.verdict import worst_of


def remedies(
    model: Any,
    x: Any,
    *,
    loss: Callable[[Any], Any],
    seed: int = 0,
    starts: int = 3,
    cells: Mapping[str, Sequence[str]] | Sequence[str] = (),
) -> Remedies:
    """Try what would let the gradient of a recurrent model reach further, before any training.

    model, x, loss, cells: as for `limen.gradient_flow`, whose verdict says which layer is treated. Each remedy takes
    the place of that layer's module, gets the same input, and is asked the same (the loss's gradient for the module's
    output as it is); then the gradient of the last step is followed back. "Own weights": the user's, changed; all
    others are fresh starts, of which `starts` are drawn, from `seed` on. Where a gradient grows past a thousand times
    its size, or a state to inf, the name says so, and the remedy is not the best, which is the one with the longest
    horizon.

    `code` of a remedy expects the model by the name `model`, and changes all layers and directions of the module. The
    first start is what it gives after `torch.manual_seed(seed)`. The model itself is left as it was, and so is torch's
    random state.

    Tried are: the module as it is and at a fresh start; orthogonal and identity W_hh (Saxe et al. 2014); for plain RNNs
    a rectifier with identity start (Le, Jaitly, Hinton 2015), and GRU and LSTM instead; for GRU and LSTM the bias of
    the gate that keeps at 1 and 3 (Gers et al. 2000; Jozefowicz et al. 2015) and drawn for T steps (Tallec, Ollivier
    2018); layer normalisation within the step (Ba, Kiros, Hinton 2016), where the module reads forwards, unpacked.
    For a step of the user's own (`cells`), whose inside is not known: its `reset_parameters`, if it has one, and the
    recurrent weights that `cells` names made orthogonal, block by block, and the identity; on a copy of the step.

    Raises InputError as `limen.gradient_flow` does, for a single step, which has no way back through time, and for a
    step of the user's own without the names of its recurrent weights, or with one that is no matrix of square blocks.
    """
    needs_torch()
    import torch

    begin = time.perf_counter()
    checked_model(model, None, 0)
    _checked(seed, starts)
    with left_alone(model), torch.enable_grad():
        capture, output, value = loss_of(model, x, loss, cells)
        chains = in_order(chains_of(capture.calls))
        loss_gradients(value.sum(), chains, output)
        flows = light_flows(chains)
        worst = worst_of(flows)
        chain, place = [(one, place) for one in reversed(chains) for place in range(len(one.calls[0].runs))][worst]
        steps = int(flows[worst].lengths.max())
        if steps < 2:
            raise InputError(f"x gives {chain.name or 'the model'!r} 1 step, expected at least 2 to go back through.")
        trial = Trial(chain, place, _subject(model, chain), seed, starts)
        rows = [trial.remedy(start) for start in _starts(trial, steps)]
    return Remedies(
        title=f"{flows[worst].title} of {type(model).__name__}",
        steps=steps,
        before=0,
        best=best_of(rows),
        rows=tuple(row for row, _ in rows),
        seconds=time.perf_counter() - begin,
        limen_version=__version__,
        python_version=platform.python_version(),
    )


def best_of(rows: list[tuple[Remedy, bool]]) -> int:
    """The longest horizon among what does not explode; of equals what keeps the weights, and takes the least code."""

    def rank(place: int) -> tuple[float, float, bool, int]:
        row = rows[place][0]
        return row.median, row.low, "own weights" in row.name, -len(row.code)

    calm = [place for place, (row, explodes) in enumerate(rows) if not explodes and not math.isnan(row.median)]
    return max(calm, key=rank, default=0)


def _subject(model: Any, chain: Chain) -> Subject:
    call = chain.calls[0]
    heard = {key for gradients, _ in chain.sources for key in gradients}
    path = path_of(model, chain.name)
    if chain.run(0).kind == "step":
        return OwnStep(call.module, path, uses_state=True, weights=call.weights)
    used = call.given[1] is not None or any(id(leaf) in heard for one in chain.calls for leaf in one.states)
    return Subject(call.module, path, used)


def _starts(trial: Trial, steps: int) -> list[Start]:
    """The remedies for a module, without those that its calls rule out."""
    subject, call = trial.subject, trial.chain.calls[0]
    if isinstance(subject, OwnStep):
        return own_starts(subject, trial.chain.name)
    module = subject.module
    found = starts_for(subject.kind, subject.nonlinearity, module.hidden_size, steps, has_bias=bool(module.bias))
    if subject.is_cell:  # a cell of another kind has another state, which the user's own loop carries along
        found = [start for start in found if not (start.kind == "LSTM" and subject.kind == "RNN")]
    no_unrolled = trial.chain.directions > 1 or call.layout.is_packed or call.layout.is_alone
    no_state = subject.is_cell and call.given[1] is None
    if no_unrolled or no_state or getattr(module, "proj_size", 0) > 0:
        found = [start for start in found if not start.is_normalised]
    return found


def _checked(seed: int, starts: int) -> None:
    for name, value, least in (("seed", seed, 0), ("starts", starts, 1)):
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise InputError(f"{name} is {value!r}, expected an int of at least {least}.")
