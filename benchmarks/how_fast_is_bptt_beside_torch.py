"""How fast is a forward pass with BPTT in limen's numpy net beside torch.nn.RNN on the CPU?

At the first four sizes below, one thread: 3.0, 2.0, 1.7 and 10.5 times as fast; two threads: 2.9, 1.9, 1.4 and 10;
the last, of the day before, 1.26 and 1.28 (goals 3, 2, 1.2, 8, 1.1). At the edge of the goals in the first two, and on
two threads 3 to 6 % short: runs in turns gave 2.94 to 3.08 (one thread) and 2.84 to 2.93 (two) at the first, 1.93 to
2.14 and 1.87 to 2.07 at the second.
limen reaches 67 to 169 GFLOP/s in batches, 15 with a single sample (torch 2); a lone matrix product 170 on one thread
and 338 on two. Of its 5.1 ms at the second size 3.5 are products at 126 GFLOP/s (in a step 150, sums over steps 110 to
120, with 10 outputs 60), .5 functions of single numbers, .4 copies, checks and the loss; the rest is calls, which are
slow where data has driven them from the cache. With all products at 150 GFLOP/s it would be a tenth faster.

Small nets run on one thread, however many there are. On a quiet machine two are as fast; where other work holds a core
they wait for each other, and one thread is twice as fast.

2026-11-26, 2 shared cores, CPU, other work stopped; the largest size 2026-11-25.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from common import heading, median, seconds, show
from limen.rnn import RNN

SIZES = ((100, 32, 32, 64), (100, 32, 64, 128), (500, 32, 64, 256), (1000, 1, 32, 64), (1000, 64, 64, 512))
GOALS = (3.0, 2.0, 1.2, 8.0, 1.1)
OUTPUTS = 10
SIDE = 1536  # of the square matrices whose product gives the peak


def flops(time_: int, batch: int, inputs: int, hidden: int) -> float:
    """Of the matrix products of one forward pass and one BPTT, without gradients of the inputs."""
    return 2.0 * time_ * batch * (2 * inputs * hidden + 3 * hidden**2 + 3 * hidden * OUTPUTS)


def contestants(sizes: tuple[int, int, int, int]) -> tuple[Callable[[], float], Callable[[], float]]:
    """Forward pass, summed cross-entropy of all steps and its gradient, in torch and in limen, with equal weights."""
    import torch

    time_, batch, inputs, hidden = sizes
    torch.manual_seed(0)
    layer = torch.nn.RNN(inputs, hidden, bias=False, batch_first=True)
    readout = torch.nn.Linear(hidden, OUTPUTS, bias=False)
    net = RNN(inputs, hidden, OUTPUTS, dtype="float32")
    weights = (layer.weight_ih_l0, layer.weight_hh_l0, readout.weight)
    for values, weight in zip((net.W_xh, net.W_hh, net.W_hy), weights, strict=True):
        values[:] = weight.detach().numpy().T
    x, y = torch.randn(batch, time_, inputs), torch.randint(OUTPUTS, (batch, time_))
    error = torch.nn.CrossEntropyLoss(reduction="sum")

    def peer() -> float:
        for weight in weights:
            weight.grad = None
        loss = error(readout(layer(x)[0]).reshape(-1, OUTPUTS), y.reshape(-1))
        loss.backward()
        return loss.item()

    def ours() -> float:
        ours.gradients = None  # as the peer drops its gradients: they hold the memory of the pass that made them
        trace = net.forward(x.numpy())
        loss = net.loss(trace, y.numpy())
        ours.gradients = net.bptt(trace, y.numpy())
        return loss

    assert abs(peer() - ours()) < 1e-5 * peer()
    for found, weight in zip((ours.gradients.W_xh, ours.gradients.W_hh, ours.gradients.W_hy), weights, strict=True):
        expected = weight.grad.numpy().T
        assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()
    return peer, ours


def alternating(peer: Callable[[], float], ours: Callable[[], float], rounds: int, runs: int) -> list[float]:
    """Medians in seconds of both and of their ratio: in turns, several runs each, as each would run in a training loop.

    A busy moment of the machine then hits both, and neither finds the caches full of the other's data.
    """
    times = [(median(seconds(peer, runs)), median(seconds(ours, runs))) for _ in range(rounds)]
    a, b = zip(*times, strict=True)
    return [median(a), median(b), median([one / other for one, other in times])]


def peaks() -> dict[str, float]:
    """The fastest of several large matrix products in numpy and in torch, in GFLOP/s."""
    import torch

    a = np.ones((SIDE, SIDE), np.float32)
    b = torch.ones(SIDE, SIDE)
    best = {"numpy": min(seconds(lambda: a @ a, 7)), "torch": min(seconds(lambda: b @ b, 7))}
    return {name: 2 * SIDE**3 / spent / 1e9 for name, spent in best.items()}


def child(threads: int, quick: bool) -> None:
    """Measure in this process and print the results as JSON."""
    import torch

    torch.set_num_threads(threads)
    found = []
    for sizes in SIZES:
        runs = 1 if flops(*sizes) > 1e10 else 5 if flops(*sizes) > 2e9 else 20
        found.append(alternating(*contestants(sizes), 3 if quick else 9, runs))
    print(json.dumps({"times": found, "peaks": peaks()}))


def in_a_process(threads: int, quick: bool) -> dict[str, list[list[float]] | dict[str, float]]:
    """Run `child` in a fresh process with so many threads."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(names, str(threads))}
    command = [sys.executable, str(Path(__file__).resolve()), "--child", str(threads), *["--quick"] * quick]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Measure with one thread and with two."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few repeats")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child, options.quick)
        return
    heading("numpy", "torch")
    rows = []
    for threads in (1, 2):
        found = in_a_process(threads, options.quick)
        for sizes, goal, (peer, ours, ratio) in zip(SIZES, GOALS, found["times"], strict=True):
            rate = [f"{flops(*sizes) / spent / 1e9:.0f}" for spent in (ours, peer)]
            name = "T {}, batch {}, in {}, hidden {}".format(*sizes)
            rows.append([name, threads, f"{1000 * ours:.2f}", f"{1000 * peer:.2f}", f"{ratio:.2f}", goal, *rate])
        peak = found["peaks"]
        print(
            f"{threads} threads: matrix products reach {peak['numpy']:.0f} (numpy), {peak['torch']:.0f} (torch) GFLOP/s"
        )
    columns = ["float32", "threads", "limen ms", "torch ms", "ratio", "goal", "limen GFLOP/s", "torch GFLOP/s"]
    show(columns, rows)
    print("Forward, cross-entropy of every step and BPTT, medians of runs in turns; ratio: median of torch / limen.")


if __name__ == "__main__":
    main()
