"""Dropout that a model calls as a function is refused like an active module of it, and the model is left as it was."""

import copy
import re

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.overrides import _get_current_function_mode_stack

import limen

B, T, INPUTS, HIDDEN = 2, 5, 3, 4


class Head(nn.Module):
    """What is done to the states; `drop` may look at whether the module is in training."""

    def __init__(self, drop):
        super().__init__()
        self.drop = drop

    def forward(self, h):
        return self.drop(h, self.training)


class Net(nn.Module):
    def __init__(self, drop):
        super().__init__()
        self.rnn = nn.GRU(INPUTS, HIDDEN, batch_first=True)
        self.heads = nn.ModuleList([Head(drop)])

    def forward(self, x):
        return self.heads[0](self.rnn(x)[0])


def loss(output):
    return output[:, -1].sum()


def data():
    return torch.randn(B, T, INPUTS, generator=torch.Generator().manual_seed(0))


ACTIVE = {
    "torch.nn.functional.dropout": lambda h, training: functional.dropout(h, 0.3, training),
    "torch.nn.functional.alpha_dropout": lambda h, training: functional.alpha_dropout(h, 0.3, training),
    "torch.nn.functional.dropout1d": lambda h, training: functional.dropout1d(h, p=0.3, training=training),
    "torch.nn.functional.dropout2d": lambda h, training: functional.dropout2d(h[None], 0.3, training)[0],
    "torch.nn.functional.dropout3d": lambda h, training: functional.dropout3d(h[None], 0.3, training)[0],
    "torch.nn.functional.feature_alpha_dropout": lambda h, training: functional.feature_alpha_dropout(h, 0.3, training),
    "torch.dropout": lambda h, training: torch.dropout(h, 0.3, training),
    "torch.dropout_": lambda h, training: torch.dropout_(h.clone(), p=0.3, train=training),
    "torch.feature_dropout": lambda h, training: torch.feature_dropout(h, 0.3, training),
    "torch.native_dropout": lambda h, training: torch.native_dropout(h, 0.3, training)[0],
    "torch.nn.functional.scaled_dot_product_attention": lambda h, training: functional.scaled_dot_product_attention(
        h, h, h, dropout_p=0.3 * training
    ),
}


@pytest.mark.parametrize("name", ACTIVE)
def test_dropout_called_as_a_function_is_refused_while_it_drops(name):
    torch.manual_seed(0)
    net = Net(ACTIVE[name])
    kept, state = copy.deepcopy(net.state_dict()), torch.get_rng_state()
    told = re.escape(f"dropout active in 'heads.0', which calls {name} with p = 0.3")
    for door in (limen.gradient_flow, limen.rnn.remedies):
        with pytest.raises(limen.LimenError, match=told):
            door(net, data(), loss=loss)
    assert net.training
    assert torch.equal(torch.get_rng_state(), state)
    torch.testing.assert_close(net.state_dict(), kept, rtol=0, atol=0)
    assert all("forward" not in module.__dict__ for module in net.modules())
    assert not _get_current_function_mode_stack()
    assert limen.gradient_flow(net.eval(), data(), loss=loss).layers


def test_what_does_not_drop_is_taken():
    for drop in (
        lambda h, _: functional.dropout(h, 0.0),
        lambda h, _: functional.dropout(h, 0.3, training=False),
        lambda h, _: functional.scaled_dot_product_attention(h, h, h),
    ):
        assert limen.gradient_flow(Net(drop), data(), loss=loss).layers


def test_attention_that_drops_is_seen_although_its_module_is_no_dropout():
    class Attending(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = nn.GRU(INPUTS, HIDDEN, batch_first=True)
            self.attention = nn.MultiheadAttention(HIDDEN, 2, dropout=0.2, batch_first=True)

        def forward(self, x):
            h = self.rnn(x)[0]
            return self.attention(h, h, h)[0]

    net = Attending()
    with pytest.raises(limen.LimenError, match=r"active in 'attention', .*multi_head_attention_forward with p = 0\.2"):
        limen.gradient_flow(net, data(), loss=loss)
    assert limen.gradient_flow(net.eval(), data(), loss=loss).layers


def test_a_scripted_part_is_left_as_it_was():
    with pytest.warns(DeprecationWarning, match="script"):
        scripted = torch.jit.script(nn.BatchNorm1d(T))
    net = Net(lambda h, _: h)
    net.heads[0] = scripted
    kept = copy.deepcopy(net.state_dict())
    assert limen.gradient_flow(net, data(), loss=loss).layers
    torch.testing.assert_close(net.state_dict(), kept, rtol=0, atol=0)
