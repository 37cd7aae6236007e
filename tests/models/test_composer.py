"""Composed inputs: encoded rows become what the model takes, nothing twice, and the row that fails is named."""

import pickle
import time

import numpy as np
import pytest

from limen._errors import InputError, ModelError
from limen.models import Adapter, Composer, Predictor
from limen.models.batches import MOST_TABLE_ROWS


def matrix(items):
    return np.frombuffer(b"".join(items)).reshape(len(items), -1)


def words(item):
    return ", ".join(f"{name} = {value:g}" for name, value in zip("abc", np.frombuffer(item), strict=True))


def rows(n, seed=0):
    return [row.tobytes() for row in np.random.default_rng(seed).normal(size=(n, 3)).round(3)]


class Sums:
    """A model of tables that gives row sums, fails on rows that it is told to, and remembers its batches."""

    def __init__(self, bad=(), most=None, error=ValueError):
        self.bad, self.most, self.error, self.sizes = set(bad), most, error, []

    def __call__(self, table):
        assert isinstance(table, np.ndarray)
        self.sizes.append(len(table))
        if self.most is not None and len(table) > self.most:
            raise self.error("too many at once")
        if self.bad & {row.tobytes() for row in table}:
            raise self.error("Found unknown categories")
        return np.stack([table.sum(axis=1), -table.sum(axis=1)], axis=1)


def asked(model, items, again=(), **settings):
    ask = Predictor(Adapter(model))
    return ask, ask.ask(items, again, Composer(matrix, words, **settings))


def test_rows_are_composed_answered_in_order_and_never_sent_twice():
    items = rows(1000)
    doubled = [*items[::-1], *items[:10]]
    model, composer = Sums(), Composer(matrix, words)
    ask = Predictor(Adapter(model))
    assert ask.unknown(doubled, composer) == doubled[:1000]
    outputs, repeated = ask.ask(doubled, [items[3], items[1], items[3]], composer)
    truth = matrix(doubled).sum(axis=1)
    assert outputs == pytest.approx(np.stack([truth, -truth], axis=1))
    assert np.array_equal(repeated, outputs[[996, 998, 996]])
    assert (model.sizes, ask.rows) == ([1002], 1002)
    assert ask.unknown(items, composer) == []
    assert np.array_equal(ask.ask(doubled[:7], (), composer)[0], outputs[:7])
    assert model.sizes == [1002]
    assert [part.shape for part in ask.ask([], (), composer)] == [(0, 2), (0, 2)]


def test_batches_are_large_whatever_the_rows_look_like():
    model = Sums()
    asked(model, rows(MOST_TABLE_ROWS + 5))
    assert model.sizes == [MOST_TABLE_ROWS, 5]
    model = Sums()
    asked(model, rows(10), most_rows=4)
    assert model.sizes == [4, 4, 2]
    ask = Predictor(Adapter(Sums()), batch_size=3)
    ask.ask(rows(7), (), Composer(matrix))
    assert ask.adapter.answer.sizes == [3, 3, 1]


def test_answers_are_shared_between_composers_of_one_encoding_and_no_others():
    item = np.array([1.0, 2.0, 3.0]).tobytes()
    ask = Predictor(Adapter(lambda table: table[:, :1]))
    for scale, encoding, rows_sent in ((1, "one", 1), (1, "one", 1), (10, "ten", 2), (10, None, 3)):
        settings = {} if encoding is None else {"encoding": encoding}
        composer = Composer(lambda items, scale=scale: scale * matrix(items), **settings)
        assert ask.ask([item], (), composer)[0].tolist() == [[scale]]
        assert ask.rows == rows_sent
    assert item not in ask  # as it is, without a composer, it was never sent


@pytest.mark.parametrize("seed", range(5))
def test_the_first_row_that_fails_is_named_after_few_calls_and_nothing_is_lost(seed):
    items = rows(1000, seed)
    first, second = sorted(np.random.default_rng(seed).choice(1000, 2, replace=False))
    model = Sums(bad=[items[first], items[second]])
    composer = Composer(matrix, words)
    ask = Predictor(Adapter(model))
    with pytest.raises(ModelError) as caught:
        ask.ask(items, (), composer)
    assert "The model raised ValueError: Found unknown categories" in str(caught.value)
    assert f"Input: {words(items[first])}." in str(caught.value)
    assert len(model.sizes) <= 2 * np.log2(1000) + 2
    assert caught.value.predictor is ask
    assert ask.unknown(items[:first], composer) == []
    assert ask.rows == first + 1 + (1000 - first - 1 - len(ask.unknown(items[first + 1 :], composer)))
    model.bad = set()
    sent = sum(model.sizes)
    outputs, _ = ask.ask(items, (), composer)
    assert outputs[:, 0] == pytest.approx(matrix(items).sum(axis=1))
    assert sum(model.sizes) - sent == 1000 - first


def test_where_the_halves_work_alone_their_answers_are_taken():
    model = Sums(most=60)
    ask, (outputs, repeated) = asked(model, rows(200), rows(1))
    assert outputs[:, 0] == pytest.approx(matrix(rows(200)).sum(axis=1))
    assert repeated[0] == pytest.approx(outputs[0])
    assert ask.rows == 201
    assert ask.batch_size is None


def test_memory_that_runs_out_makes_the_later_batches_smaller():
    model = Sums(most=60, error=MemoryError)
    ask, (outputs, _) = asked(model, rows(200))
    assert outputs[:, 0] == pytest.approx(matrix(rows(200)).sum(axis=1))
    assert (ask.rows, ask.batch_size) == (200, 50)


def test_texts_that_fail_are_found_as_well():
    def answer(texts):
        if "bad" in texts:
            raise KeyError("no such word")
        return np.array([[len(text)] for text in texts])

    ask = Predictor(Adapter(answer))
    with pytest.raises(ModelError, match=r"raised KeyError: 'no such word'. Input: 'bad'\.\n2 inputs"):
        ask(["one", "two!!", "bad", "a", "seventeen"])
    assert ask.rows == 3  # a, one, bad; the longer ones wait
    assert "one" in ask


def test_wrong_answers_name_the_row_in_words():
    def answer(table):
        return np.where(table[:, :1] == 5, np.nan, 1.0)

    items = [np.array([float(k), 0.5, -1]).tobytes() for k in range(9)]
    with pytest.raises(ModelError, match=r"expected finite numbers. Input: a = 5, b = 0.5, c = -1\."):
        asked(answer, items)
    with pytest.raises(ModelError, match=r"Input: a = 0, b = 0.5, c = -1 \(first of 9 in the batch\)"):
        asked(lambda table: table[:2], items)


def test_an_adapters_own_complaint_about_the_input_is_not_the_models_failure():
    def answer(_):
        raise InputError("background has the columns ['city'], which are not of numbers.")

    with pytest.raises(InputError, match="not of numbers") as caught:
        asked(answer, rows(9))
    assert isinstance(caught.value.predictor, Predictor)


def test_a_predictor_with_answers_can_be_pickled():
    ask, composer = Predictor(Adapter(Sums())), Composer(matrix, words, "e")
    ask.ask(rows(5), (), composer)
    again = pickle.loads(pickle.dumps(ask))  # noqa: S301 - made two words before
    assert again.unknown(rows(6), composer) == rows(6)[5:]


def test_many_rows_cost_little_outside_the_model():
    items = [row.tobytes() for row in np.random.default_rng(0).normal(size=(100_000, 10))]
    best = np.inf
    for _ in range(3):
        ask = Predictor(Adapter(lambda table: table[:, :2]))
        start = time.process_time()
        ask.ask(items, items[:1], Composer(matrix))
        best = min(best, time.process_time() - start)
    assert best < 1.0  # 0.2 s on one core of 2024; one numpy object a row took five times as long
