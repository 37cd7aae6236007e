"""Formulas and numbers, written once and shown as text, LaTeX and MathML."""

from __future__ import annotations

import math
from xml.etree import ElementTree as ET

import pytest

from limen.results import _formula
from limen.results._derivation_answer import size


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (r"\frac{\partial h_T}{\partial h_{T-1}}", "∂h_T/∂h_{T-1}"),
        (r"\frac{a}{b}\frac{b}{c} + \frac{c}{d}", "(a/b) (b/c) + c/d"),
        (r"\hat{o}_T\hat{y}_T^{\top}", "ô_T ŷ_Tᵀ"),
        (r"g_h'(a_j) = 1 - h_j \odot h_j", "g_h'(a_j) = 1 − h_j ⊙ h_j"),
        (r"\sum_{k=1}^{T-1} C_k", "Σ_{k=1..T-1} C_k"),
        (r"\| G \|^{2}", "‖G‖²"),
    ],
)
def test_formulas_as_text_and_as_mathml(formula, text):
    assert _formula.text(formula) == text
    assert _formula.prose(f"so ${formula}$.") == f"so {text}."
    ET.fromstring(_formula.mathml(formula))


@pytest.mark.parametrize("formula", [r"\nothing", "a}", r"\frac{a}", "{a", "_a"])
def test_a_formula_outside_the_grammar_fails(formula):
    with pytest.raises((KeyError, ValueError, IndexError)):
        _formula.mathml(formula)


@pytest.mark.parametrize(
    ("log", "told"),
    [
        (0, "1.00"),
        (math.log(0.0582), "0.0582"),
        (math.log(9.996e-3), "1.0e-2"),
        (math.log(0.01), "0.0100"),
        (math.log(3.14e-9), "3.1e-9"),
        (math.log(9.99e-10), "1.0e-9"),
        (-597 * math.log(10), "1.0e-597"),
        (math.log(12345), "1.2e4"),
        (1e30, "exp(1.0e30)"),
        (-math.inf, "0"),
        (math.inf, "infinite"),
        (math.nan, "undefined"),
    ],
)
def test_numbers_of_any_size_are_written(log, told):
    assert size(log) == told
    assert _formula.prose_latex(told).count("$") % 2 == 0
    ET.fromstring(f"<p>{_formula.prose_html(told)}</p>")
