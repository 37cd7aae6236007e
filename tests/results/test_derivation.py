"""A derivation as a record, as text, as LaTeX and as HTML: nothing missing, nothing that does not render."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import re
from functools import cache
from html.parser import HTMLParser

import numpy as np
import pytest

from limen.errors import InputError, RecordError
from limen.results import _derivation_terms as terms
from limen.results import _formula
from limen.results._derivation_answer import size
from limen.results.derivation import FACTORS, PARTS, Derivation
from limen.rnn.derive import derive
from limen.rnn.net import RNN


def made(steps=6, **options):
    net = RNN(2, 4, 3, seed=1, **options)
    return derive(net, np.random.default_rng(0).standard_normal((1, steps, 2)), [1])


@pytest.fixture(scope="module")
def short():
    return made()


@pytest.fixture(scope="module")
def long():
    return made(60, hidden_activation="sigmoid", output_activation="tanh", bias=True)


@pytest.fixture(scope="module")
def single():
    return made(1)


@pytest.fixture(params=["short", "long", "single"])
def derivation(request):
    return request.getfixturevalue(request.param)


class Reader(HTMLParser):
    """Collects tags, attributes and text; every tag must be closed in order."""

    VOID = ("meta", "line", "rect", "path", "mspace")

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.names, self.values, self.text = [], [], [], ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.values += [value for _, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in self.VOID
        self.names.append(tag)
        self.values += [value for _, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data if self.open[-1:] != ["style"] else ""


def test_json_gives_an_equal_record_back(derivation):
    text = derivation.to_json()
    assert Derivation.from_json(text) == derivation
    assert Derivation.from_json(text).to_json() == text
    json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert copy.deepcopy(derivation) == derivation == pickle.loads(pickle.dumps(derivation))  # noqa: S301
    assert not derivation.lags.shares.flags.writeable


def damage(plain, path, value):
    place = plain
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("architecture", "hidden_activation"), "<script>"),
        (("architecture", "hidden"), "4"),
        (("lags", "shares"), [1.0]),
        (("lags", "shares"), "x"),
        (("label",), [1.0, 0.0]),
        (("factors", 0, "name"), "∂E_T/∂x"),
        (("factors",), []),
        (("check", "along"), "nothing"),
        (("check",), None),
        (("sample",), 1.5),
    ],
)
def test_a_damaged_record_is_refused(short, path, value):
    plain = short.to_dict()
    damage(plain, path, value)
    with pytest.raises(RecordError):
        Derivation.from_dict(plain)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("architecture", "dtype"), "\\input{x}", "architecture.dtype is"),
        (("architecture", "hidden"), 0, "architecture.hidden is 0"),
        (("sample",), -1, "sample is -1"),
        (("probabilities",), [0.5, 1.5, 0.5], "probabilities is 1.5, expected 0 to 1"),
        (("factors", 2, "norm"), "\x1b[31m", "norm of ∂ŷ_T/∂z_T is '\\\\x1b"),
        (("check", "numeric"), -1.0, "check.numeric is -1"),
        (("check", "bptt"), "-inf", "check.bptt is -inf"),
        (("lags", "log_products"), ["nan"] * 6, "lags.log_products begins with"),
        (("lags", "log_products", 0), 1.0, "lags.log_products begins with"),
        (("lags", "log_products", 5), 1e4, "lags.log_products is 10000.0"),
        (("lags", "log_weights", 5), 1e4, "lags.log_weights is 10000.0"),
        (("lags", "log_states", 5), 1e30, r"lags.log_states is 1e\+30"),
    ],
)
def test_a_record_whose_numbers_cannot_be_is_refused(short, path, value, words):
    plain = json.loads(short.to_json())
    damage(plain, path, value)
    with pytest.raises(RecordError, match=words):
        Derivation.from_json(json.dumps(plain))


def test_the_words_of_a_derivation_cannot_steer_a_terminal(short):
    hostile = dataclasses.replace(short.architecture, dtype="\x1b[31m")
    told = str(dataclasses.replace(short, architecture=hostile))
    assert "␛[31m" in told
    assert "\x1b" not in told


def test_other_records_are_refused(short):
    for text in ("", "[]", "{}", short.to_json().replace("limen.derivation", "limen.explanation")):
        with pytest.raises(RecordError):
            Derivation.from_json(text)


def test_a_frame_has_a_row_a_lag(short):
    frame = short.to_frame("pandas")
    assert frame["lag"].tolist() == [0, 1, 2, 3, 4, 5]
    assert frame["step"].tolist() == [6, 5, 4, 3, 2, 1]
    assert frame["shares"].sum() == pytest.approx(1)
    with pytest.raises(InputError, match="backend"):
        short.to_frame("excel")


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 140])
def test_text_fits_and_holds_every_factor(derivation, width):
    told = derivation.to_text(width)
    assert max(map(len, told.splitlines())) <= max(width, 52)
    for factor in (*derivation.factors, *derivation.parts):
        start = re.compile(rf"  {re.escape(factor.name)} +{terms.shape(factor)} ")
        row = next(line for line in told.splitlines() if start.match(line))
        assert size(factor.log_norm) in row
        assert factor.norm in row
    flat = " ".join(told.split())
    assert " ".join(derivation.answer.split()) in flat
    for formula in (*terms.CHAIN, *terms.formulas(derivation)):
        assert " ".join(_formula.text(formula).split()) in flat
    assert str(derivation) == derivation.to_text(80)


def test_a_wide_terminal_sees_every_column_and_bars(short):
    told = short.to_text(140)
    assert all(_formula.text(formula) in told for formula in terms.COLUMNS.values())
    rows = [line for line in told.splitlines() if re.match(r" +\d+ +\d+ ", line)]
    lengths = [row.count("█") for row in rows]
    assert lengths == sorted(lengths, reverse=True)
    assert (lengths[0], lengths[-1]) == (20, 1)


@pytest.mark.parametrize("steps", [1, 2, 24, 25, 60, 2000])
def test_the_lags_shown_are_the_first_ones_and_the_last(steps):
    class Short:
        pass

    Short.steps = steps
    lags = terms.shown(Short)
    assert lags == sorted(set(lags))
    assert lags[: min(steps, 13)] == list(range(min(steps, 13)))
    assert lags[-1] == steps - 1
    assert len(lags) <= 24
    assert bool(terms.left_out(Short)) == (len(lags) < steps)


@cache
def parsed(formula):
    from matplotlib.mathtext import MathTextParser

    return MathTextParser("path").parse(f"${formula}$")


def test_latex_is_ascii_closed_and_parsed_by_another_reader(derivation):
    whole = derivation.to_latex(document=True)
    piece = derivation.to_latex()
    assert whole.isascii()
    assert piece.isascii()
    assert "documentclass" not in piece
    ends = re.findall(r"\\(begin|end)\{([a-z*]+)\}", whole)
    stack = []
    for kind, name in ends:
        if kind == "begin":
            stack.append(name)
        else:
            assert stack.pop() == name
    assert not stack
    bare = whole.replace(r"\{", "").replace(r"\}", "")
    assert bare.count("{") == bare.count("}")
    assert whole.count("$") % 2 == 0
    displayed = re.findall(r"\\begin\{gather\*\}\n(.*?)\n\\end", whole, re.S)
    lines = [line for block in displayed for line in block.split(" \\\\\n")]
    assert len(lines) == len(terms.NET) + 2 + len(terms.formulas(derivation))
    for formula in {*lines, *re.findall(r"\$([^$]+)\$", re.sub(r"\d", "1", whole))}:
        parsed(formula)
    outside = re.sub(r"\$.+?\$|\\begin\{gather.*?end\{gather", "", piece, flags=re.S)
    assert not re.search(r"(?<!\\)[_^#]|\de-?\d", outside.split("\n", 1)[1])
    for symbol, _ in terms.TERMS.values():
        assert f"${symbol}$ & " in piece
    rows = re.findall(r"\\begin\{tabular\}\{(\w+)\}(.*?)\\end\{tabular\}", whole, re.S)
    assert all(line.count("&") == len(columns) - 1 for columns, body in rows for line in body.strip().splitlines())


def test_html_is_closed_and_holds_every_factor(derivation):
    page, piece = derivation.to_html(), derivation._repr_html_()
    assert piece in page
    read = Reader(page)
    assert not set(read.names) & {"script", "img", "link", "iframe", "a"}
    assert not any("http" in value or "url(" in value for value in read.values if value)
    assert "prefers-color-scheme: dark" in page
    for factor in (*derivation.factors, *derivation.parts):
        symbol, meaning = terms.TERMS[factor.name]
        row = next(row for row in piece.split("<tr>") if row.startswith(f'<th scope="row">{_formula.mathml(symbol)}<'))
        assert meaning == "" or _formula.mathml(meaning) in row
        assert terms.shape(factor) in row
    assert ("limen-curve-0" in piece.split("</style>")[1]) == (derivation.steps > 1)


def test_the_same_record_gives_the_same_texts(long):
    again = Derivation.from_json(long.to_json())
    assert again.to_html() == long.to_html()
    assert again.to_latex() == long.to_latex()
    assert again.to_text() == long.to_text()


def test_version_names_are_escaped(short):
    plain = short.to_dict() | {"limen_version": "<b>&"}
    assert "<b>&" not in Derivation.from_dict(plain).to_html()


def test_names_of_factors_are_those_of_the_formulas():
    assert tuple(terms.TERMS) == FACTORS + PARTS
