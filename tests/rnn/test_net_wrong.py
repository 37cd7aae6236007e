"""What the net of the course refuses: the argument, what came, where, and what was expected."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from limen._errors import InputError, ModelError
from limen.rnn import RNN

X, Y = np.zeros((2, 4, 3)), np.zeros((2, 4), int)


def put(array, place, value):
    """A copy with one entry changed."""
    changed = np.array(array)
    changed[place] = value
    return changed


def net(**options):
    return RNN(3, 5, 2, **options)


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        ((0, 5, 2), {}, "inputs is 0, expected an integer of at least 1"),
        ((3, 2.5, 2), {}, "hidden is 2.5"),
        ((3, 5, True), {}, "outputs is True"),
        ((3, 5, 2), {"seed": -1}, "seed is -1"),
        ((3, 5, 2), {"seed": None}, "seed is None"),
        ((3, 5, 2), {"hidden_activation": "Tanh"}, "hidden_activation is 'Tanh', expected one of: tanh, relu"),
        ((3, 5, 2), {"output_activation": np.tanh}, "output_activation is <ufunc 'tanh'>"),
        ((3, 5, 2), {"dtype": "float16"}, "dtype is 'float16', expected one of: float32, float64"),
        ((3, 5, 2), {"dtype": "wide"}, "dtype is 'wide'"),
        ((3, 5, 2), {"bias": 1}, "bias is 1, expected True or False"),
    ],
)
def test_a_net_that_cannot_be(arguments, options, said):
    with pytest.raises(InputError, match=said):
        RNN(*arguments, **options)


@pytest.mark.parametrize(
    ("sizes", "dtype", "size"),
    [
        ((10**8, 10**8, 1), "float64", "160,000,000 GB"),
        ((1, 10**7, 1), "float32", "400,000 GB"),
        ((10**30, 1, 1), "float64", "8,000,000,000,000,000,000,000 GB"),
    ],
)
def test_a_net_beyond_all_memory(sizes, dtype, size):
    with pytest.raises(InputError, match=f"inputs, hidden and outputs are {sizes[0]}, .* would take {size}"):
        RNN(*sizes, dtype=dtype)


@pytest.mark.parametrize(
    ("x", "options", "said"),
    [
        (X[0], {}, r"x has the shape \(4, 3\), expected \(batch, time, 3\). For one sequence hand over x\[None\]"),
        (X[:, :, :2], {}, r"x has the shape \(2, 4, 2\), expected \(batch, time, 3\)"),
        (X[:0], {}, "no sample"),
        (X[:, :0], {}, "no time step"),
        ([[[1.0], [1.0, 2.0]]], {}, "x cannot be read as an array"),
        (torch.zeros(2, 4, 3, requires_grad=True), {}, "x cannot be read as an array"),
        (X.astype(complex), {}, "x has the dtype complex128, expected real numbers"),
        (X.astype(str), {}, "x has the dtype <U32"),
        (put(X, (1, 2, 0), np.nan), {}, r"x holds nan at sample 1, step 2, feature 0 \(1 such values in all\)"),
        (put(X, (0, 3, 2), -np.inf), {}, "x holds -inf at sample 0, step 3, feature 2"),
        (put(put(X, (1, 0, 0), np.nan), (0, 3, 1), np.nan), {}, r"at sample 0, step 3, feature 1 \(2 such"),
        (X, {"lengths": [4]}, r"lengths has the shape \(1,\), expected \(2,\)"),
        (X, {"lengths": [4.0, 2.0]}, "lengths has the dtype float64, expected integers"),
        (X, {"lengths": [True, True]}, "lengths has the dtype bool"),
        (X, {"lengths": [4, 0]}, "lengths is 0 for sample 1, expected 1 to 4"),
        (X, {"lengths": [5, 4]}, "lengths is 5 for sample 0, expected 1 to 4"),
        (X, {"lengths": [-1, 4]}, "lengths is -1"),
        (X, {"initial": np.zeros(4)}, r"initial has the shape \(4,\), expected \(2, 5\) or \(5,\)"),
        (X, {"initial": np.zeros((5, 2))}, r"initial has the shape \(5, 2\)"),
        (X, {"initial": put(np.zeros((2, 5)), (1, 3), np.nan)}, "initial holds nan at sample 1, unit 3"),
        (X, {"initial": "zeros"}, "initial has the dtype <U5"),
    ],
)
def test_sequences_that_cannot_be(x, options, said):
    with pytest.raises(InputError, match=said):
        net().forward(x, **options)


def test_a_number_too_large_for_float32_is_told():
    assert np.isfinite(net().forward(put(X, (0, 1, 2), 1e300)).h).all()
    with pytest.raises(InputError, match="x holds inf at sample 0, step 1, feature 2"):
        net(dtype="float32").forward(put(X, (0, 1, 2), 1e300))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("W_hh", np.zeros((5, 4)), r"W_hh is float64 \(5, 4\), expected an array of float64 \(5, 5\)"),
        ("W_xh", np.zeros((3, 5), np.float32), r"W_xh is float32 \(3, 5\), expected an array of float64"),
        ("W_hy", [[0.0, 0.0]] * 5, "W_hy is list"),
        ("b_h", None, "b_h is NoneType"),
        ("W_hh", put(np.zeros((5, 5)), (2, 4), np.nan), "W_hh holds nan at row 2, column 4"),
        ("b_y", put(np.zeros(2), 1, np.inf), "b_y holds inf at place 1"),
    ],
)
def test_parameters_that_cannot_be(name, value, said):
    broken = net(bias=True)
    setattr(broken, name, value)
    with pytest.raises(InputError, match=said):
        broken.forward(X)


def test_biases_on_a_net_without():
    broken = net()
    broken.b_h = np.zeros(5)
    with pytest.raises(InputError, match="b_h is set on a net without biases"):
        broken.forward(X)


@pytest.mark.parametrize("method", ["loss", "bptt"])
@pytest.mark.parametrize(
    ("y", "options", "said"),
    [
        (
            Y[0],
            {},
            r"y has the shape \(4,\).*class indices \(integers\) of shape \(2, 4\).*floats\) of shape \(2, 4, 2\)",
        ),
        (Y[:, 0], {}, r"y has the shape \(2,\)"),
        (Y.astype(float), {}, r"y has the shape \(2, 4\) and the dtype float64"),
        (np.zeros((2, 4, 3)), {}, r"y has the shape \(2, 4, 3\)"),
        (
            np.zeros(3, int),
            {"steps": "last"},
            r"of shape \(2,\) or \(2, 4\), or distributions .*\(2, 2\) or \(2, 4, 2\)",
        ),
        (put(Y, (1, 2), 2), {}, "y is 2 at sample 1, step 2, expected a class from 0 to 1"),
        (put(Y, (0, 3), -1), {}, "y is -1 at sample 0, step 3"),
        (np.array([0, 7]), {"steps": "last"}, "y is 7 at sample 1, step 3"),
        (put(np.zeros((2, 4, 2)), (1, 1, 0), -0.5), {}, "y is -0.5 at sample 1, step 1, class 0.*not negative"),
        (put(np.zeros((2, 4, 2)), (0, 2, 1), np.nan), {}, "y is nan at sample 0, step 2, class 1"),
        (put(np.zeros((2, 2)), (1, 1), np.inf), {"steps": "last"}, "y is inf at sample 1, step 3, class 1"),
        (Y.astype(str), {}, "y has the dtype <U21"),
        (Y, {"steps": "first"}, "steps is 'first', expected one of: all, last"),
        (Y, {"mask": np.ones((2, 3), bool)}, r"mask has the shape \(2, 3\), expected \(2, 4\)"),
        (Y, {"mask": np.ones((2, 4))}, "mask has the dtype float64, expected booleans"),
        (Y, {"mask": np.zeros((2, 4), bool)}, "mask lets no step count"),
        (Y, {"steps": "last", "mask": np.arange(4) < np.full((2, 1), 3)}, "mask lets no step count"),
    ],
)
def test_labels_that_cannot_be(method, y, options, said):
    one = net()
    with pytest.raises(InputError, match=said):
        getattr(one, method)(one.forward(X), y, **options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"truncate": -1}, "truncate is -1, expected an integer of at least 0"),
        ({"truncate": 1.5}, "truncate is 1.5"),
        ({"truncate": True}, "truncate is True"),
        ({"steps": "last", "tolerance": 0}, "tolerance is 0, expected a number between 0 and 1"),
        ({"steps": "last", "tolerance": 1.0}, "tolerance is 1.0"),
        ({"steps": "last", "tolerance": np.nan}, "tolerance is nan"),
        ({"steps": "last", "tolerance": "1e-7"}, "tolerance is '1e-7'"),
        ({"steps": "last", "tolerance": True}, "tolerance is True"),
        ({"tolerance": 1e-7}, 'tolerance needs steps="last"'),
        ({"steps": "last", "tolerance": 1e-7, "truncate": 2}, "truncate and tolerance both"),
    ],
)
def test_ways_back_that_cannot_be(options, said):
    one = net()
    with pytest.raises(InputError, match=said):
        one.bptt(one.forward(X), Y, **options)


@pytest.mark.parametrize("method", ["loss", "bptt"])
@pytest.mark.parametrize("other", [{"dtype": "float32"}, {"bias": True}, {"hidden_activation": "relu"}])
def test_a_trace_of_another_net(method, other):
    with pytest.raises(InputError, match="trace comes from a net of other sizes, activations or dtype"):
        getattr(net(), method)(net(**other).forward(X), Y)
    with pytest.raises(InputError, match="trace is a ndarray, expected what forward"):
        getattr(net(), method)(X, Y)


@pytest.mark.parametrize("k", [-1, 4, 1.0])
def test_a_contribution_of_no_step(k):
    one = net()
    with pytest.raises(InputError, match=f"k is {k}"):
        one.bptt(one.forward(X), Y).contribution(k)


@pytest.mark.parametrize("activation", ["relu", "identity"])
def test_a_state_that_grows_without_bound(activation):
    one = net(hidden_activation=activation, dtype="float32")
    one.W_xh[:], one.W_hh[:] = 1, 10
    with pytest.raises(ModelError, match=r"state of the net overflows float32 at step 2\d\. Scale W_hh down"):
        one.forward(np.ones((1, 100, 3)))
    one.W_hh[:], one.W_hy[:] = 0, 1e38
    with pytest.raises(ModelError, match=r"score of the net overflows float32 at step 0\. Scale W_hy down"):
        one.forward(np.ones((1, 100, 3)))
