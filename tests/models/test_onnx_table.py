"""ONNX files of tables: a real pipeline, inputs of every kind, and names wherever they are written."""

import pickle
import warnings

import numpy as np
import onnx
import pandas as pd
import polars as pl
import pytest
import skl2onnx
from onnx import TensorProto, helper
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType

from limen._errors import InputError
from limen.models import Composer, load
from limen.models.onnx_labels import class_labels

GENERATOR = np.random.default_rng(5)
X = GENERATOR.normal(size=(80, 2)).astype(np.float32)
FRAME = pd.DataFrame(
    {
        "age": X[:, 0],
        "hours-a-week": GENERATOR.integers(10, 60, 80),
        "city": GENERATOR.choice(["Paris", "Rome"], 80),
        "income": X[:, 1],
    }
)
SIDE = np.where(X[:, 0] + X[:, 1] > 0, ">50K", "<=50K")


def answers(path, table):
    ask = load(path)
    n = len(table)
    return ask, ask.ask(list(range(n)), (), Composer(lambda _: table))[0]


@pytest.fixture(scope="module")
def pipeline():
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    scaled = (StandardScaler(), ["age", "hours-a-week", "income"])
    encode = make_column_transformer(scaled, (OneHotEncoder(), ["city"]))
    return make_pipeline(encode, LogisticRegression()).fit(FRAME, SIDE)


def exported(model, path, types, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own
        made = skl2onnx.to_onnx(model, initial_types=types, options=options, target_opset=17)
    path.write_bytes(made.SerializeToString())
    return path


TYPES = [
    ("age", FloatTensorType([None, 1])),
    ("hours-a-week", Int64TensorType([None, 1])),
    ("city", StringTensorType([None, 1])),
    ("income", FloatTensorType([None, 1])),
]


@pytest.mark.parametrize("zipmap", [True, False])
def test_a_real_pipeline_says_the_same_from_its_file(pipeline, tmp_path, zipmap):
    path = exported(pipeline, tmp_path / "m.onnx", TYPES, zipmap=zipmap)
    ask, found = answers(path, FRAME)
    assert ask.classes == ("<=50K", ">50K")
    assert found == pytest.approx(pipeline.predict_proba(FRAME), abs=1e-5)
    shuffled = FRAME[["income", "city", "hours-a-week", "age"]].assign(unused="x")
    assert np.array_equal(answers(path, shuffled)[1], found)
    assert np.array_equal(answers(path, pl.DataFrame(FRAME.to_dict("list")))[1], found)
    again = pickle.loads(pickle.dumps(ask.adapter.answer))  # noqa: S301 - made three words before
    assert np.array_equal(again(FRAME), found)


def test_columns_that_the_file_misses_are_named(pipeline, tmp_path):
    path = exported(pipeline, tmp_path / "m.onnx", TYPES, zipmap=False)
    with pytest.raises(InputError, match=r"missing: \['city'\]"):
        answers(path, FRAME.drop(columns="city"))
    with pytest.raises(InputError, match=r"column 'hours-a-week' has 10\.5, and the model takes int64"):
        answers(path, FRAME.assign(**{"hours-a-week": 10.5}))
    with pytest.raises(InputError, match=r"columns \['age'\], which are not of numbers"):
        answers(path, FRAME.assign(age="young"))
    with pytest.raises(InputError, match=r"domain=limen\.Table"):
        load(path)(["a text"])


@pytest.mark.parametrize("labels", [SIDE, (SIDE == ">50K") * 3 - 1])
@pytest.mark.parametrize("zipmap", [True, False])
def test_one_tensor_of_all_columns_and_labels_of_both_kinds(tmp_path, labels, zipmap):
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(5, random_state=0).fit(X, labels)
    path = exported(model, tmp_path / "m.onnx", [("X", FloatTensorType([None, 2]))], zipmap=zipmap)
    for table in (X, pd.DataFrame(X, columns=["b", "a"]), X.astype(float)):
        ask, found = answers(path, table)
        assert found == pytest.approx(model.predict_proba(X), abs=1e-5)
        assert ask.classes == tuple(str(name) for name in model.classes_)
    with pytest.raises(InputError, match=r"inputs \(with so many columns\) \['X \(2\)'\]"):
        answers(path, X[:, [0, 1, 1]])


def test_a_regressor_gives_a_quantity(tmp_path):
    from sklearn.ensemble import GradientBoostingRegressor

    model = GradientBoostingRegressor(n_estimators=5).fit(X, X[:, 0] ** 2)
    path = exported(model, tmp_path / "m.onnx", [("X", FloatTensorType([None, 2]))])
    ask, found = answers(path, X)
    assert (ask.kind, ask.classes, found.shape) == ("regression", None, (80, 1))
    assert found[:, 0] == pytest.approx(model.predict(X), abs=1e-5)


def made(path, inputs, nodes, *, outputs=("y",), kind=TensorProto.FLOAT, classes=None):
    """A file by hand. inputs: (name, type, shape); outputs: (n, 2)."""
    entries = [helper.make_tensor_value_info(name, element, shape) for name, element, shape in inputs]
    answer = [helper.make_tensor_value_info(name, kind, ["n", None]) for name in outputs]
    model = helper.make_model(
        helper.make_graph(nodes, "m", entries, answer), opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )
    if classes is not None:
        helper.set_model_props(model, {"classes": classes})
    onnx.save(model, path)
    return path


def joined(*names):
    return [helper.make_node("Concat", names, ["y"], axis=1)]


def test_blocks_of_columns_are_filled_in_order_where_no_name_fits(tmp_path):
    inputs = [("numbers", TensorProto.FLOAT, ["n", 2]), ("more", TensorProto.FLOAT, ["n", 1])]
    path = made(tmp_path / "m.onnx", inputs, joined("numbers", "more"))
    table = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0], "c": [True, False]})
    assert answers(path, table)[1].tolist() == [[1, 3, 1], [2, 4, 0]]
    with pytest.raises(InputError, match=r"numbers \(2\)"):
        answers(path, table[["a", "b"]])
    with pytest.raises(InputError, match=r"missing: \['numbers'\]"):  # one name fits, so the order is not trusted
        answers(path, table.rename(columns={"a": "more"}))


def test_flat_inputs_and_names_with_other_signs(tmp_path):
    inputs = [("hours_a_week", TensorProto.DOUBLE, ["n"]), ("age", TensorProto.DOUBLE, ["n"])]
    axes = helper.make_node("Constant", [], ["last"], value=helper.make_tensor("v", TensorProto.INT64, [1], [1]))
    columns = [helper.make_node("Unsqueeze", [name, "last"], [name + "2"]) for name, _, _ in inputs]
    both = joined("hours_a_week2", "age2")
    path = made(tmp_path / "m.onnx", inputs, [axes, *columns, *both], kind=TensorProto.DOUBLE, classes='["h", "a"]')
    ask, found = answers(path, FRAME)
    assert found == pytest.approx(FRAME[["hours-a-week", "age"]].to_numpy())
    assert ask.classes == ("h", "a")


def test_missing_texts_go_in_empty_and_numbers_become_texts(tmp_path):
    inputs = [("a", TensorProto.STRING, ["n", 1]), ("b", TensorProto.STRING, ["n", 1])]
    node = helper.make_node("Concat", ["a", "b"], ["both"], axis=1)
    codes = {"keys_strings": ["", "x", "7"], "values_floats": [-1.0, 1.0, 7.0], "default_float": 99.0}
    encode = helper.make_node("LabelEncoder", ["both"], ["y"], domain="ai.onnx.ml", **codes)
    path = made(tmp_path / "m.onnx", inputs, [node, encode])
    model = onnx.load(path)
    model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 2))
    onnx.save(model, path)
    table = pd.DataFrame({"a": ["x", None, np.nan], "b": [7, 7, 7]})
    assert answers(path, table)[1].tolist() == [[1, 7], [-1, 7], [-1, 7]]
    table = pl.DataFrame({"a": ["x", None, None], "b": pl.Series(["x", "7", None], dtype=pl.Categorical)})
    assert answers(path, table)[1].tolist() == [[1, 1], [-1, 7], [-1, -1]]


def test_files_that_cannot_be_served(tmp_path):
    path = made(tmp_path / "a.onnx", [("a", TensorProto.UINT8, ["n", 2])],
                [helper.make_node("Cast", ["a"], ["y"], to=TensorProto.FLOAT)])  # fmt: skip
    with pytest.raises(InputError, match=r"inputs \['a: tensor\(uint8\)'\], expected types among"):
        load(path)
    path = made(tmp_path / "b.onnx", [("a", TensorProto.FLOAT, ["n", 2])],
                [helper.make_node("Cast", ["a"], ["y"], to=TensorProto.INT64)], kind=TensorProto.INT64)  # fmt: skip
    with pytest.raises(InputError, match=r"outputs \['y: tensor\(int64\)'\], expected numbers"):
        load(path)
    path = made(tmp_path / "c.onnx", [("a", TensorProto.FLOAT, ["n", 2])], joined("a"), classes="{")
    with pytest.raises(InputError, match="expected a JSON list"):
        load(path)
    (tmp_path / "d.onnx").write_bytes(b"nonsense")
    with pytest.raises(InputError, match="not an ONNX file"):
        load(tmp_path / "d.onnx")
    path = made(tmp_path / "e.onnx", [("input_ids", TensorProto.INT64, ["n", 2])],
                [helper.make_node("Cast", ["input_ids"], ["y"], to=TensorProto.FLOAT)])  # fmt: skip
    with pytest.raises(InputError, match=r"needs the file 'tokenizer\.json'"):
        load(path)


@pytest.mark.parametrize("labels", [[-3, 0, 1 << 40], ["no", "", "weiß nicht"]])
def test_labels_are_read_from_the_bytes_of_a_file(tmp_path, labels):
    kind = "strings" if isinstance(labels[0], str) else "int64s"
    first = helper.make_node("Linear", [], [], classlabels_ints=[9, 9])
    last = helper.make_node(
        "ZipMap", ["p"], ["q"], domain="ai.onnx.ml", **{"classlabels_" + kind: labels, "other": 2.5}
    )
    last.attribute[0].f = 2.5  # a number of four bytes before them
    graph = helper.make_graph([first, last, helper.make_node("Neg", ["q"], ["r"])], "m", [], [])
    path = tmp_path / "m.onnx"
    path.write_bytes(helper.make_model(graph).SerializeToString())
    assert class_labels(path) == tuple(map(str, labels))
    graph.node.pop(1)
    graph.node.pop(0)
    path.write_bytes(helper.make_model(graph).SerializeToString())
    assert class_labels(path) is None
