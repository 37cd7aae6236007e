"""The predictor: nothing twice, batches by length, memory that runs out, and answers that are wrong."""

import re

import numpy as np
import pytest

from limen._errors import InputError, ModelError
from limen.models import Adapter, Predictor, predictor
from limen.models.batches import MOST_CHARACTERS


class Recorder:
    """A model that answers text lengths and remembers its batches."""

    classes = ("short", "long")

    def __init__(self, most=None):
        self.batches = []
        self.most = most

    def __call__(self, texts):
        if self.most is not None and len(texts) > self.most:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")
        self.batches.append(list(texts))
        return np.array([[len(text), 1.0] for text in texts])


def test_no_input_is_sent_twice_and_rows_are_counted():
    model = Recorder()
    ask = predictor(model)
    first = ask(["a", "bb", "a", "ccc"])
    second = ask(["bb", "dddd"])
    assert first[:, 0].tolist() == [1, 2, 1, 3]
    assert second[:, 0].tolist() == [2, 4]
    assert sorted(text for batch in model.batches for text in batch) == ["a", "bb", "ccc", "dddd"]
    assert ask.rows == 4
    assert ask.classes == ("short", "long")
    assert "a" in ask
    assert "z" not in ask
    assert ask([]).shape == (0, 2)


def test_batches_hold_texts_of_similar_length_and_bounded_size():
    model = Recorder()
    texts = ["x" * length for length in np.random.default_rng(0).permutation(np.arange(1, 3000, 3))]
    predictor(model)(texts)
    lengths = [[len(text) for text in batch] for batch in model.batches]
    assert sum(map(len, lengths)) == len(texts)
    assert all(batch == sorted(batch) for batch in lengths)
    assert all(max(batch) * len(batch) <= MOST_CHARACTERS or len(batch) == 1 for batch in lengths)
    padding = sum(max(batch) * len(batch) - sum(batch) for batch in lengths)
    assert padding < 0.1 * sum(map(sum, lengths))


def test_running_out_of_memory_halves_the_batch_and_loses_nothing():
    model = Recorder(most=5)
    ask = predictor(model)
    texts = [f"{k:03d}" for k in range(100)]
    assert len(ask(texts)) == 100
    assert ask.rows == 100
    assert max(map(len, model.batches)) <= 5
    assert sorted(text for batch in model.batches for text in batch) == texts


def test_memory_that_runs_out_for_one_input_is_an_error():
    with pytest.raises(ModelError, match="out of memory"):
        predictor(Recorder(most=0))(["a"])


def test_a_repeat_is_sent_anew_and_the_first_answer_stays():
    count = iter(range(100))
    ask = Predictor(Adapter(lambda texts: np.array([[float(next(count))] for _ in texts])))
    ask(["a"])
    outputs, repeated = ask.ask(["b", "a"], ["a"])
    assert outputs[1, 0] == 0
    assert repeated[0, 0] > 0
    assert ask(["a"])[0, 0] == 0
    assert ask.rows == 3


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda _: np.zeros((1, 2)), r"shape \(1, 2\), expected \(3, k\)"),
        (lambda _: np.zeros(5), r"shape \(5,\), expected \(3, k\)"),
        (lambda texts: np.zeros((len(texts), 0)), "one column for each class"),
        (lambda texts: np.zeros((len(texts), 2, 2)), r"expected \(3, k\)"),
        (lambda _: 0.5, r"shape \(\), expected \(3, k\)"),
        (lambda _: None, "finite numbers|array of numbers|shape"),
        (lambda texts: [["a", "b"]] * len(texts), "expected an array of numbers"),
        (lambda _: [[1], [1, 2], [3]], "expected an array of numbers"),
        (lambda texts: np.array([[1.0, np.nan if "bad" in t else 0] for t in texts]), "Input: 'bad'"),
        (lambda texts: np.array([[1.0, np.inf if "bad" in t else 0] for t in texts]), "expected finite numbers"),
        (lambda texts: [t.missing for t in texts], "raised AttributeError"),
    ],
)
def test_wrong_answers_are_named(answer, words):
    ask = predictor(answer)
    with pytest.raises(ModelError, match=words) as caught:
        ask(["one", "bad", "two"])
    assert caught.value.predictor is ask


def test_the_number_of_columns_may_not_change():
    ask = predictor(lambda texts: np.zeros((len(texts), len(texts[0]))))
    ask(["ab"])
    with pytest.raises(ModelError, match="has 3 columns, expected 2 as in the batches before"):
        ask(["abc"])
    named = predictor(Adapter(lambda texts: np.zeros((len(texts), 3)), ("a", "b")))
    with pytest.raises(ModelError, match=re.escape("it has the classes ('a', 'b')")):
        named(["x"])


def test_a_vector_is_one_column():
    assert predictor(lambda texts: np.arange(len(texts)))(["a", "b"]).tolist() == [[0.0], [1.0]]


def test_class_names_of_bound_methods_are_found():
    class Classifier:
        classes_ = np.array(["no", "yes"])

        def predict_proba(self, texts):
            return np.full((len(texts), 2), 0.5)

    assert predictor(Classifier().predict_proba).classes == ("no", "yes")


@pytest.mark.parametrize("size", [0, -1, 2.5, True])
def test_wrong_batch_sizes_are_named(size):
    with pytest.raises(InputError, match="batch_size"):
        Predictor(Adapter(len), batch_size=size)


def test_what_is_no_model_is_refused():
    for wrong in (None, 3, "name", object(), (1, 2, 3), (1, 2)):
        with pytest.raises(InputError, match="model is"):
            predictor(wrong)
