"""How many forward and backward passes of the model itself does a gradient flow cost?

GRU 1.2 to 1.8, one layer or three, from 64 to 512 cells, and a quarter of one pass at batch 1. LSTM 1.6 to 3.2; the
dearest are 64 cells, three layers of 128 and batch 1 with 1,000 steps (3.2 each), where torch takes 5 microseconds a
step in one call to a fused kernel and limen's loop four calls to numpy. RNN 1.3 to 2.1.

2026-11-25, 2 shared cores on a quiet machine, CPU, 1 thread; on busy cores batch 1 came to 3.7 and 4.2. Goals: at most
2 (GRU) and 4 (LSTM).

`--device cuda`, one NVIDIA H100, 2026-11-26: GRU 2.5 to 8.1, LSTM 4.5 to 12, with three layers 29 and 33, so the goals
are missed: cuDNN runs all steps in one kernel, limen's loop starts three to five a step. Before unit vectors were made
every twelfth step there too, and small runs followed on the CPU, it was 6 to 85.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from torch import nn

import limen
from common import heading, median, show

GOALS = {"RNN": None, "GRU": 2.0, "LSTM": 4.0}
SIZES = ((100, 32, 32, 64), (100, 32, 64, 128), (500, 32, 64, 256), (1000, 1, 32, 64), (100, 64, 64, 512))


class Reader(nn.Module):
    """A recurrent layer and a linear head on its last state, as a user would write it."""

    def __init__(self, kind: str, inputs: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.rnn = getattr(nn, kind)(inputs, hidden, num_layers=layers)
        self.head = nn.Linear(hidden, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Class scores (B, 10) of x (T, B, inputs)."""
        output, _ = self.rnn(x)
        scores: torch.Tensor = self.head(output[-1])
        return scores


def timed(call: Callable[[], object]) -> float:
    """Wall seconds of one call, until the GPU is done with it, if there is one."""
    start = time.perf_counter()
    call()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def row(kind: str, size: tuple[int, int, int, int], layers: int, repeats: int, device: str) -> list[object]:
    """One line of the table: the two times, taken by turns, and the median of their ratios."""
    steps, batch, inputs, hidden = size
    torch.manual_seed(0)
    model = Reader(kind, inputs, hidden, layers).to(device)
    x, y = torch.randn(steps, batch, inputs, device=device), torch.randint(10, (batch,), device=device)

    def loss(scores: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(scores, y)

    def train() -> None:
        model.zero_grad()
        loss(model(x)).backward()

    def flow() -> None:
        limen.gradient_flow(model, x, loss=loss)

    train()
    flow()
    pairs = [(timed(train), timed(flow)) for _ in range(repeats)]
    ratio = median([after / before for before, after in pairs])
    own, ours = (median([pair[place] for pair in pairs]) for place in (0, 1))
    goal = GOALS[kind]
    return [
        kind,
        layers,
        "×".join(map(str, size)),
        f"{1e3 * own:.1f}",
        f"{1e3 * ours:.1f}",
        f"{ratio:.2f}",
        goal or "-",
    ]


def main() -> None:
    """Measure all kinds and sizes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="torch's threads")
    parser.add_argument("--device", default="cpu", help="where the model is: cpu or cuda")
    options = parser.parse_args()
    heading("torch", device=options.device)
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)  # else a model's own backward pass is slowed by what vanishes, in its disfavour
    repeats, device = 3 if options.quick else 9, options.device
    rows = [row(kind, size, 1, repeats, device) for kind in GOALS for size in SIZES]
    rows += [row(kind, SIZES[1], 3, repeats, device) for kind in GOALS]
    columns = ["kind", "layers", "T×batch×in×hidden", "forward+backward ms", "gradient_flow ms", "ratio", "goal"]
    show(columns, rows)
    print(f"float32, last-step cross-entropy, {options.threads} threads, denormals flushed for both.")


if __name__ == "__main__":
    main()
