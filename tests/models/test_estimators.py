"""Estimators of scikit-learn and those with its face: what their columns are called, and what they mean."""

import numpy as np
import pandas as pd
import pytest

from limen._errors import InputError, ModelError
from limen.models import Composer, predictor

GENERATOR = np.random.default_rng(3)
X = GENERATOR.normal(size=(120, 3))
SIDE = np.where(X[:, 0] > 0, "yes", "no")
BAND = np.digitize(X[:, 1], [-0.5, 0.5])
FRAME = pd.DataFrame({"age": X[:, 0], "income": X[:, 1], "city": GENERATOR.choice(["Paris", "Rome"], 120)})


def framed(columns=FRAME.columns):
    """Bytes of row numbers become rows of the frame, so that the model gets what it was trained on."""
    return Composer(lambda items: FRAME.iloc[[int(item) for item in items]][list(columns)], lambda item: f"row {item}")


def answers(model, composer=None, inputs=None):
    ask = predictor(model)
    found, _ = ask.ask(list(range(120)) if inputs is None else inputs, (), composer or numbers())
    return ask, found


def numbers():
    return Composer(lambda items: X[[int(item) for item in items]])


def test_a_pipeline_over_mixed_columns_gets_its_own_frame_and_warns_of_nothing():
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    encode = make_column_transformer((StandardScaler(), ["age", "income"]), (OneHotEncoder(), ["city"]))
    model = make_pipeline(encode, LogisticRegression()).fit(FRAME, SIDE)
    ask, found = answers(model, framed())
    assert np.array_equal(found, model.predict_proba(FRAME))
    assert (ask.classes, ask.kind) == (("no", "yes"), "probability")
    assert np.array_equal(answers(model.predict_proba, framed())[1], found)
    model.named_steps["columntransformer"].named_transformers_["onehotencoder"].categories_[0][1] = "Oslo"
    with pytest.raises(ModelError, match=r"Found unknown categories \['Rome'\] in column 0.*Input: row \d+\."):
        answers(model, framed())


def test_regressors_give_quantities():
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    for model in (Ridge(), make_pipeline(StandardScaler(), Ridge()), RandomForestRegressor(3, random_state=0)):
        for given in (model.fit(X, X[:, 0]), model.predict):
            ask, found = answers(given)
            assert found[:, 0] == pytest.approx(model.predict(X))
            assert (ask.kind, ask.classes) == ("regression", None)


def test_several_outputs_of_a_regressor_are_named_or_numbered():
    from sklearn.linear_model import LinearRegression

    model = LinearRegression().fit(X, X[:, :2])
    ask, found = answers(model)
    assert found == pytest.approx(model.predict(X))
    assert ask.classes == ("output 0", "output 1")
    model.classes = ("price", "rent")
    assert predictor(model).classes == ("price", "rent")


def test_margins_of_two_classes_are_a_column_for_each_and_no_probability():
    from sklearn.linear_model import RidgeClassifier
    from sklearn.svm import SVC, LinearSVC

    for model in (LinearSVC().fit(X, SIDE), SVC().fit(X, SIDE), RidgeClassifier().fit(X, SIDE)):
        ask, found = answers(model)
        assert (ask.kind, ask.classes) == ("margin", ("no", "yes"))
        assert found[:, 1] == pytest.approx(model.decision_function(X))
        assert found[:, 0] == pytest.approx(-found[:, 1])
        assert np.array_equal(np.array(ask.classes)[found.argmax(axis=1)], model.predict(X))


def test_margins_of_several_classes_and_of_pairs():
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    model = SVC().fit(X, BAND)
    ask, found = answers(model)
    assert ask.classes == ("0", "1", "2")
    assert np.array_equal(found.argmax(axis=1), model.predict(X))
    pairs = make_pipeline(StandardScaler(), SVC(decision_function_shape="ovo")).fit(X, BAND)
    with pytest.raises(InputError, match=r"decision_function_shape = 'ovr'"):
        predictor(pairs)


def test_scores_without_classes_stay_one_column():
    from sklearn.ensemble import IsolationForest

    ask, found = answers(IsolationForest(n_estimators=5, random_state=0).fit(X))
    assert (found.shape, ask.kind, ask.classes) == ((120, 1), "margin", None)


def test_a_classifier_that_only_predicts_names_its_class():
    from sklearn.ensemble import VotingClassifier
    from sklearn.svm import LinearSVC

    model = VotingClassifier([("a", LinearSVC())]).fit(X, BAND == 1)
    ask, found = answers(model)
    assert (ask.classes, ask.kind) == (("False", "True"), "probability")
    assert np.array_equal(found[:, 1] == 1, model.predict(X))
    assert np.array_equal(found.sum(axis=1), np.ones(120))
    assert np.array_equal(answers(model.predict)[1], found)


def test_several_outputs_of_a_classifier_are_named_together():
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.multioutput import ClassifierChain

    model = RandomForestClassifier(5, random_state=0).fit(X, np.stack([SIDE, BAND.astype(str)], axis=1))
    ask, found = answers(model)
    names = ("output 0=no", "output 0=yes", "output 1=0", "output 1=1", "output 1=2")
    assert (ask.classes, ask.kind, ask.adapter.groups) == (names, "probability", (0, 0, 1, 1, 1))
    assert np.array_equal(found, np.hstack(model.predict_proba(X)))
    chain = ClassifierChain(LogisticRegression()).fit(X, np.stack([X[:, 0] > 0, X[:, 1] > 0], axis=1))
    ask, found = answers(chain)
    assert ask.classes == ("output 0=False", "output 0=True", "output 1=False", "output 1=True")
    assert found[:, 1::2] == pytest.approx(chain.predict_proba(X))
    assert found[:, ::2] == pytest.approx(1 - chain.predict_proba(X))


def test_lightgbm_through_the_same_face():
    import lightgbm
    from sklearn.model_selection import GridSearchCV

    table = FRAME.assign(city=FRAME["city"].astype("category"))
    composer = Composer(lambda items: table.iloc[[int(item) for item in items]])
    settings = {"n_estimators": 5, "verbose": -1, "n_jobs": 1}
    model = lightgbm.LGBMClassifier(**settings).fit(table, SIDE)
    ask, found = answers(model, composer)
    assert (ask.classes, ask.kind) == (("no", "yes"), "probability")
    assert np.array_equal(found, model.predict_proba(table))
    model = GridSearchCV(lightgbm.LGBMRegressor(**settings), {"num_leaves": [5]}, cv=2).fit(table, X[:, 0])
    ask, found = answers(model, composer)
    assert (ask.kind, found[:, 0]) == ("regression", pytest.approx(model.predict(table)))


def test_what_cannot_be_explained_as_it_is():
    from sklearn.cluster import KMeans
    from sklearn.linear_model import LogisticRegression

    with pytest.raises(InputError, match="a clusterer, whose answers are labels"):
        predictor(KMeans(2, n_init=1))
    with pytest.raises(InputError, match="the class LogisticRegression itself, expected a fitted one"):
        predictor(LogisticRegression)
    with pytest.raises(ModelError, match="not fitted yet"):
        answers(LogisticRegression())
