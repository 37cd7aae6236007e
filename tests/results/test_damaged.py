"""A damaged record is refused with RecordError, whatever stands in it where; what is read all the same is a record."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

import limen
from limen.results import GradientFlow
from limen.results.history import History
from limen.results.remedies import Remedies
from tests.flows import make_flow
from tests.records import make_explanation
from tests.remedies import make_remedies
from tests.report.test_history_page import make_history
from tests.table_records import make_table_explanation

JUNK = (None, True, -1, 2.5, 2**70, "x", "inf", [], [0.5], [None, 1], [[1], [2, 3]], {"a": 1})
"""Put in place of each value in turn."""
MANY = 60
"""Places of a record that have all of it."""
RECORDS = {
    "explanation": (limen.Explanation, lambda: make_explanation("a b c", [0.4, -0.2, 0.1], pairs={(0, 1): (1.0, 0.1)})),
    "table": (
        limen.Explanation,
        lambda: make_table_explanation(boundary=True, path=True, surface=True, n_probes=12),
    ),
    "flow": (GradientFlow, lambda: make_flow(steps=4, samples=2, heat=True, exponents=True)),
    "history": (History, lambda: make_history(3)),
    "remedies": (Remedies, lambda: make_remedies(names=["as it is", "orthogonal"])),
}


def places(plain: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where there are values: all keys, and the first and last entries of lists."""
    inside = plain.items() if isinstance(plain, dict) else enumerate(plain) if isinstance(plain, list) else ()
    for key, value in inside:
        if not isinstance(plain, list) or key in (0, len(plain) - 1):
            yield (*path, key)
            yield from places(value, (*path, key))


@pytest.mark.parametrize("name", RECORDS)
def test_junk_anywhere_is_refused_or_read(name):
    kind, make = RECORDS[name]
    whole = json.loads(make().to_json())
    refused = tried = 0
    everywhere = list(places(whole))
    turns = 1 + len(everywhere) // MANY  # of a large record, each place has some of the junk
    for number, path in enumerate(everywhere):
        for junk in JUNK[number % turns :: turns]:
            tried += 1
            plain = copy.deepcopy(whole)
            part = plain
            for key in path[:-1]:
                part = part[key]
            part[path[-1]] = junk
            try:
                found = kind.from_json(json.dumps(plain))
            except limen.errors.RecordError:
                refused += 1
            else:
                assert kind.from_json(found.to_json()) == found, (path, junk)
    assert refused > 0.6 * tried


TABLE_JUNK = (
    (("instance", "backend"), "excel"),
    (("instance", "columns", 0, "label"), "age"),
    (("instance", "columns", 0, "scale"), "nan"),
    (("instance", "columns", 0, "kind"), "colour"),
    (("instance", "columns", -1, "category_kind"), "number"),
    (("instance", "names"), []),
    (("instance", "parts", 0, "kind"), "flap"),
    (("instance", "parts", 0, "columns"), []),
    (("instance", "parts", 0, "columns"), [99]),
    (("instance", "parts", 0, "columns"), [0, 1]),
    (("instance", "parts", 0, "columns"), [3]),
    (("instance", "origin", -1), 17.0),
    (("instance", "origin", 0), "inf"),
    (("probes", "values", 3, -1), "nan"),
    (("boundary", "point", -1), 0.5),
    (("axes", "curvatures", "high"), [1.0]),
    (("axes", "curvatures", "values", 0), "nan"),
)


@pytest.mark.parametrize(("path", "junk"), TABLE_JUNK, ids=lambda value: str(value))
def test_what_a_table_row_cannot_be_shown_with_is_refused(path, junk):
    plain = json.loads(RECORDS["table"][1]().to_json())
    part = plain
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = junk
    with pytest.raises(limen.errors.RecordError):
        limen.Explanation.from_json(json.dumps(plain))


@pytest.mark.parametrize(
    ("path", "junk", "told"),
    [
        (
            ("probes", "answers"),
            0.5,
            r"Explanation\.probes\.answers .*it is of the type float, expected a list of float64",
        ),
        (("probes", "answers"), [[0.5]], r"has the shape"),
        (("probes", "answers"), [None], r"probes\.answers .*entries of the type object"),
        (("effects", "values"), "0.5", r"effects\.values .*it is of the type str, expected a list"),
        (("effects", "values"), ["0.5", "x"], r"effects\.values .*it holds '0\.5', expected numbers"),
        (("doubts",), "FLAT", r"Explanation\.doubts .*it is no list"),
    ],
)
def test_the_field_is_named(path, junk, told):
    plain = json.loads(RECORDS["explanation"][1]().to_json())
    part = plain
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = junk
    with pytest.raises(limen.errors.RecordError, match=told):
        limen.Explanation.from_json(json.dumps(plain))
