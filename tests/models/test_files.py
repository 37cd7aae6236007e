"""Files of models: the open doors, and the one that stays shut until it is named."""

import pickle

import joblib
import numpy as np
import pytest
import skops.io
import torch

from limen._errors import InputError, MissingError
from limen.models import Composer, load

X = np.random.default_rng(2).normal(size=(60, 2))
SIDE = np.where(X[:, 0] > X[:, 1], "above", "below")
ROWS = Composer(lambda items: X[[int(item) for item in items]])


def answers(ask):
    return ask.ask(list(range(60)), (), ROWS)[0]


@pytest.fixture(scope="module")
def model():
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression()).fit(X, SIDE)


class Stranger:
    """A model of a kind that no list of harmless types has."""

    def predict_proba(self, rows):
        return np.full((len(rows), 2), 0.5)


class Bomb:
    """Its pickle runs code as it is opened."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (self.path.write_text, ("ran",))


def test_skops_files_of_known_types_are_opened(model, tmp_path):
    skops.io.dump(model, tmp_path / "m.skops")
    ask = load(tmp_path / "m.skops")
    assert np.array_equal(answers(ask), model.predict_proba(X))
    assert ask.classes == ("above", "below")


def test_skops_files_of_unknown_types_are_refused_by_name(tmp_path):
    skops.io.dump(Stranger(), tmp_path / "m.skops")
    with pytest.raises(InputError, match=r"harmless: .*Stranger.*trusted=\[\.\.\.\]"):
        load(tmp_path / "m.skops")
    (tmp_path / "bad.skops").write_bytes(b"nonsense")
    with pytest.raises(InputError, match="skops cannot read"):
        load(tmp_path / "bad.skops")
    with pytest.raises(InputError, match="no such file"):
        load(tmp_path / "none.skops")


def test_skops_files_of_trees_are_opened_on_trust(tmp_path):
    """Which hold a type of scikit-learn that skops does not vouch for."""
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(5, random_state=0).fit(X, SIDE)
    skops.io.dump(forest, tmp_path / "m.skops")
    with pytest.raises(InputError, match="--trust-pickle"):
        load(tmp_path / "m.skops")
    assert np.array_equal(answers(load(tmp_path / "m.skops", trust_pickle=True)), forest.predict_proba(X))


def test_skops_that_is_not_there_is_asked_for(tmp_path, monkeypatch):
    (tmp_path / "m.skops").write_bytes(b"")
    monkeypatch.setitem(__import__("sys").modules, "skops.io", None)
    with pytest.raises(MissingError, match=r"pip install 'limen\[sklearn-io\]'"):
        load(tmp_path / "m.skops")


@pytest.mark.parametrize("ending", ["pkl", "pickle", "joblib", "pt", "pth", "PKL"])
def test_pickles_are_not_even_looked_at_unless_they_are_trusted(tmp_path, ending):
    path, trace = tmp_path / f"m.{ending}", tmp_path / "trace"
    (torch.save if ending.startswith("pt") else joblib.dump)(Bomb(trace), path)
    with pytest.raises(InputError, match=r"can run any code when it is opened.*\.skops.*--trust-pickle"):
        load(path)
    assert not trace.exists()
    with pytest.raises(InputError, match="model is int"):  # what write_text gives
        load(path, trust_pickle=True)
    assert trace.read_text() == "ran"


def test_trusted_pickles_are_opened(model, tmp_path):
    joblib.dump(model, tmp_path / "m.joblib")
    (tmp_path / "m.pkl").write_bytes(pickle.dumps(model))
    for name in ("m.joblib", "m.pkl"):
        assert np.array_equal(answers(load(tmp_path / name, trust_pickle=True)), model.predict_proba(X))
    module = torch.nn.Linear(2, 3)
    torch.save(module, tmp_path / "m.pt")
    weights = module.weight.detach().numpy(), module.bias.detach().numpy()
    found = answers(load(tmp_path / "m.pt", trust_pickle=True))
    assert found == pytest.approx(X @ weights[0].T + weights[1], abs=1e-6)


def test_trusted_pickles_that_hold_no_model(tmp_path):
    torch.save(torch.nn.Linear(2, 3).state_dict(), tmp_path / "w.pt")
    with pytest.raises(InputError, match="weights of a module without the module"):
        load(tmp_path / "w.pt", trust_pickle=True)
    (tmp_path / "bad.pkl").write_bytes(b"nonsense")
    with pytest.raises(InputError, match="pickle that cannot be opened"):
        load(tmp_path / "bad.pkl", trust_pickle=True)


def test_a_pickle_names_its_classes_and_does_not_hold_them(tmp_path):
    (tmp_path / "script.pkl").write_bytes(b"c__main__\nNoSuchNet\n.")
    with pytest.raises(InputError, match="defined in a script or a notebook: put it into a module"):
        load(tmp_path / "script.pkl", trust_pickle=True)


def test_an_object_by_name(tmp_path, monkeypatch):
    code = "import numpy as np\nfrom sklearn.linear_model import Ridge\nmodel = Ridge().fit(np.eye(2), [1.0, 2.0])\n"
    (tmp_path / "a_model_in_a_module.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    ask = load("a_model_in_a_module:model")
    assert (answers(ask).shape, ask.kind) == ((60, 1), "regression")


@pytest.mark.parametrize("ending", ["json", "ubj"])
def test_files_of_xgboost(tmp_path, ending):
    import xgboost

    path = str(tmp_path / f"m.{ending}")
    settings = {"n_estimators": 3, "n_jobs": 1}
    for labels in (X[:, 0] > 0, np.digitize(X[:, 0], [-0.5, 0.5])):
        model = xgboost.XGBClassifier(**settings).fit(X, labels)
        model.save_model(path)
        ask = load(path)
        assert np.array_equal(answers(ask), model.predict_proba(X))
        assert (ask.kind, ask.classes) == ("probability", tuple(map(str, model.classes_)))
    model = xgboost.XGBRegressor(**settings).fit(X, X[:, 0])
    model.save_model(path)
    ask = load(path)
    assert np.array_equal(answers(ask)[:, 0], model.predict(X))
    assert ask.kind == "regression"
    (tmp_path / f"bad.{ending}").write_text("{}")
    with pytest.raises(InputError, match="no model file of XGBoost"):
        load(tmp_path / f"bad.{ending}")


def test_a_module_without_a_function_is_no_hub_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("def answer(texts): ...\n", encoding="utf-8")
    with pytest.raises(InputError, match="as mine:FUNCTION"):
        load("mine")
    with pytest.raises(InputError, match="as mine:answer"):
        load("mine.py:answer")
