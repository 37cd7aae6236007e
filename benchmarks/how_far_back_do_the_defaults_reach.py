"""How many steps back does the gradient of PyTorch's recurrent layers reach before any training?

11.5, 14 and 12 steps for nn.RNN, nn.GRU and nn.LSTM (medians; 10 to 15 over models of 64 and 128 cells and inputs of
two sizes), 34 with a forget bias of 1 (29 to 38.5), past all of 400 steps with 3. The design says 12-14, 30-36, past
300.

2026-11-25, 20 models a row of 16 samples each.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from torch import nn

import limen
from common import heading, show

STEPS, SAMPLES, INPUTS = 400, 16, 32
STARTS: tuple[tuple[str, str, float | None, str], ...] = (
    ("RNN (tanh), default", "RNN", None, "12-14"),
    ("GRU, default", "GRU", None, "12-14"),
    ("LSTM, default", "LSTM", None, "12-14"),
    ("LSTM, forget bias 0", "LSTM", 0.0, "12-14"),
    ("LSTM, forget bias 1", "LSTM", 1.0, "30-36"),
    ("LSTM, forget bias 3", "LSTM", 3.0, "past 300"),
)


class Reader(nn.Module):
    """A recurrent layer and a linear head on its last state."""

    def __init__(self, kind: str, hidden: int, forget: float | None) -> None:
        super().__init__()
        self.rnn = getattr(nn, kind)(INPUTS, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 10)
        if forget is not None:
            with torch.no_grad():
                self.rnn.bias_ih_l0[hidden : 2 * hidden] = forget
                self.rnn.bias_hh_l0[hidden : 2 * hidden] = 0.0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Class scores (B, 10) of x (B, T, inputs)."""
        scores: torch.Tensor = self.head(self.rnn(x)[0][:, -1])
        return scores


def measured(kind: str, hidden: int, forget: float | None, scale: float, seeds: int) -> list[limen.GradientFlow]:
    """The flows of several starts."""
    flows = []
    for seed in range(seeds):
        torch.manual_seed(seed)
        model = Reader(kind, hidden, forget)
        x, y = scale * torch.randn(SAMPLES, STEPS, INPUTS), torch.randint(10, (SAMPLES,))
        flows.append(limen.gradient_flow(model, x, loss=lambda out, y=y: nn.functional.cross_entropy(out, y)))
    return flows


def row(name: str, kind: str, forget: float | None, wanted: str, seeds: int) -> list[object]:
    """One line: horizons over hidden sizes 64 and 128, inputs of size 1 and .3, starts and samples."""
    cells = [(hidden, scale) for hidden in (64, 128) for scale in (1.0, 0.3)]
    flows = [flow for hidden, scale in cells for flow in measured(kind, hidden, forget, scale, seeds)]
    horizons = np.concatenate([flow.layers[0].gradient_horizons for flow in flows])
    medians = [np.median(flow.layers[0].gradient_horizons) for flow in flows]
    factor = np.exp(np.mean([np.log(flow.layers[0].factor) for flow in flows]))
    told = [f"{value:g}".replace("inf", f">{STEPS - 1}") for value in (np.median(horizons), min(medians), max(medians))]
    return [name, told[0], f"{told[1]} to {told[2]}", f"{factor:.3f}", wanted]


def main() -> None:
    """Measure all starts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one start each")
    options = parser.parse_args()
    heading("torch")
    rows = [row(name, kind, forget, wanted, 1 if options.quick else 5) for name, kind, forget, wanted in STARTS]
    show(["start", "horizon, median", "over models", "step factor", "in the design"], rows)
    print(f"Lag at which the gradient of the full state is below 1e-3; {STEPS} steps of normal noise, last-step loss.")


if __name__ == "__main__":
    main()
