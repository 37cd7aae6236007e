"""Modules of torch on tables: the right tensor, no graph, and left as they were."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch

from limen._errors import InputError
from limen.models import Composer, predictor

VALUES = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.0]])


class Net(torch.nn.Module):
    """A linear layer behind dropout and a batch norm, which both act in training mode only."""

    classes = ("low", "high")

    def __init__(self, dtype=torch.float32):
        super().__init__()
        self.norm = torch.nn.BatchNorm1d(2, dtype=dtype)
        self.drop = torch.nn.Dropout(0.5)
        self.line = torch.nn.Linear(2, 2, dtype=dtype)
        self.seen = []

    def forward(self, x):
        self.seen.append((type(x), getattr(x, "dtype", None), torch.is_grad_enabled(), self.drop.training))
        return self.line(self.drop(self.norm(x)))


def asked(module, compose):
    return predictor(module).ask([0, 1, 2], (), Composer(lambda items: compose(VALUES[items])))[0]


def expected(module):
    module.eval()
    x = torch.as_tensor(VALUES, dtype=module.line.weight.dtype)
    return module(x).detach().double().numpy()


FRAMES = {
    "numpy": np.asarray,
    "pandas": lambda x: pd.DataFrame(x, columns=["a", "b"]),
    "polars": lambda x: pl.DataFrame({"a": x[:, 0], "b": x[:, 1]}),
    "pyarrow": lambda x: pa.table({"a": x[:, 0], "b": x[:, 1]}),
    "mixed": lambda x: pd.DataFrame({"a": x[:, 0], "b": pd.array(x[:, 1].astype(int), dtype="Int64")}),
}


@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_table_becomes_one_tensor_in_the_modules_precision(kind, dtype):
    torch.manual_seed(0)
    module = Net(dtype)
    found = asked(module, FRAMES[kind])
    assert module.seen == [(torch.Tensor, dtype, False, False)]
    assert found == pytest.approx(expected(module), rel=1e-6)
    assert predictor(module).classes == ("low", "high")


def test_the_module_is_left_as_it_was_found():
    module = Net()
    module.norm.eval()
    before = [part.training for part in module.modules()]
    state = {name: value.clone() for name, value in module.state_dict().items()}
    asked(module, np.asarray)
    assert [part.training for part in module.modules()] == before == [True, False, True, True]
    assert all(torch.equal(value, state[name]) for name, value in module.state_dict().items())
    assert all(parameter.grad is None for parameter in module.parameters())


def test_missing_values_and_booleans_are_numbers():
    class Same(torch.nn.Module):
        def forward(self, x):
            return torch.nan_to_num(x, nan=-9.0)

    def given(table):
        return predictor(Same()).ask(range(len(table)), (), Composer(lambda _: table))[0].tolist()

    table = pd.DataFrame({"a": pd.array([1, None], "Int64"), "b": [True, False], "c": [0.5, np.nan]})
    assert given(table) == [[1, 1, 0.5], [-9, 0, -9]]
    objects = np.array([[1, None], [True, np.nan]], dtype=object)
    assert given(objects) == [[1, -9], [1, -9]]
    odd = pl.DataFrame({"a": [1, None], "b": [True, None], "c": [None, 2.5]})
    assert given(odd) == [[1, 1, -9], [-9, -9, 2.5]]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_columns_that_are_not_of_numbers_are_named(make):
    table = make({"age": [1.0], "city": ["Paris"], "day": [dt.date(2020, 1, 1)]})
    with pytest.raises(InputError, match=r"columns \['city', 'day'\], which are not of numbers"):
        predictor(Net()).ask([0], (), Composer(lambda _: table))
    mixed = np.array([[1.0, "Paris"]], dtype=object)
    with pytest.raises(InputError, match=r"columns \['1'\], which are not of numbers"):
        predictor(Net()).ask([0], (), Composer(lambda _: mixed))


def test_a_module_that_reads_texts_gets_its_list():
    class Lengths(torch.nn.Module):
        def forward(self, texts):
            return torch.tensor([[float(len(text))] for text in texts], requires_grad=True) * 2

    assert predictor(Lengths())(["a", "four"]).tolist() == [[2], [8]]
