"""A loss of as many values as steps and samples: one a step is followed, one a sample is refused, and each is known."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import limen

N, INPUTS, HIDDEN = 5, 3, 4


class Net(nn.Module):
    """A recurrent module, or a cell in a loop, time first, with a head on all states; `mix` is done to all states."""

    def __init__(self, rnn, mix=lambda h: h):
        super().__init__()
        torch.manual_seed(0)
        self.rnn, self.mix = rnn, mix
        width = rnn.hidden_size * (1 + getattr(rnn, "bidirectional", False))
        self.head = nn.Linear(width, 2, dtype=torch.float64)

    def forward(self, x):
        if isinstance(self.rnn, nn.RNNCellBase):
            h, found = None, []
            for one in x:
                h = self.rnn(one, h)
                found.append(h)
            return self.head(self.mix(torch.stack(found)))
        h = self.rnn(x)[0]
        if isinstance(x, nn.utils.rnn.PackedSequence):
            h = pad_packed_sequence(h)[0]
        return self.head(self.mix(h))


def data(samples=N):
    return torch.randn(N, samples, INPUTS, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


KINDS = {
    "gru": lambda: nn.GRU(INPUTS, HIDDEN, dtype=torch.float64),
    "both ways": lambda: nn.GRU(INPUTS, HIDDEN, bidirectional=True, dtype=torch.float64),
    "cell": lambda: nn.GRUCell(INPUTS, HIDDEN, dtype=torch.float64),
}


def one_a_step(output):
    return output.square().sum((1, 2))


SAMPLES = {
    "of the last step": lambda output: output[-1].square().sum(1),
    "of all steps": lambda output: output.square().sum((0, 2)),
    "of the first step": lambda output: output[0].square().sum(1),
}


@pytest.mark.parametrize("kind", KINDS)
def test_one_value_a_step_is_followed_as_with_any_number_of_samples(kind):
    net, x = Net(KINDS[kind]()), data()
    flow = limen.gradient_flow(net, x, loss=one_a_step)
    fewer = limen.gradient_flow(net, x[:, :-1], loss=one_a_step)
    np.testing.assert_allclose(flow.layers[0].log_norms[:, :-1], fewer.layers[0].log_norms)
    assert flow.heat.log_norms.shape == (N, N)


@pytest.mark.parametrize("reads", SAMPLES)
@pytest.mark.parametrize("kind", KINDS)
def test_one_value_a_sample_is_refused_as_with_any_number_of_samples(kind, reads):
    net = Net(KINDS[kind]())
    with pytest.raises(limen.LimenError, match=r"with one value a sample: .*sum or average over the samples"):
        limen.gradient_flow(net, data(), loss=SAMPLES[reads])
    with pytest.raises(limen.LimenError, match=r"sum or average over the samples"):
        limen.gradient_flow(net, data(N + 1), loss=SAMPLES[reads])


def test_samples_of_several_lengths():
    net, lengths = Net(KINDS["gru"]()), [2, N, 3, 4, 1]
    x = pack_padded_sequence(data(), lengths, enforce_sorted=False)
    assert limen.gradient_flow(net, x, loss=one_a_step).heat is not None
    for reads in SAMPLES:
        with pytest.raises(limen.LimenError, match="one value a sample"):
            limen.gradient_flow(net, x, loss=SAMPLES[reads])


def test_samples_that_the_model_cuts_into_pieces():
    class Pieces(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = KINDS["gru"]()

        def forward(self, x):  # (samples, pieces, time, inputs)
            h = self.rnn(x.flatten(0, 1).transpose(0, 1))[0]
            return h.unflatten(1, x.shape[:2])

    x = torch.randn(N, 2, N, INPUTS, dtype=torch.float64)
    with pytest.raises(limen.LimenError, match="one value a sample"):
        limen.gradient_flow(Pieces(), x, loss=lambda h: h[-1].sum((1, 2)))
    assert limen.gradient_flow(Pieces(), x, loss=lambda h: h.sum((1, 2, 3))).heat is not None


def test_a_causal_head_is_one_a_step_and_one_that_looks_ahead_is_not_told():
    causal = Net(KINDS["gru"](), mix=lambda h: h.cumsum(0))
    assert limen.gradient_flow(causal, data(), loss=one_a_step).heat is not None
    ahead = Net(KINDS["gru"](), mix=lambda h: h - h.mean(0))
    with pytest.raises(limen.LimenError, match="may be one value a step or one a sample"):
        limen.gradient_flow(ahead, data(), loss=one_a_step)
    assert limen.gradient_flow(ahead, data(N - 1), loss=one_a_step).heat is not None
    coupled = Net(KINDS["gru"](), mix=lambda h: h - h.mean(1, keepdim=True))
    with pytest.raises(limen.LimenError, match="may be one value a step or one a sample"):
        limen.gradient_flow(coupled, data(), loss=SAMPLES["of the last step"])


def test_values_that_depend_on_nothing_are_passed_over():
    net = Net(KINDS["gru"]())
    counts = torch.tensor([0.0, 0.0, 1.0, 1.0, 1.0], dtype=torch.float64)
    assert limen.gradient_flow(net, data(), loss=lambda output: counts * one_a_step(output)).heat is not None
    with pytest.raises(limen.LimenError, match="value 2 depends on one sample alone"):
        limen.gradient_flow(net, data(), loss=lambda output: counts * SAMPLES["of the last step"](output))
