"""What does limen.rnn.Monitor cost a training loop that it measures every 100 steps, on full batches?

GRU .2 to 1.2 %, LSTM 1.2 to 2.6 % of the loop's time, from 20 steps of 32 units to 200 of 128: a batch is measured
in the time of 1 to 3 training steps. With the clipping factor .3 to 2.9 %: where all that is trained lies in recurrent
layers and behind them, it comes of the layers as they were followed. A measurement costs 3 ms whatever its size, so the
largest share (LSTM, 20 steps, batch 16, 32 units) is that of steps of 1.3 ms.

2026-11-26, 2 shared cores, other work stopped, float32, CPU, 1 thread, CPU time, few rounds. Goal: under 3 %.

`--device cuda`, one NVIDIA H100, 2026-11-26: GRU 3.0 to 7.8 %, LSTM 2.9 to 13.5 %, above the goal but for the smallest
sizes, because steps of 2 ms are measured in 6 to 38; `every=500` keeps all below 3 %.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from torch import nn

from common import heading, median, show
from limen.rnn import Monitor

EVERY = 100
SIZES = ((20, 16, 8, 32), (100, 32, 32, 64), (100, 64, 64, 128), (200, 64, 64, 128))


class Net(nn.Module):
    """A recurrent layer and a linear head on its last step."""

    def __init__(self, kind: type[nn.Module], inputs: int, hidden: int) -> None:
        super().__init__()
        self.rnn = kind(inputs, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Scores (batch, 10) from x (batch, T, inputs)."""
        return self.head(self.rnn(x)[0][:, -1])


def clocked(call: Callable[[], object], repeats: int, clock: Callable[[], float]) -> list[float]:
    """Seconds of `repeats` calls, each until the GPU is done with it, if there is one."""
    times = []
    for _ in range(repeats):
        start = clock()
        call()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        times.append(clock() - start)
    return times


def costs(
    kind: type[nn.Module], size: tuple[int, ...], rounds: int, clock: Callable[[], float], device: str
) -> tuple[float, ...]:
    """Medians in seconds: a training step with Adam; a measurement; one of 16 samples; one with the clipping factor.

    Measured in turns, so that what else the machine does falls on all alike.
    """
    steps, batch, inputs, hidden = size
    torch.manual_seed(0)
    model = Net(kind, inputs, hidden).to(device)
    optimiser = torch.optim.Adam(model.parameters())
    x, y = torch.randn(batch, steps, inputs, device=device), torch.randint(10, (batch,), device=device)

    def step() -> None:
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimiser.step()

    options: list[dict[str, object]] = [{}, {"samples": 16}, {"clip_norm": 1.0}]
    monitors = [Monitor(model, loss=nn.functional.cross_entropy, every=EVERY, **one) for one in options]  # type: ignore[arg-type]
    calls = [step, *(lambda monitor=monitor: monitor.measure(x, y, step=0) for monitor in monitors)]
    found: list[list[float]] = [[] for _ in calls]
    for number in range(rounds + 1):
        for place, call in enumerate(calls):
            times = clocked(call, 5 if place == 0 else 1, clock)
            found[place] += times if number else []  # the first round warms up
    return tuple(map(median, found))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few rounds")
    parser.add_argument("--cpu-time", action="store_true", help="this process's time instead of the wall's: 1 thread")
    parser.add_argument("--device", default="cpu", help="where the model is: cpu or cuda")
    options = parser.parse_args()
    heading("torch", device=options.device)
    clock = time.process_time if options.cpu_time else time.perf_counter
    rows = []
    for threads in (1,) if options.cpu_time or options.device != "cpu" else (1, 2):
        torch.set_num_threads(threads)
        for kind in (nn.GRU, nn.LSTM):
            for size in SIZES:
                step, *measured = costs(kind, size, 5 if options.quick else 15, clock, options.device)
                shares = (f"{100 * one / (EVERY * step + one):.2f} %" for one in measured)
                rows.append(
                    [f"{kind.__name__} {size}", threads, f"{1e3 * step:.1f}", f"{1e3 * measured[0]:.1f}", *shares]
                )
    show(["(T, batch, in, hidden)", "threads", "step ms", "measure ms", "share", "16 samples", "with clip_norm"], rows)
    print(f"Shares of a loop that measures every {EVERY} steps. Goal: under 3 % on full batches.")


if __name__ == "__main__":
    main()
