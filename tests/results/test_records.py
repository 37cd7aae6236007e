"""Records: frozen, equal by content, exact through JSON, readable as a table and as a data frame."""

import dataclasses
import json
from typing import Any, TypeVar

import numpy as np
import pytest
from typing_extensions import TypeAliasType

import limen
from limen._errors import InputError, RecordError
from limen.results import Doubt, Estimate, Estimates, Status
from limen.results._record import _decode
from tests.games import as_model, random_game, words_of
from tests.records import make_explanation

CASES = {
    "exact": {"d": 5},
    "sampled": {"d": 15, "budget": 120},
    "quadratic": {"d": 6, "surrogate": limen.Quadratic()},
    "sparse": {"d": 16, "budget": 600, "surrogate": limen.Quadratic()},
    "one part": {"d": 1},
    "shapley": {"d": 12, "budget": 100, "sampler": limen.sampling.Shapley(), "scale": "log-odds"},
    "no repeat": {"d": 5, "budget": 32},
}


def example(d=5, **options):
    words = words_of(d)
    return limen.explain(as_model(random_game(d, d), words), " ".join(words), on_doubt="ignore", **options)


@pytest.mark.parametrize("name", CASES)
def test_json_gives_an_equal_record_back(name):
    explanation = example(**CASES[name])
    text = explanation.to_json()
    again = limen.Explanation.from_json(text)
    assert again == explanation
    assert hash(again) == hash(explanation)
    assert again.to_json() == text
    assert again.inputs() == explanation.inputs()
    assert str(again) == str(explanation)
    for field in ("effects", "probes"):
        for array in dataclasses.fields(getattr(explanation, field)):
            one, two = (getattr(getattr(record, field), array.name) for record in (explanation, again))
            if isinstance(one, np.ndarray):
                assert one.dtype == two.dtype
                assert (one == two).all()
    json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))


def test_json_of_odd_texts():
    texts = ['quote " \\ and \u2028 line', "emoji 😍 and 频道", "nul \x00 bell \x07"]
    for explanation in limen.explain(lambda t: [[len(one) / 99] for one in t], texts, on_doubt="ignore"):
        assert limen.Explanation.from_json(explanation.to_json()) == explanation


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda plain: plain.update(schema_version=99), "schema_version is 99, expected 1"),
        (lambda plain: plain.update(schema="other"), "without \"schema\""),
        (lambda plain: plain.pop("effects"), "has the fields"),
        (lambda plain: plain.update(extra=1), "has the fields"),
        (lambda plain: plain.update(status="FINE"), r"Explanation\.status"),
        (lambda plain: plain.update(seed="zero"), r"Explanation\.seed is 'zero', expected int"),
        (lambda plain: plain["probes"].update(packed={"base64": "AA==", "shape": [7, 7]}), r"probes\.packed"),
        (lambda plain: plain["probes"].update(n_parts=6), "for 5 parts|for 6 parts"),
        (lambda plain: plain["instance"]["names"].append("w99"), "for 5 parts|for 6 parts"),
        (lambda plain: plain.update(target=5), r"Explanation\.target"),
    ],
)  # fmt: skip
def test_damaged_records_are_refused(change, words):
    plain = json.loads(example().to_json())
    change(plain)
    with pytest.raises(RecordError, match=words):
        limen.Explanation.from_json(json.dumps(plain))


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null"])
def test_what_is_no_record_is_refused(text):
    with pytest.raises(RecordError, match="text is"):
        limen.Explanation.from_json(text)


def test_records_are_frozen_through_and_through():
    explanation = example()
    with pytest.raises(dataclasses.FrozenInstanceError):
        explanation.seed = 4
    with pytest.raises(ValueError, match="read-only"):
        explanation.effects.values[0] = 1
    mine = np.zeros(2)
    estimates = Estimates(mine, mine, mine, mine)
    mine[0] = 5
    assert estimates.values[0] == 0
    assert estimates != Estimates(mine, mine, mine, mine)
    assert estimates[0] == Estimate(0.0, 0.0, 0.0, 0.0)


def test_probes_hold_what_was_asked():
    explanation = example(12, budget=100)
    probes = explanation.probes
    assert probes.masks[0].all()
    assert probes.weights[0] == 0
    assert probes.weights.sum() == pytest.approx(1)
    assert set(probes.folds.tolist()) == {0, 1}
    model = as_model(random_game(12, 12), words_of(12))
    column = explanation.target[0]
    assert probes.answers == pytest.approx(np.array(model(explanation.inputs()))[:, column])
    assert explanation.inputs(np.eye(12, dtype=bool)) == words_of(12)
    assert probes.packed.nbytes == 2 * len(probes)


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_frames(backend):
    explanation = example()
    frame = explanation.to_frame(backend)
    assert type(frame).__module__.startswith(backend)
    columns = frame.column_names if backend == "pyarrow" else list(frame.columns)
    assert columns == ["part", "effect", "standard_error", "low", "high"]
    effects = frame["effect"].to_pylist() if backend == "pyarrow" else list(frame["effect"])
    assert effects == explanation.effects.values.tolist()


def test_unknown_frames_are_named():
    with pytest.raises(InputError, match="pandas, polars, pyarrow"):
        example().to_frame("excel")


def test_the_table_reads_well():
    told = str(example(16, budget=600, surrogate=limen.Quadratic()))
    assert max(len(line) for line in told.splitlines()) <= 80
    for word in ("w00", "effect", "95 % interval", "fidelity", "BUDGET_SPENT", "600 model rows", "lime(width=0.25)"):
        assert word in told
    assert "exact" in str(example())
    small = str(limen.explain(lambda t: [[0.5 + len(one) / 1e5] for one in t], "a bb ccc", on_doubt="ignore"))
    assert all(digits in small for digits in ("+0.0000400", "+0.0000300", "+0.0000200"))


def test_names_and_texts_cannot_steer_a_terminal():
    text = "\x1b[31mred \x9b2J \u202egnp"
    options = {"spans": [(0, 8), (9, 12), (13, 17)], "pairs": {(0, 1): (1.0, 0.1)}}
    hostile = make_explanation(text, [1.0, -0.5, 0.2], target_name="\x1b]0;title\x07", **options)
    told = str(hostile)
    assert "␛]0;title␇" in told
    assert told.count("␛[31mred") == 3, "in the text, in the table and in the pair"
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(told + repr(hostile))


def test_every_status_and_doubt_is_a_sentence():
    for member in [*Status, *Doubt]:
        assert member.value[0].isupper()
        assert member.value.endswith(".")
    assert all(";" in doubt.value for doubt in Doubt if doubt is not Doubt.SINGLE_PART), "a doubt tells its remedy"


def test_arrays_are_read_where_their_type_is_an_alias():
    """As `numpy.typing.NDArray` is from numpy 2.5 on, with Python 3.12."""
    scalar = TypeVar("scalar")
    named = TypeAliasType("named", np.ndarray[Any, np.dtype[scalar]], type_params=(scalar,))
    assert _decode(named[np.float64], [1.0, 2.0], "x").tolist() == [1.0, 2.0]
    assert _decode(named[np.int64] | None, None, "x") is None
    with pytest.raises(RecordError, match="list of float64"):
        _decode(named[np.float64], 1.0, "x")
