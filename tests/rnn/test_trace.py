"""What a trace promises: it stays what it was, cannot be written to, and travels; and arguments are not written to."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from limen.rnn import Trace

from .course import FIELDS, example


def test_a_trace_stays_what_it_was():
    """Neither another forward pass nor new weights nor a change of x reaches a trace that was made before."""
    net, x = example()
    trace, y = net.forward(x), np.ones((2, 6), int)
    before, gradient = {name: getattr(trace, name).copy() for name in FIELDS}, net.bptt(trace, y).W_hh
    net.forward(2 * x)
    x[:] = 0
    for values in net.parameters().values():
        values *= 2
    for name in FIELDS:
        assert np.array_equal(getattr(trace, name), before[name])
    assert np.array_equal(net.bptt(trace, y).W_hh, gradient)
    one = np.ones((1, 4, 3))
    kept = net.forward(one)
    one[:] = 0
    assert kept.x.all()


@pytest.mark.parametrize("name", FIELDS)
def test_a_trace_cannot_be_written_to(name):
    net, x = example()
    trace = net.forward(x)
    with pytest.raises(ValueError, match="read-only"):
        getattr(trace, name)[:] = 0
    with pytest.raises(AttributeError):
        setattr(trace, name, None)


def test_nothing_is_written_to_the_arguments():
    net, x = example()
    arguments = {"x": x, "lengths": np.array([3, 6]), "initial": np.ones(5)}
    labels = {"y": np.random.default_rng(0).random((2, 6, 4)), "mask": np.ones((2, 6), bool)}
    for values in (*arguments.values(), *labels.values(), *net.parameters().values()):
        values.setflags(write=False)
    trace = net.forward(**arguments)
    net.loss(trace, **labels)
    net.bptt(trace, **labels)
    net.bptt(trace, **labels, truncate=1)


def test_nets_traces_and_gradients_can_be_copied_and_pickled():
    net, x = example(bias=True)
    trace, y = net.forward(x), np.ones((2, 6), int)
    twin, seen = copy.deepcopy(net), pickle.loads(pickle.dumps(trace))  # noqa: S301
    assert isinstance(seen, Trace)
    gradients = pickle.loads(pickle.dumps(twin.bptt(seen, y)))  # noqa: S301
    assert np.array_equal(gradients.x, net.bptt(trace, y).x)
    assert repr(net) == (
        "RNN(3, 5, 4, hidden_activation='tanh', output_activation='identity', bias=True, dtype='float64')"
    )
