"""What an audit may spend, what it says of rows that bought nothing, and what a failing model costs it."""

import numpy as np
import pytest

import limen
from tests.games import as_model, random_game, words_of

TEXT = " ".join(words_of(6))
MODEL = as_model(random_game(3, 6), words_of(6))


def test_no_more_rows_than_allowed_and_every_row_is_counted():
    asked = []

    def model(texts):
        asked.extend(texts)
        return as_model(random_game(3, 9), words_of(9))(texts)

    words = " ".join(words_of(9))
    explainer = limen.Explainer(model, budget=40, on_doubt="ignore")
    for rows in (0, 39, 40, 500):
        asked.clear()
        audit = limen.audit(explainer, words, target=1, rows=rows)
        assert audit.rows <= rows == audit.allowed
        assert audit.rows == sum(one.rows for one in audit.findings)
        assert len(asked) == audit.explanation.cost.model_rows + audit.rows
        for one in audit.findings:
            assert not one.offer or one.offer + audit.rows > rows
    assert audit.rows > 40


def test_a_model_that_fails_in_a_check_loses_that_check_alone():
    asked = []

    def model(texts):
        if len(asked) + len(texts) > 90:
            raise RuntimeError("out of memory")
        asked.extend(texts)
        return as_model(random_game(3, 9), words_of(9))(texts)

    explainer = limen.Explainer(model, budget=40, on_doubt="ignore")
    audit = limen.audit(explainer, " ".join(words_of(9)), target=1, rows=500)
    assert len(audit.findings) == 10
    failed = [one for one in audit.findings if "Not asked again:" in one.reason]
    assert failed
    assert all("out of memory" in one.reason for one in failed)
    assert all(one.failed for one in failed)
    assert audit.verdict.endswith(f"The model failed when asked for: {', '.join(one.title.lower() for one in failed)}.")
    assert limen.Audit.from_json(audit.to_json()).verdict == audit.verdict
    assert audit["curvature"].measures
    counted = audit.explanation.cost.model_rows + audit.rows  # with those before a failure, and those that failed
    assert len(asked) <= counted <= len(asked) + len(failed)


def test_rows_that_buy_nothing_are_told():
    audit = limen.audit(limen.Explainer(MODEL, budget=40, on_doubt="ignore"), TEXT, target=1, rows=1)
    assert audit.rows == 0
    least = min(one.offer for one in audit.findings if one.offer)
    assert f"no model row of 1 allowed: the cheapest fuller look takes {least}" in str(audit)


def test_no_more_is_sent_than_allowed_to_a_model_that_fails():
    sent = []

    def model(texts):
        sent.append(len(texts))
        if len(sent) > 2:
            raise RuntimeError("out of memory")
        return as_model(random_game(3, 9), words_of(9))(texts)

    explainer = limen.Explainer(model, budget=40, on_doubt="ignore")
    audit = limen.audit(explainer, " ".join(words_of(9)), target=1, rows=120)
    assert sum(sent) <= audit.explanation.cost.model_rows + 120
    assert any(one.offer for one in audit.findings if "the model fails" in one.reason)
    assert "error.predictor" not in str(audit)


class Unfit:
    """An estimator that cannot be fitted on shuffled labels."""

    def __init__(self, fitted=True):
        self.fitted = fitted

    def get_params(self, **_):
        return {"fitted": False}

    def set_params(self, **_):
        return self

    def fit(self, *_):
        raise ValueError("labels are not in order")

    def predict_proba(self, rows):
        p = 1 / (1 + np.exp(-np.asarray(rows, dtype=float).sum(axis=1)))
        return np.column_stack([1 - p, p])


@pytest.mark.parametrize("rows", [0, 2000])
def test_a_refit_that_fails_loses_that_check_alone(rows):
    data = np.random.default_rng(0).normal(size=(80, 3))
    explainer = limen.Explainer(Unfit(), limen.Table(data), budget=80, on_doubt="ignore")
    training = (data, (data.sum(axis=1) > 0).astype(int))
    audit = limen.audit(explainer, data[0], target=1, rows=rows, training=training)
    assert "labels are not in order" in audit["sanity"].reason
    assert audit["curvature"].measures
