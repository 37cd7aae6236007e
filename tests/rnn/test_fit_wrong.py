"""What `fit`, `score` and their nouns refuse: one clear error, before anything is learned."""

from __future__ import annotations

import numpy as np
import pytest

from limen._errors import InputError
from limen.rnn.net import RNN
from limen.rnn.optimisers import SGD, Adam, Momentum
from limen.rnn.schedules import Cosine, StepDecay, Warmup
from limen.rnn.scoring import score
from limen.rnn.tasks import remember
from limen.rnn.text import Alphabet, streams, write
from limen.rnn.train import fit

X, Y = np.zeros((5, 4, 3)), np.zeros((5, 4), dtype=int)
LENGTHS, LAST, SYMBOLS = np.array([4, 1, 2, 3, 4]), np.zeros(5, dtype=int), np.zeros((5, 4), dtype=int)


def put(array, place, value):
    """A copy of an array with one entry changed."""
    changed = array.copy()
    changed[place] = value
    return changed


class Negative:
    def factor(self, *_):
        return -1.0


WRONG = [
    ({"epochs": 0}, "epochs is 0, expected an integer of at least 1"),
    ({"epochs": 2.0}, "epochs is 2.0"),
    ({"epochs": True}, "epochs is True"),
    ({"batch_size": 0}, "batch_size is 0"),
    ({"seed": -1}, "seed is -1"),
    ({"seed": None}, "seed is None"),
    ({"steps": "first"}, "steps is 'first', expected one of: all, last"),
    ({"truncate": -1}, "truncate is -1"),
    ({"window": 0}, "window is 0"),
    ({"window": 2, "steps": "last", "y": LAST}, "window needs a loss at every step"),
    ({"clip_norm": 0}, "clip_norm is 0, expected a number above 0"),
    ({"clip_norm": np.nan}, "clip_norm is nan"),
    ({"clip_norm": "1"}, "clip_norm is '1'"),
    ({"optimiser": "adam"}, r"optimiser is 'adam', expected one such as Adam\(0.01\)"),
    ({"optimiser": Adam}, "optimiser is <class"),
    ({"schedule": None}, r"schedule is None, expected one such as Cosine\(\)"),
    ({"schedule": Negative()}, "schedule gave the factor -1.0"),
    ({"on_epoch": "print"}, "on_epoch is 'print', expected a function"),
    ({"patience": 3}, "patience needs samples to judge by"),
    ({"patience": 0, "validation": (X, Y)}, "patience is 0"),
    ({"validation": (X,)}, r"validation is a tuple, expected a tuple \(x, y\)"),
    ({"validation": [X, Y]}, "validation is a list"),
    ({"validation": (X, Y + 9)}, "validation: y is 9 at sample 0, step 0, expected 0 to 1"),
    ({"x": X[0]}, r"x has the shape \(4, 3\).*\(samples, time, 3\)"),
    ({"x": X[:, :, :2]}, r"x has the shape \(5, 4, 2\)"),
    ({"x": X[:0]}, r"x has the shape \(0, 4, 3\)"),
    ({"x": X[:, :0]}, r"x has the shape \(5, 0, 3\)"),
    ({"x": [[1.0], [1.0, 2.0]]}, "x cannot be read as an array"),
    ({"x": X.astype(str)}, "x has the dtype"),
    ({"x": X + 1j}, "x has the dtype complex128"),
    ({"x": put(X, (2, 1, 0), np.nan)}, "x holds nan at sample 2, step 1, feature 0"),
    ({"x": put(X, (4, 3, 2), np.inf), "lengths": LENGTHS}, "x holds inf at sample 4, step 3, feature 2"),
    ({"x": put(X, (4, 3, 2), 1e39), "dtype": "float32"}, r"x holds 1e\+39 at sample 4.* finite in float32"),
    ({"x": put(SYMBOLS, (1, 2), 3)}, "x is 3 at sample 1, step 2, expected 0 to 2: the net has 3 inputs"),
    ({"x": put(SYMBOLS, (1, 2), -1)}, "x is -1 at sample 1, step 2"),
    ({"y": Y[:4]}, r"y has the shape \(4, 4\).*\(5, 4\).*\(5, 4, 2\).*steps='all'"),
    ({"y": Y[:, 0]}, r"y has the shape \(5,\)"),
    ({"y": put(Y, (3, 2), 2)}, "y is 2 at sample 3, step 2, expected 0 to 1: the net has 2 outputs"),
    ({"y": put(Y, (3, 2), -1)}, "y is -1 at sample 3, step 2"),
    ({"y": put(np.zeros((5, 4, 2)), (1, 2, 0), -0.5)}, r"y holds \[-0.5, 0.0\] at sample 1, step 2, expected a distr"),
    ({"y": put(np.zeros((5, 4, 2)), (1, 2, 0), np.nan)}, r"y holds \[nan, 0.0\] at sample 1, step 2"),
    ({"y": Y.astype(str)}, "y has the dtype"),
    ({"y": put(LAST, 3, 2), "steps": "last"}, "y is 2 at sample 3, expected"),
    ({"lengths": LENGTHS[:4]}, r"lengths has the shape \(4,\)"),
    ({"lengths": put(LENGTHS, 2, 0)}, "lengths is 0 for sample 2"),
    ({"lengths": put(LENGTHS, 2, 5)}, "lengths is 5 for sample 2"),
    ({"lengths": LENGTHS + 0.0}, "lengths has the dtype float64"),
    ({"mask": Y}, "mask has the dtype int64"),
    ({"mask": Y[:4] > 0}, r"mask has the shape \(4, 4\)"),
    ({"mask": Y > 0}, "mask leaves no step that counts"),
    ({"mask": Y == 0, "y": LAST, "steps": "last"}, "mask does not go with steps='last'"),
]


@pytest.mark.parametrize(("options", "message"), WRONG)
def test_what_is_wrong_is_named_before_anything_is_learned(options, message):
    options = dict(options)
    net = RNN(3, 2, 2, bias=True, dtype=options.pop("dtype", "float64"))
    before = {name: array.copy() for name, array in net.parameters().items()}
    given = {"x": X, "y": Y, "epochs": 1} | options
    with pytest.raises(InputError, match=message):
        fit(net, given.pop("x"), given.pop("y"), **given)
    assert all((array == before[name]).all() for name, array in net.parameters().items())


def test_a_net_of_another_kind():
    with pytest.raises(InputError, match="net is a str"):
        fit("net", X, Y, epochs=1)


def test_an_option_that_does_not_exist():
    with pytest.raises(TypeError, match="learning_rate"):
        fit(RNN(3, 2, 2), X, Y, epochs=1, learning_rate=0.1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SGD(0), "learning_rate is 0"),
        (lambda: Adam(np.nan), "learning_rate is nan"),
        (lambda: Adam(learning_rate="fast"), "learning_rate is 'fast'"),
        (lambda: Momentum(momentum=1), "momentum is 1"),
        (lambda: Adam(beta1=-0.1), "beta1 is -0.1"),
        (lambda: Adam(beta2=1.0), "beta2 is 1.0"),
        (lambda: Adam(epsilon=0), "epsilon is 0"),
        (lambda: Cosine(2), "floor of Cosine is 2"),
        (lambda: StepDecay(0), "every of StepDecay is 0"),
        (lambda: StepDecay(2, 1.5), "by of StepDecay is 1.5"),
        (lambda: Warmup(0), "epochs of Warmup is 0"),
        (lambda: Warmup(1, Cosine), "then of Warmup is"),
        (lambda: Alphabet("ba"), "characters is 'ba'"),
        (lambda: Alphabet(""), "characters is ''"),
        (lambda: Alphabet.of("abc", 1), "most is 1"),
        (lambda: Alphabet("abc").encode("abda"), "'d' at character 2"),
        (lambda: streams(np.arange(3), 3), "more than count = 3"),
        (lambda: streams(Y, 2), r"symbols has the shape \(5, 4\)"),
        (lambda: write(RNN(3, 2, 2), Alphabet("abc"), start="a", length=1), "3 inputs and 2 outputs"),
        (lambda: write(RNN(3, 2, 3), Alphabet("abc"), start="", length=1), "start is empty"),
        (lambda: write(RNN(3, 2, 3), Alphabet("abc"), start="a", length=1, temperature=0), "temperature is 0"),
        (lambda: remember(5, 0), "delay is 0"),
        (lambda: score(RNN(3, 2, 2), X, Y, batch_size=0), "batch_size is 0"),
        (lambda: score(RNN(3, 2, 2), X, LAST, steps="last", window=2), "window needs"),
    ],
)
def test_nouns_and_helpers_refuse(make, message):
    with pytest.raises(InputError, match=message):
        make()
