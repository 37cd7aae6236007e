"""What an audit may spend, what it says of rows that bought nothing, and what a failing model costs it."""

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
    assert audit["curvature"].measures
    counted = audit.explanation.cost.model_rows + audit.rows  # with those before a failure, and those that failed
    assert len(asked) <= counted <= len(asked) + len(failed)


def test_rows_that_buy_nothing_are_told():
    audit = limen.audit(limen.Explainer(MODEL, budget=40, on_doubt="ignore"), TEXT, target=1, rows=1)
    assert audit.rows == 0
    least = min(one.offer for one in audit.findings if one.offer)
    assert f"no model row of 1 allowed: the cheapest fuller look takes {least}" in str(audit)
