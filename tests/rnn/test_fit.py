"""Training: the same as torch's, exact where it can be, the best weights kept, real data learned."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
import torch
from benchmarks.sequences import japanese_vowels

from limen.rnn.net import RNN
from limen.rnn.optimisers import SGD, Adam, Momentum
from limen.rnn.schedules import Constant, Cosine, StepDecay, Warmup
from limen.rnn.scoring import score
from limen.rnn.train import DivergedError, fit
from tests.shared import needed

OPTIMISERS = {
    "sgd": (SGD(0.3), lambda p: torch.optim.SGD(p, lr=0.3)),
    "momentum": (Momentum(0.1, 0.8), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.8)),
    "nesterov": (Momentum(0.1, nesterov=True), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True)),
    "adam": (Adam(0.02, 0.8, 0.95, 1e-6), lambda p: torch.optim.Adam(p, lr=0.02, betas=(0.8, 0.95), eps=1e-6)),
}


def data(seed, samples=10, time=7, inputs=3, outputs=4):
    """x, lengths, labels at every step, and which steps count."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(samples, time, inputs))
    lengths = generator.integers(1, time + 1, size=samples)
    y = generator.integers(outputs, size=(samples, time))
    mask = generator.random((samples, time)) < 0.8
    mask[:, 0] = True
    return x, lengths, y, mask


def make(seed=0, hidden=5, **options):
    return RNN(3, hidden, 4, seed=seed, **({"bias": True} | options))


def weights(net):
    return {name: array.copy() for name, array in net.parameters().items()}


def equal(one, two):
    return all((one[name] == two[name]).all() for name in one)


def timeless(history):
    return dataclasses.replace(history, seconds=0 * history.seconds)


class Torch:
    """The same net in torch, with the same weights; torch's second bias stays 0."""

    def __init__(self, net):
        self.layer = torch.nn.RNN(net.inputs, net.hidden, batch_first=True, dtype=torch.float64)
        self.head = torch.nn.Linear(net.hidden, net.outputs, dtype=torch.float64)
        self.parameters = {
            "W_xh": self.layer.weight_ih_l0,
            "W_hh": self.layer.weight_hh_l0,
            "W_hy": self.head.weight,
            "b_h": self.layer.bias_ih_l0,
            "b_y": self.head.bias,
        }
        with torch.no_grad():
            self.layer.bias_hh_l0.zero_()
            for name, parameter in self.parameters.items():
                parameter.copy_(torch.from_numpy(getattr(net, name).T.copy()))

    def loss(self, x, y, counts):
        logits = self.head(self.layer(torch.from_numpy(x))[0])
        return torch.nn.functional.cross_entropy(logits[torch.from_numpy(counts)], torch.from_numpy(y[counts]))


@pytest.mark.parametrize("name", OPTIMISERS)
def test_an_optimiser_is_torchs(name):
    ours, theirs = OPTIMISERS[name]
    generator = np.random.default_rng(3)
    parameters = {"W": generator.normal(size=(3, 4)), "b": generator.normal(size=4)}
    twins = {name: torch.tensor(array, requires_grad=True) for name, array in parameters.items()}
    other, memory = theirs(twins.values()), ours.start(parameters)
    for step in range(30):
        gradients = {name: generator.normal(size=array.shape) * 10.0**-step for name, array in parameters.items()}
        for name, twin in twins.items():
            twin.grad = torch.from_numpy(gradients[name].copy())
        other.step()
        ours.step(parameters, gradients, memory, ours.learning_rate)
        for name, twin in twins.items():
            np.testing.assert_allclose(parameters[name], twin.detach().numpy(), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("name", OPTIMISERS)
@pytest.mark.parametrize(("steps", "limit"), [("all", 0.5), ("last", 0.9)])
def test_fit_is_a_loop_in_torch(name, steps, limit):
    """Batches, lengths, mask, clipping and schedule included; torch clips by norm + 1e-6, which is undone here."""
    ours, theirs = OPTIMISERS[name]
    x, lengths, y, mask = data(4)
    net = make(5)
    twin = Torch(net)
    other = theirs(list(twin.parameters.values()))
    inside = np.arange(x.shape[1]) < lengths[:, None]
    last = np.arange(x.shape[1]) == lengths[:, None] - 1
    counts = last if steps == "last" else inside & mask
    options = {"steps": steps, "mask": None if steps == "last" else mask}
    history = fit(
        net, x, y, epochs=4, batch_size=4, lengths=lengths, optimiser=ours, schedule=Cosine(), clip_norm=limit, seed=6,
        **options,
    )  # fmt: skip
    generator, update = np.random.default_rng(6), 0
    for epoch in range(4):
        order, norms, total = generator.permutation(10), [], 0.0
        for rows in (order[:4], order[4:8], order[8:]):
            other.zero_grad()
            loss = twin.loss(x[rows], y[rows], counts[rows])
            loss.backward()
            norm = torch.linalg.vector_norm(torch.cat([p.grad.ravel() for p in twin.parameters.values()])).item()
            for parameter in twin.parameters.values():
                parameter.grad *= min(1.0, limit / norm)
            for group in other.param_groups:
                group["lr"] = ours.learning_rate * 0.5 * (1 + np.cos(np.pi * update / 12))
            other.step()
            total += loss.item() * counts[rows].sum()
            norms.append(norm)
            update += 1
        assert history.train_losses[epoch] == pytest.approx(total / counts.sum(), rel=1e-10)
        assert history.gradient_norms[epoch] == pytest.approx(np.mean(norms), rel=1e-10)
        assert history.largest_norms[epoch] == pytest.approx(max(norms), rel=1e-10)
        assert history.clipped_shares[epoch] == np.mean(np.array(norms) > limit)
        assert history.learning_rates[epoch] == pytest.approx(group["lr"], rel=1e-12)
    assert 0 < history.clipped_shares.mean() < 1
    for name, parameter in twin.parameters.items():
        np.testing.assert_allclose(getattr(net, name), parameter.detach().numpy().T, rtol=0, atol=1e-11)


def test_the_first_loss_is_that_of_the_weights_as_they_came():
    x, lengths, y, mask = data(7)
    net = make(8)
    trace = net.forward(x, lengths=lengths)
    counted = (mask & (np.arange(7) < lengths[:, None])).sum()
    history = fit(net, x, y, epochs=1, batch_size=99, lengths=lengths, mask=mask)
    assert history.train_losses[0] == pytest.approx(make(8).loss(trace, y, mask=mask) / counted, rel=1e-12)
    assert history.counted == counted
    assert history.updates == 1


def test_the_same_seed_gives_the_same_net_and_history():
    x, lengths, y, _ = data(9)
    runs = []
    for seed in (1, 1, 2):
        net = make()
        runs.append((timeless(fit(net, x, y, epochs=3, batch_size=3, lengths=lengths, seed=seed)), weights(net)))
    assert runs[0][0] == runs[1][0]
    assert equal(runs[0][1], runs[1][1])
    assert not equal(runs[0][1], runs[2][1])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_nets_own_arrays_are_changed_and_nothing_else(dtype):
    x, lengths, y, mask = data(10)
    copies = [array.copy() for array in (x, lengths, y, mask)]
    net = make(dtype=dtype)
    arrays, before = net.parameters(), weights(net)
    fit(net, x, y, epochs=2, lengths=lengths, mask=mask, validation=(x, y, lengths, mask))
    assert all(net.parameters()[name] is array for name, array in arrays.items())
    assert all(array.dtype == dtype for array in arrays.values())
    assert not any((array == before[name]).all() for name, array in arrays.items())
    assert all((one == copy).all() for one, copy in zip((x, lengths, y, mask), copies, strict=True))


def test_padding_is_never_looked_at():
    x, lengths, y, _ = data(11)
    beyond = np.arange(7) >= lengths[:, None]
    found = []
    for filler, label, more in ((0.0, 0, 0), (np.nan, -100, 3)):
        padded, labels = np.where(beyond[..., None], filler, x), np.where(beyond, label, y)
        padded = np.pad(padded, ((0, 0), (0, more), (0, 0)), constant_values=filler)
        labels = np.pad(labels, ((0, 0), (0, more)), constant_values=label)
        net = make()
        fit(net, padded, labels, epochs=2, batch_size=4, lengths=lengths)
        found.append(weights(net))
    assert equal(*found)


def test_symbols_are_one_hot_vectors_and_labels_may_be_distributions():
    generator = np.random.default_rng(12)
    symbols, labels = generator.integers(3, size=(6, 8)), generator.integers(4, size=(6, 8))
    lengths = generator.integers(1, 9, size=6)
    nets = [make(), make()]
    fit(nets[0], np.where(np.arange(8) < lengths[:, None], symbols, 9), labels, epochs=2, lengths=lengths)
    fit(nets[1], np.eye(3)[symbols], np.eye(4)[labels], epochs=2, lengths=lengths)
    for name, array in nets[0].parameters().items():
        np.testing.assert_allclose(array, nets[1].parameters()[name], rtol=0, atol=1e-13)


def test_labels_of_the_last_step_may_stand_alone():
    x, lengths, y, _ = data(13)
    last = y[np.arange(10), lengths - 1]
    found = []
    for labels in (y, last, np.eye(4)[last], np.eye(4)[y]):
        net = make()
        fit(net, x, labels, epochs=2, steps="last", lengths=lengths, validation=(x, labels, lengths))
        found.append(weights(net))
    for other in found[1:]:
        assert all(np.abs(other[name] - array).max() < 1e-13 for name, array in found[0].items())


def test_windows_carry_the_state_and_cut_the_gradient():
    x, lengths, y, mask = data(14)
    net, by_hand = make(), make()
    fit(net, x, y, epochs=1, batch_size=10, lengths=lengths, mask=mask, window=3, optimiser=SGD(0.1))
    order, state = np.random.default_rng(0).permutation(10), np.zeros((10, 5))
    for start in (0, 3, 6):
        rows = order[lengths[order] > start]
        when, left = slice(start, start + 3), np.minimum(lengths[rows] - start, 3)
        trace = by_hand.forward(x[rows, when], lengths=np.minimum(left, x[rows, when].shape[1]), initial=state[rows])
        state[rows] = trace.h[:, -1]
        counts = mask[rows, when] & (np.arange(x[rows, when].shape[1]) < left[:, None])
        gradients = by_hand.bptt(trace, y[rows, when], mask=counts).parameters()
        for name, parameter in by_hand.parameters().items():
            parameter -= 0.1 * gradients[name] / counts.sum()
    for name, array in by_hand.parameters().items():
        np.testing.assert_allclose(net.parameters()[name], array, rtol=0, atol=1e-13)


def test_a_window_without_a_step_that_counts_only_moves_the_state_on():
    x, _, y, _ = data(15)
    mask = np.zeros((10, 7), dtype=bool)
    mask[:, 6] = True
    net = make()
    assert fit(net, x, y, epochs=2, mask=mask, window=2).updates == 2


def test_early_stopping_gives_the_best_weights_back():
    x, lengths, y, _ = data(16, samples=20)
    net = make(hidden=30)
    options = {"lengths": lengths[:10], "validation": (x[10:], y[10:], lengths[10:]), "optimiser": Adam(0.02)}
    history = fit(net, x[:10], y[:10], epochs=60, patience=4, **options)
    losses = history.validation_losses
    assert history.stopped_early
    assert history.restored
    assert len(history) == history.best_epoch + 4 < 60
    assert history.best_loss == losses.min() == losses[history.best_epoch - 1]
    assert score(net, x[10:], y[10:], lengths=lengths[10:]).loss == pytest.approx(losses.min(), rel=1e-12)
    same = make(hidden=30)
    again = fit(same, x[:10], y[:10], epochs=len(history), **options)
    assert not again.stopped_early
    assert not again.restored
    assert (again.validation_losses == losses).all()
    assert score(same, x[10:], y[10:], lengths=lengths[10:]).loss == pytest.approx(losses[-1], rel=1e-12)


@pytest.mark.parametrize("bad", ["rate", "overflow"])
def test_divergence_ends_with_an_error_and_the_last_good_weights(bad):
    x, _, y, _ = data(17)
    net = make(hidden_activation="relu" if bad == "rate" else "identity", dtype="float32")
    seen = []
    optimiser = SGD(1e9) if bad == "rate" else Momentum(1e30)
    with pytest.raises(DivergedError, match=r"in epoch \d+ of 9, batch \d+ of 3.*clip_norm") as caught:
        fit(net, x, y, epochs=9, batch_size=4, optimiser=optimiser, on_epoch=seen.append)
    assert all(np.isfinite(array).all() for array in net.parameters().values())
    assert np.isfinite(net.loss(net.forward(x), y))
    assert (caught.value.history is None) == (not seen)
    if seen:
        assert (caught.value.history.train_losses == seen[-1].train_losses).all()


def test_an_epoch_that_was_finished_before_divergence_is_not_lost():
    x, _, y, _ = data(18)
    net, seen = make(), []

    class Late(SGD):
        def step(self, parameters, gradients, memory, learning_rate):
            super().step(parameters, gradients, memory, np.nan if len(seen) == 2 else learning_rate)

    with pytest.raises(DivergedError, match=r"W_xh is not finite .* in epoch 3 of 5, batch 1 of 1") as caught:
        fit(net, x, y, epochs=5, optimiser=Late(0.1), on_epoch=lambda history: seen.append((history, weights(net))))
    assert caught.value.history == seen[-1][0]
    assert equal(weights(net), seen[-1][1])


def test_a_gradient_that_overflows_while_the_loss_is_finite():
    """Nothing is fed in before the last step, so that all states but the last are 0 whatever W_hh is."""
    x, _, y, _ = data(18)
    x[:, :-1] = 0
    net = make(hidden_activation="identity", dtype="float32", bias=False)
    net.W_hh[:] = 1e8 * np.eye(5)
    before = weights(net)
    with pytest.raises(DivergedError, match=r"gradient .* in epoch 1 of 1, batch 1 of 1.*truncate"):
        fit(net, x, y, epochs=1)
    assert equal(weights(net), before)


def test_on_epoch_sees_the_history_grow():
    x, _, y, _ = data(19)
    seen = []
    history = fit(make(), x, y, epochs=3, on_epoch=seen.append)
    assert [len(one) for one in seen] == [1, 2, 3]
    assert seen[-1] == history
    assert all((one.train_losses == two.train_losses[:-1]).all() for one, two in pairwise(seen))


def test_the_bar_is_on_standard_error(capsys):
    x, _, y, _ = data(20)
    fit(make(), x, y, epochs=1)
    assert capsys.readouterr() == ("", "")
    fit(make(), x, y, epochs=1, progress=True)
    assert capsys.readouterr().out == ""


def test_truncation_reaches_bptt():
    x, _, y, _ = data(21)
    nets = [make() for _ in range(3)]
    for net, truncate in zip(nets, (None, 1, 6), strict=True):
        fit(net, x, y, epochs=1, truncate=truncate, optimiser=SGD(0.1))
    assert (nets[0].W_hh != nets[1].W_hh).any()
    np.testing.assert_allclose(nets[0].W_hh, nets[2].W_hh, rtol=0, atol=1e-12)


def test_real_speakers_are_told_apart():
    """JapaneseVowels: 9 speakers, 270 utterances to learn from, 370 to be judged by; four seeds gave .957 to .978."""
    (x, lengths, y), (new_x, new_lengths, new_y) = japanese_vowels(needed("data/sequence"))
    net = RNN(12, 64, 9, bias=True, seed=0)
    fit(net, x, y, steps="last", lengths=lengths, epochs=20, optimiser=Adam(0.003), clip_norm=1.0)
    assert score(net, new_x, new_y, steps="last", lengths=new_lengths).accuracy > 0.93


def test_schedules():
    def factors(schedule, updates=20):
        return [schedule.factor(update, 4, 5) for update in range(updates)]

    assert factors(Constant()) == [1.0] * 20
    assert factors(Cosine())[0] == 1.0
    assert factors(Cosine())[10] == pytest.approx(0.5)
    assert factors(Cosine(0.2))[10] == pytest.approx(0.6)
    assert Cosine(0.2).factor(20, 4, 5) == pytest.approx(0.2)
    assert all(one > two for one, two in pairwise(factors(Cosine())))
    assert factors(StepDecay(2, 0.1)) == pytest.approx([1.0] * 8 + [0.1] * 8 + [0.01] * 4)
    assert factors(Warmup(1.5), 8) == pytest.approx([1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1, 1, 1])
    both = [a * b for a, b in zip(factors(Warmup(2)), factors(Cosine()), strict=True)]
    assert factors(Warmup(2, Cosine())) == both
