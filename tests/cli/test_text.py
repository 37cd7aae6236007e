"""`limen text`: what is asked, and what comes back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import limen

COMMENT = "For Christmas Song visit our channel!"
COMMAND = [sys.executable, "-c", "import sys; from limen.cli import main; sys.exit(main())"]


def record(shell, *words, **options):
    """The explanation as it comes back through JSON on standard output."""
    ended = shell("text", *words, "--json", "-", **options)
    assert ended.code in (0, 3), ended.err
    return limen.Explanation.from_json(ended.out)


def test_explains_a_comment(shell):
    ended = shell("text", COMMENT)
    assert ended.code == 0
    assert ended.err == ""
    assert "The model gives spam a probability of" in ended.out
    assert "For Christmas Song⁻ visit⁺⁺ our channel!⁺⁺⁺" in ended.out
    first = next(line for line in ended.out.splitlines() if line.startswith(" channel! "))
    assert "+0." in first
    assert "exact" in first
    assert "█" in first
    for heading in ("fidelity", "law", "status", "doubts", "cost", "model"):
        assert f"\n {heading} " in ended.out
    assert all(line == line.rstrip() for line in ended.out.splitlines())


def test_says_the_same_as_the_library(shell):
    sys.path.insert(0, str(Path.cwd()))
    try:
        model = limen.models.load("models_for_tests:comments")
    finally:
        sys.path.remove(str(Path.cwd()))
    there = limen.explain(model, COMMENT, seed=3, budget=40)
    here = record(shell, COMMENT, "--seed", "3", "--budget", "40")
    assert np.array_equal(here.effects.values, there.effects.values)
    assert (here.seed, here.budget) == (3, 40)


def test_options_reach_the_question(shell):
    assert record(shell, COMMENT, "--target", "normal").target == (0,)
    assert record(shell, COMMENT, "--target", "0").target_name == "normal"
    assert record(shell, COMMENT, "--scale", "log-odds").scale == "log-odds"
    assert record(shell, COMMENT, "--scale", "raw", model="margins").scale == "raw"
    assert record(shell, COMMENT, "--surrogate", "linear").surrogate.kind == "linear"
    assert record(shell, COMMENT, "--surrogate", "quadratic").surrogate.kind == "quadratic"
    assert record(shell, COMMENT, "--units", "2").parts == ("For Christmas", "Song visit", "our channel!")
    assert record(shell, "One. Two!", "--units", "sentences").parts == ("One.", "Two!")
    assert record(shell, "to be", "--units", "words").instance.units == "words"
    assert record(shell, "visit channel!", "--punctuation", "separate").parts == ("visit", "channel", "!")
    assert record(shell, "visit and visit", "--repeats", "together").parts == ("visit", "and")
    masked = record(shell, COMMENT, "--mask-token", "[MASK]")
    assert any("[MASK]" in text for text in masked.inputs())


@pytest.mark.parametrize(
    ("typed", "law"),
    [
        ("lime", "lime(width=0.25)"),
        ("lime:0.5", "lime(width=0.5)"),
        ("Uniform", "uniform(p=0.5)"),
        ("uniform:0.8", "uniform(p=0.8)"),
        ("shapley", "shapley()"),
    ],
)
def test_samplers(shell, typed, law):
    assert str(record(shell, COMMENT, "--sampler", typed).law) == law


@pytest.mark.parametrize(
    ("typed", "target"),
    [
        ("a", (0,)),
        ("a,b", (0, 1)),
        ("0-2", (0, 1, 2)),
        ("a, 3", (0, 3)),
        ("c,d", (2,)),
        ("1-2", (3,)),
        ("0,2-3", (0, 2, 3)),
    ],
)
def test_several_targets_are_summed_and_a_whole_name_comes_first(shell, typed, target):
    found = record(shell, COMMENT, "--target", typed, model="four")
    assert found.target == target


def test_same_seed_same_record(shell):
    words = [*("one two three four five six seven eight nine ten eleven " + COMMENT).split()]
    first, second = (record(shell, " ".join(words), "--budget", "100", "--seed", "5").to_dict() for _ in range(2))
    for found in (first, second):
        del found["cost"]
    assert json.dumps(first) == json.dumps(second)


def test_the_text_may_come_from_a_file_or_from_standard_input(shell):
    Path("text.txt").write_bytes("\ufeffvisit  our\nchannel!\r\n".encode())
    assert record(shell, "--file", "text.txt").instance.text == "visit  our\nchannel!"
    assert record(shell, stdin=b"visit our channel!\n\n").instance.text == "visit our channel!\n"
    assert record(shell, "-", stdin="grüß dich".encode()).instance.text == "grüß dich"
    assert record(shell, "argument first", stdin=b"not this").instance.text == "argument first"


def test_doubts_have_their_own_code_and_speak_the_shells_language(shell):
    ended = shell("text", COMMENT, model="flat")
    assert ended.code == 3
    assert "! doubt" in ended.out
    assert "FLAT" in ended.out
    assert "--scale log-odds" in " ".join(ended.out.split())
    assert "scale='" not in ended.out
    noisy = shell("text", COMMENT, model="noisy")
    assert noisy.code == 3
    assert "NOISY_MODEL" in noisy.out


def test_one_word_is_explained_and_said_so(shell):
    ended = shell("text", "cute")
    assert ended.code == 3
    assert "SINGLE_PART" in ended.out


def test_ten_thousand_words_are_explained_by_larger_units(shell):
    ended = shell("text", "--budget", "200", stdin=b"lorem visit ipsum channel! dolor " * 2000)
    assert ended.code in (0, 3)
    assert "word spans" in ended.out
    assert "more characters" in ended.out
    assert len(ended.out.splitlines()) < 100


def test_pairs_are_shown_where_they_matter(shell):
    ended = shell("text", COMMENT, "--surrogate", "quadratic", model="pairs")
    assert "together, beyond the sum of the two" in ended.out
    assert "visit × channel!" in ended.out
    assert "together" not in shell("text", COMMENT, "--surrogate", "linear", model="pairs").out


def test_probes_are_listed_with_what_was_hidden(shell):
    ended = shell("text", COMMENT, "--probes")
    lines = ended.out.split("perturbed texts")[1].splitlines()[3:]
    assert len(lines) == 64
    assert lines[0].endswith("  For Christmas Song visit our channel!")
    assert any(line.endswith("  For Christmas Song visit our ········") for line in lines)
    answers = [float(line.split()[0]) for line in lines[1:7]]
    assert answers == sorted(answers, reverse=True)
    assert " %" in lines[1]
    masked = shell("text", COMMENT, "--probes", "--mask-token", "[M]").out
    assert "For Christmas Song visit our [M]" in masked
    assert "····" not in masked


def test_the_table_is_capped_and_the_cap_can_be_moved(shell):
    text = " ".join(f"word{k}" for k in range(30))
    assert "… and 10 parts with smaller effects (--top 30 shows all)" in shell("text", text, "--budget", "200").out
    assert "smaller effects" not in shell("text", text, "--budget", "200", "--top", "30").out
    assert "… and 27 parts" in shell("text", text, "--budget", "200", "--top", "3").out


def test_what_a_model_prints_or_warns_does_not_get_into_the_answer(shell):
    ended = shell("text", COMMENT, "--json", "-", model="chatty")
    assert limen.Explanation.from_json(ended.out).parts[-1] == "channel!"
    assert "chatter on standard output" in ended.err
    assert "warning" not in ended.err


def test_help_and_version(shell):
    assert shell("--version", model=None).out == f"limen {limen.__version__}\n"
    alone = shell(model=None)
    assert alone.code == 0
    assert alone.out == shell("--help", model=None).out
    text = shell("text", "--help", model=None).out
    for option in ("--probes", "--model", "--target", "--surrogate", "--sampler", "--scale", "--budget", "--seed"):
        assert option in text
    for option in ("--units", "--punctuation", "--repeats", "--mask-token", "--json", "--html", "--png", "--top"):
        assert option in text


def test_an_interruption_is_quiet(shell):
    ended = shell("text", COMMENT, model="interrupted")
    assert ended.code == 130
    assert "Traceback" not in ended.err


@pytest.mark.usefixtures("shell")
def test_a_reader_that_stops_early_is_no_error():
    with subprocess.Popen(
        [*COMMAND, "text", COMMENT, "--probes", "--model", "models_for_tests:comments"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.usefixtures("shell")
def test_a_terminal_without_unicode_is_no_error():
    ended = subprocess.run(
        [*COMMAND, "text", "très cute", "--model", "models_for_tests:comments"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert b"tr\\xe8s" in ended.stdout


@pytest.mark.usefixtures("shell")
def test_light_answers_load_no_heavy_library():
    code = (
        "import sys; from limen.cli import main; code = main(sys.argv[1:]); "
        "heavy = {'scipy', 'matplotlib', 'sklearn', 'jinja2', 'pandas', 'torch'}; "
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr); sys.exit(code)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, "text", COMMENT, "--model", "models_for_tests:comments"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    assert ended.stderr.decode().strip() == "[]"


def test_words_that_were_joined_are_told(shell):
    assert "spans of up to 4 words" in " ".join(
        shell("text", "Get a free gift now and here", "--budget", "5").out.split()
    )
    assert "spans of" not in shell("text", "Get a free gift now and here").out
