"""How much does the error-controlled early stop of BPTT save where the gradient of a last-step loss vanishes?

There are two full ways to compare with. Beside limen's own way back of the same last-step loss, in float64: 5.4 to 23
times (tanh, bound estimated) and 3.5 to 36 (sigmoid, bound proved), with errors far below 1e-7: the goal is met. In
float32 only .9 to 3.1 times: missed at seven sizes of eight. There the full way ends by itself after 40 to 120 steps,
where all has underflowed, and a tolerance can save only what lies between 1e-8 and there. limen looks ahead only where
that costs less than those steps; where it does not (small nets), asking costs up to 30 µs.

Beside the way back of a loss at every step, which cannot end (and sums over all steps for the output layer too): 3.5 to
21 times (tanh, float64), 17 to 141 (sigmoid, float64) and 3.6 to 39 (float32, by the tolerance at three sizes of eight,
by the underflow at the others).

A whole pass, forward and back, gains 1.1 to 2.6 times in float64 and up to 1.1 in float32. The ratios beside torch's
backward pass alone, which goes through all steps, are 15 to 143.

2026-11-26, a full run in turns while other work held both cores by turns, CPU, one thread; on a quiet machine, a day
before, own way back / early was 6 to 21, 3.9 to 11 and .9 to 2.9. Goal: 3 times where the gradient vanishes, the same
gradient to 1e-7.
"""

from __future__ import annotations

import argparse

import numpy as np

from common import heading, median, seconds, show
from limen.rnn import RNN

OUTPUTS, TOLERANCE = 10, 1e-7
SIZES = ((1000, 1, 32, 64), (1000, 32, 32, 64), (500, 32, 64, 256), (1000, 64, 64, 512))
NETS = (("tanh", "float64"), ("sigmoid", "float64"), ("tanh", "float32"), ("sigmoid", "float32"))


def net_and_data(sizes: tuple[int, int, int, int], activation: str, dtype: str) -> tuple[RNN, np.ndarray, np.ndarray]:
    """A net with its initial weights, uniform in ±1/√hidden, and normal inputs."""
    time, batch, inputs, hidden = sizes
    generator = np.random.default_rng(0)
    net = RNN(inputs, hidden, OUTPUTS, hidden_activation=activation, dtype=dtype)
    return net, generator.standard_normal((batch, time, inputs)).astype(dtype), generator.integers(0, OUTPUTS, batch)


def torch_backward(net: RNN, x: np.ndarray, y: np.ndarray, runs: int) -> float:
    """The median time of torch's backward pass through the same net, in seconds."""
    import time

    import torch

    layer = torch.nn.RNN(net.inputs, net.hidden, bias=False, batch_first=True, dtype=getattr(torch, net.dtype.name))
    readout = torch.nn.Linear(net.hidden, OUTPUTS, bias=False, dtype=getattr(torch, net.dtype.name))
    with torch.no_grad():
        for weight, values in (
            (layer.weight_ih_l0, net.W_xh),
            (layer.weight_hh_l0, net.W_hh),
            (readout.weight, net.W_hy),
        ):
            weight.copy_(torch.from_numpy(values.T.copy()))
    times = []
    for _ in range(runs + 1):
        loss = torch.nn.functional.cross_entropy(
            readout(layer(torch.from_numpy(x))[0][:, -1]), torch.from_numpy(y), reduction="sum"
        )
        start = time.perf_counter()
        loss.backward()
        times.append(time.perf_counter() - start)
    return median(times[1:])


def row(sizes: tuple[int, int, int, int], activation: str, dtype: str, rounds: int) -> list[object]:
    """Times in turns, and what the stop says beside what it does.

    Four ratios: of limen's way back through every step (that of a loss at every step, which cannot end), of its way
    back without the stop, of a whole pass of it (forward and back), and of torch's way back through the same net, each
    over the same with limen's early stop.
    """
    net, x, y = net_and_data(sizes, activation, dtype)
    trace = net.forward(x)
    runs = max(1, int(2e8 / (sizes[0] * sizes[1] * sizes[3] ** 2)))

    def full() -> object:
        return net.bptt(trace, y, steps="last")

    def early() -> object:
        return net.bptt(trace, y, steps="last", tolerance=TOLERANCE)

    def through() -> object:  # the loss of every step is heard: nothing on the way back can end
        return net.bptt(trace, np.repeat(y[:, None], sizes[0], axis=1))

    def forward() -> object:
        return net.forward(x)

    times = [[median(seconds(call, runs)) for call in (forward, full, early, through)] for _ in range(rounds)]
    exact, stopped = full(), early()
    errors = [
        np.linalg.norm(getattr(stopped, name) - getattr(exact, name)) / np.linalg.norm(getattr(exact, name))
        for name in ("W_hh", "W_xh")
    ]
    peer = torch_backward(net, x, y, 1 if runs == 1 else 5) if activation == "tanh" else float("nan")
    ahead, back, short, every = (median(column) for column in zip(*times, strict=True))
    return [
        f"{activation} {dtype}, T {sizes[0]}, batch {sizes[1]}, in {sizes[2]}, hidden {sizes[3]}",
        *(f"{1000 * spent:.2f}" for spent in (ahead, every, back, short, peer)),
        f"{median([d / c for _, _, c, d in times]):.1f}",
        f"{median([b / c for _, b, c, _ in times]):.2f}",
        f"{median([(a + b) / (a + c) for a, b, c, _ in times]):.2f}",
        f"{peer / short:.1f}",
        sizes[0] - stopped.stopped if stopped.stopped is not None else "none",
        f"{stopped.bound:.0e}",
        f"{max(errors):.0e}",
        ("proved" if stopped.certified else "estimated") if stopped.stopped is not None else "-",
    ]


def main() -> None:
    """Measure both, with as many threads as the environment says (OMP_NUM_THREADS)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few repeats, without the largest size")
    options = parser.parse_args()
    heading("numpy", "torch")
    sizes = SIZES[:-1] if options.quick else SIZES
    rows = [row(size, *net, 3 if options.quick else 7) for net in NETS for size in sizes]
    columns = ["net", "forward ms", "every step ms", "back ms", "early ms", "torch back ms"]
    columns += [
        "every/early",
        "back/early",
        "whole/whole early",
        "torch back/early",
        "steps made",
        "bound",
        "error",
        "bound is",
    ]
    show(columns, rows)
    print(
        "every step: limen's BPTT of a loss at every step, which goes through all of them; "
        f"back: limen's BPTT of a last-step loss; early: the same with tolerance {TOLERANCE:.0e}; whole: with forward; "
        "torch back: loss.backward() alone, which needs its forward pass before. Medians in turns. In float32 the way "
        "back ends by itself where everything has underflowed: 'none' is where a look ahead would cost more than the "
        "steps left. Errors of 1e-7 in float32 are rounding. Goal: 3 where the gradient vanishes."
    )


if __name__ == "__main__":
    main()
