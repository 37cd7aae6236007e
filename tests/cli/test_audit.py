"""`limen audit`: texts, photos and rows, what it costs, and how it ends."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest

import limen
from limen.results import Grade

COMMENT = "For Christmas Song visit our channel!"
MODEL = """
import numpy as np


def corner(images):
    n, height, width, _ = images.shape
    lit = images[:, : height // 2, : width // 2].mean(axis=(1, 2, 3)) / 255
    return np.stack([1 - lit, lit], axis=1)


corner.classes = ("dark", "light")
"""


def record(shell, *words, **options):
    ended = shell("audit", *words, "--json", "-", **options)
    assert ended.code in (0, 3), ended.err
    return limen.Audit.from_json(ended.out)


def test_a_text_is_audited_with_words_and_signs(shell):
    ended = shell("audit", "text", COMMENT)
    assert ended.code in (0, 3)
    assert ended.err == ""
    assert "✓ good" in ended.out
    assert "· not asked" in ended.out
    for title in ("Instability", "Leak of the law", "Manipulability", "Cost"):
        assert title in ended.out
    assert all(line == line.rstrip() for line in ended.out.splitlines())
    assert "\x1b" not in ended.out


def test_advice_is_given_in_options(shell):
    out = " ".join(shell("audit", "text", COMMENT).out.split())
    assert "(--spend 9 --check segmentation)" in out
    assert "--background FILE" in out
    assert not re.search(r"rows=|checks=\[|limen\.Table", out)


def test_says_the_same_as_the_library(shell):
    sys.path.insert(0, str(Path.cwd()))
    try:
        model = limen.models.load("models_for_tests:comments")
    finally:
        sys.path.pop(0)
    there = limen.audit(limen.Explainer(model, seed=3, on_doubt="ignore"), COMMENT, target="spam", rows=500)
    here = record(shell, "text", COMMENT, "--seed", "3", "--target", "spam", "--spend", "500")
    assert here.rows == there.rows
    assert here["width"] == there["width"]
    assert here["leak"] == there["leak"]


def test_one_side_against_another(shell):
    found = record(shell, "text", COMMENT, "--target", "spam", "--against", "normal", "--budget", "200")
    plain = record(shell, "text", COMMENT, "--target", "spam", "--budget", "200")
    assert found.explanation.target == plain.explanation.target
    assert (found.explanation.against, plain.explanation.against) == ((0,), ())
    assert found.explanation.effects.values == pytest.approx(2.0 * plain.explanation.effects.values, abs=1e-6)


def test_the_exit_code_is_the_verdict(shell):
    assert shell("audit", "text", COMMENT, "--check", "instability").code == 0
    assert shell("audit", "text", COMMENT, "--check", "instability", model="noisy").code == 3
    ended = shell("audit", "text", COMMENT, "--check", "sanity", "--json", "-", model="flat")
    assert ended.code == 3
    assert "Believe the explanation with care" in ended.err


def test_checks_are_chosen_and_files_written(shell):
    ended = shell(
        "audit", "text", COMMENT, "--check", "cost", "--check", "leak", "--html", "a.html", "--json", "a.json"
    )
    assert "wrote a.html" in ended.err
    found = limen.Audit.from_json(Path("a.json").read_text("utf-8"))
    assert [one.name for one in found.findings] == ["cost", "leak"]
    assert Path("a.html").read_text("utf-8").startswith("<!doctype html")


def test_a_corpus_tells_what_is_plausible(shell):
    Path("corpus.txt").write_text("\n".join(f"visit our channel! number {k}" for k in range(30)) + "\n\n", "utf-8")
    found = record(shell, "text", "visit our channel! number 7", "--background", "corpus.txt")
    assert found.measure("off_manifold.implausible").value.value > 0.5


def test_a_photo(shell):
    from PIL import Image as pillow  # noqa: N813

    pixels = np.full((40, 60, 3), 30, np.uint8)
    pixels[:20, :30] = 230
    pillow.fromarray(pixels).save("photo.png")
    Path("audit_models.py").write_text(MODEL, encoding="utf-8")
    try:
        words = ("--model", "audit_models:corner", "--method", "grid", "--segments", "4", "--fill", "black")
        more = ("--budget", "40", "--spend", "80", "--target", "light")
        found = record(shell, "image", "photo.png", *words, *more, model=None)
    finally:
        sys.modules.pop("audit_models", None)
    assert found["segmentation"].grade is not Grade.NOT_ASKED
    assert found["off_manifold"].measures
    assert 0 < found.rows <= 80


def test_a_row_of_a_table(shell):
    checks = ("--check", "manipulation", "--check", "correlated")
    found = record(shell, "table", "--example", "--budget", "200", "--spend", "400", *checks, model=None)
    assert found.measure("manipulation.disagreement").value.value < 0.5
    assert found.measure("correlated.background").value.value > 0.8
    assert found.rows <= 400
    told = " ".join(
        shell("audit", "table", "--example", "--check", "correlated", "--budget", "200", model=None).out.split()
    )
    assert "groups=" not in told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("text", COMMENT, "--check", "price"), "price"),
        (("text", COMMENT, "--spend", "-1"), "--spend"),
        (("text", COMMENT, "--background", "none.txt"), "--background is 'none.txt', which cannot be read"),
        (("text", COMMENT, "--background", "empty.txt"), "holds no text"),
        (("text",), "a text without a word"),
    ],
)
def test_what_is_wrong_is_one_line(shell, words, message):
    Path("empty.txt").write_text("\n", "utf-8")
    ended = shell("audit", *words)
    assert ended.code == 2
    assert message in ended.err
    assert len(ended.err.splitlines()) == 1


def test_one_row_only(shell):
    ended = shell("audit", "table", "--example", "--row", "1,2", model=None)
    assert ended.code == 2
    assert "--row names 2 rows" in ended.err


def test_help_lists_the_three(shell):
    assert all(name in shell("audit", model=None).out for name in ("text", "image", "table"))
