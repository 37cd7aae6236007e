"""How much does the error-controlled early stop of BPTT save where the gradient of a last-step loss vanishes?

In float64 4.2 to 13 times (tanh, bound estimated) and 2.5 to 9.7 times (sigmoid, bound proved; 2.5 with a single
sample, below the goal), with errors far below 1e-7. In float32 .6 to 1.7 times: there the full way back ends by itself,
because limen stops where everything has underflowed.

2026-11-25, 2 shared cores, CPU, one thread. Goal: 3 times where the gradient vanishes, the same gradient to 1e-7.
"""

from __future__ import annotations

import argparse

import numpy as np

from common import heading, median, seconds, show
from limen.rnn import RNN

OUTPUTS, TOLERANCE = 10, 1e-7
SIZES = ((1000, 1, 32, 64), (1000, 32, 32, 64), (500, 32, 64, 256), (1000, 64, 64, 512))
NETS = (("tanh", "float64"), ("sigmoid", "float64"), ("tanh", "float32"))


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
    """Times in turns, and what the stop says beside what it does."""
    net, x, y = net_and_data(sizes, activation, dtype)
    trace = net.forward(x)
    runs = max(1, int(2e8 / (sizes[0] * sizes[1] * sizes[3] ** 2)))

    def full() -> object:
        return net.bptt(trace, y, steps="last")

    def early() -> object:
        return net.bptt(trace, y, steps="last", tolerance=TOLERANCE)

    pairs = [(median(seconds(full, runs)), median(seconds(early, runs))) for _ in range(rounds)]
    exact, stopped = net.bptt(trace, y, steps="last"), net.bptt(trace, y, steps="last", tolerance=TOLERANCE)
    errors = [
        np.linalg.norm(getattr(stopped, name) - getattr(exact, name)) / np.linalg.norm(getattr(exact, name))
        for name in ("W_hh", "W_xh")
    ]
    peer = "-"
    if activation == "tanh":
        peer = f"{1000 * torch_backward(net, x, y, 1 if runs == 1 else 3):.1f}"
    a, b = (1000 * median(times) for times in zip(*pairs, strict=True))
    return [
        f"{activation} {dtype}, T {sizes[0]}, batch {sizes[1]}, in {sizes[2]}, hidden {sizes[3]}",
        peer,
        f"{a:.2f}",
        f"{b:.2f}",
        f"{median([one / other for one, other in pairs]):.1f}",
        sizes[0] - stopped.stopped if stopped.stopped is not None else "none",
        f"{stopped.bound:.0e}",
        f"{max(errors):.0e}",
        "proved" if stopped.certified else "estimated",
    ]


def main() -> None:
    """Measure both, with as many threads as the environment says (OMP_NUM_THREADS)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few repeats, without the largest size")
    options = parser.parse_args()
    heading("numpy", "torch")
    sizes = SIZES[:-1] if options.quick else SIZES
    rows = [row(size, *net, 3 if options.quick else 7) for net in NETS for size in sizes]
    columns = ["net", "torch ms", "full ms", "early stop ms", "ratio", "steps made", "bound", "error", "bound is"]
    show(columns, rows)
    print(
        f"One BPTT of a last-step loss after the forward pass, medians in turns; tolerance {TOLERANCE:.0e}. "
        "In float32 the full way back ends by itself where everything has underflowed, so the ratio is smaller there; "
        "errors of 1e-7 in float32 are rounding. Goal: 3 times where the gradient vanishes, the same gradient to 1e-7."
    )


if __name__ == "__main__":
    main()
