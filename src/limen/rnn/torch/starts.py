"""Starts and cells that let a gradient reach further: what each does to a module's parameters, and the same as code.

`apply` and `lines` of a change say the same thing twice, once to the simulation and once to the reader; a test runs the
lines and compares.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
SECOND = {"GRU": "update", "LSTM": "forget"}
"""The gate that decides what is kept: the second block of rows in both."""


@dataclass(frozen=True)
class Change:
    """What is done to each parameter of a module: as a function of its name and itself, and as lines of code."""

    apply: Callable[[str, Any], None]
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Start:
    """A remedy: the kind of module it is on, whether its weights are fresh or the user's own, and what is changed.

    kind: "RNN", "GRU" or "LSTM". nonlinearity: of an RNN. is_fresh: drawn anew, for every start. is_normalised: the
    step of that kind with layer normalisation. is_drawn: the change itself is random, where the rest is the user's own.
    """

    name: str
    kind: str
    nonlinearity: str = "tanh"
    is_fresh: bool = True
    change: Change | None = None
    is_normalised: bool = False
    is_drawn: bool = False


def gate_bias(kind: str, hidden: int, value: float) -> Change:
    """Put the bias of the gate that keeps (forget, update) at a value; Gers et al. (2000), Jozefowicz et al. (2015)."""
    rows = slice(hidden, 2 * hidden)

    def apply(name: str, parameter: Any) -> None:
        if name.startswith("bias"):
            parameter[rows] = value if name.startswith("bias_ih") else 0.0

    return Change(
        apply,
        (
            f'if name.startswith("bias"):  # both biases of the {SECOND[kind]} gate, which add up',
            f'    parameter[{hidden}:{2 * hidden}] = {value:.1f} if name.startswith("bias_ih") else 0.0',
        ),
    )


def chrono(kind: str, hidden: int, steps: int) -> Change:
    """Bias the gate that keeps by ln U(1, T - 1): units remember over all spans up to T; Tallec, Ollivier (2018)."""
    rows, lstm = slice(hidden, 2 * hidden), kind == "LSTM"
    first = 0 if lstm else hidden

    def apply(name: str, parameter: Any) -> None:
        if name.startswith("bias_ih"):
            parameter[rows].uniform_(1, steps - 1).log_()
            if lstm:
                parameter[:hidden] = -parameter[rows]
        elif name.startswith("bias_hh"):
            parameter[first : 2 * hidden] = 0.0

    kept = f"parameter[{hidden}:{2 * hidden}]"
    opposite = (f"    parameter[:{hidden}] = -{kept}  # the input gate",) if lstm else ()
    return Change(
        apply,
        (
            f'if name.startswith("bias_ih"):  # the {SECOND[kind]} gate remembers for 1 to {steps - 1} steps',
            f"    {kept}.uniform_(1, {steps - 1}).log_()",
            *opposite,
            'elif name.startswith("bias_hh"):',
            f"    parameter[{first}:{2 * hidden}] = 0.0",
        ),
    )


def orthogonal(kind: str) -> Change:
    """Make W_hh orthogonal, of each gate; Saxe, McClelland, Ganguli (2014)."""
    count = GATES[kind]

    def apply(name: str, parameter: Any) -> None:
        from torch import nn

        if name.startswith("weight_hh"):
            for gate in parameter.chunk(count):
                nn.init.orthogonal_(gate)

    lines = (f"    for gate in parameter.chunk({count}):", "        nn.init.orthogonal_(gate)")
    whole = ("    nn.init.orthogonal_(parameter)",)
    return Change(apply, ('if name.startswith("weight_hh"):', *(lines if count > 1 else whole)))


def identity(deviation: float | None = None) -> Change:
    """Make W_hh the identity and the biases 0; with a deviation, W_ih normal; Le, Jaitly, Hinton (2015)."""

    def apply(name: str, parameter: Any) -> None:
        from torch import nn

        if name.startswith("weight_hh"):
            nn.init.eye_(parameter)
        elif name.startswith("bias"):
            nn.init.zeros_(parameter)
        elif deviation is not None:
            nn.init.normal_(parameter, std=deviation)

    drawn = () if deviation is None else ("else:", f"    nn.init.normal_(parameter, std={deviation})")
    return Change(
        apply,
        (
            'if name.startswith("weight_hh"):',
            "    nn.init.eye_(parameter)",
            'elif name.startswith("bias"):',
            "    nn.init.zeros_(parameter)",
            *drawn,
        ),
    )


def starts_for(kind: str, nonlinearity: str, hidden: int, steps: int, *, has_bias: bool) -> list[Start]:
    """The remedies that make sense for a layer; the first is the layer as it is. steps: length of the sequences T."""
    own = Start("as it is", kind, nonlinearity, is_fresh=False)
    found = [own, Start("fresh start", kind, nonlinearity)]
    if kind == "RNN":
        found.append(Start("orthogonal W_hh, fresh start", kind, nonlinearity, change=orthogonal(kind)))
        if nonlinearity == "tanh":
            found.append(Start("identity W_hh, fresh start", kind, change=identity()))
        found.append(Start("ReLU with identity start", kind, "relu", change=identity(0.001)))
        for other in ("GRU", "LSTM") if has_bias else ():
            found.append(Start(f"{other} instead, {SECOND[other]} bias 1", other, change=gate_bias(other, hidden, 1)))
            found.append(Start(f"{other} instead, chrono start", other, change=chrono(other, hidden, steps)))
    else:
        gate = SECOND[kind]
        for is_fresh in (False, True) if has_bias else ():
            where = "fresh start" if is_fresh else "own weights"
            for value in (1, 3):
                change = gate_bias(kind, hidden, value)
                found.append(Start(f"{gate} bias {value}, {where}", kind, is_fresh=is_fresh, change=change))
        found.append(Start("orthogonal W_hh, fresh start", kind, change=orthogonal(kind)))
        if has_bias:
            found.append(Start("chrono start", kind, change=chrono(kind, hidden, steps)))
    return [*found, Start("layer normalisation", kind, is_normalised=True)]
