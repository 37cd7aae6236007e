"""`limen rnn derive`: without a file, without torch, into files, and wrong."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from rich.cells import cell_len

from limen.results.derivation import FACTORS, PARTS, Derivation


def derived(shell, *words):
    return shell("rnn", "derive", *words, model=None)


def test_it_writes_out_the_chain_rule_without_a_file(shell):
    ended = derived(shell)
    assert (ended.code, ended.err) == (0, "")
    assert "∂E_T/∂W_hh = (∂E_T/∂ô_T) (∂ô_T/∂ŷ_T) (∂ŷ_T/∂z_T) (∂z_T/∂h_T) (∂h_T/∂W_hh)" in ended.out
    assert all(f"  {name} " in ended.out for name in FACTORS + PARTS)
    assert "shrinks by a factor of 0.6" in ended.out
    assert "T = 20" in ended.out
    assert derived(shell).out == ended.out
    assert derived(shell, "--seed", "1").out != ended.out


def test_the_options_reach_the_net(shell):
    words = "--time 9 --inputs 2 --hidden 5 --outputs 6 --hidden-activation relu --output-activation sigmoid --bias"
    ended = derived(shell, *words.split(), "--json", "-")
    found = Derivation.from_json(ended.out)
    net = found.architecture
    assert (found.steps, net.inputs, net.hidden, net.outputs) == (9, 2, 5, 6)
    assert (net.hidden_activation, net.output_activation, net.bias) == ("relu", "sigmoid", True)
    assert found.check.numeric < 1e-6


@pytest.mark.parametrize(
    ("scale", "word"), [("0.5", "shrinks by a factor of 0.5"), ("1.5", "grows by a factor of 1.5")]
)
def test_the_scale_decides_what_becomes_of_the_gradient(shell, scale, word):
    words = ("--time", "60", "--hidden", "3", "--hidden-activation", "identity", "--scale", scale)
    assert word in " ".join(derived(shell, *words).out.split())


def test_a_scale_of_zero_leaves_no_way_back(shell):
    assert "exactly 0 from lag 1 on" in " ".join(derived(shell, "--scale", "0").out.split())


@pytest.mark.parametrize("columns", ["40", "80", "120"])
def test_it_fits_the_terminal(shell, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    lines = derived(shell).out.splitlines()
    assert max(map(cell_len, lines)) <= max(int(columns), 52)
    assert not any(line.endswith(" ") for line in lines)


def test_headings_stand_out_on_a_terminal_only(shell, monkeypatch):
    assert "\x1b" not in derived(shell).out
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[1mExpanded\x1b[0m" in derived(shell).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in derived(shell).out


def test_files_are_written(shell, tmp_path):
    ended = derived(shell, "--latex", "a.tex", "--html", "a.html", "--json", "a.json")
    assert ended.err.split("\n")[:3] == ["limen: wrote a.tex", "limen: wrote a.html", "limen: wrote a.json"]
    assert "1b. Which term" in ended.out
    record = Derivation.from_json((tmp_path / "a.json").read_text("utf-8"))
    assert (tmp_path / "a.html").read_text("utf-8") == record.to_html()
    assert (tmp_path / "a.tex").read_text("utf-8") == record.to_latex(document=True)


def test_standard_output_may_be_the_latex_alone(shell):
    ended = derived(shell, "--latex", "-")
    assert ended.out.startswith("\\documentclass")
    assert ended.out.endswith("\\end{document}\n")
    assert ended.err == ""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--time 0", "'--time'"),
        ("--time many", "'--time'"),
        ("--hidden-activation cosine", "'--hidden-activation'"),
        ("--scale -1", "'--scale'"),
        ("--scale nan", "--scale"),
        ("--scale inf", "--scale is inf"),
        ("--seed -1", "'--seed'"),
        ("--html -", "--html is '-', but only --latex and --json can"),
        ("--latex - --json -", "--latex and --json both go to standard output"),
        ("--latex a --html a", "name one file twice"),
        ("--latex a --html ./a", "name one file twice"),
        ("--json nowhere/a.json", "there is no folder 'nowhere'"),
        ("--json .", "it is a folder"),
        ("--net mine", "--net"),
        ("--hidden-activation identity --scale 1e30 --time 40", "overflows float64"),
    ],
)
def test_what_is_wrong_is_one_line(shell, words, told):
    ended = derived(shell, *words.split())
    assert ended.code in (1, 2)
    assert ended.out == ""
    assert told in ended.err
    assert ended.err.count("\n") == 1


def test_an_empty_name_is_no_file(shell):
    assert "--latex is ''" in derived(shell, "--latex", "").err


def test_rnn_alone_lists_its_commands(shell):
    ended = shell("rnn", model=None)
    assert ended.code == 0
    assert re.search(r"derive +Write out the chain rule", ended.out)


def test_it_needs_no_torch():
    script = (
        "import sys; sys.modules['torch'] = None\n"
        "from limen.cli import main\n"
        "code = main(['rnn', 'derive', '--time', '3'])\n"
        "heavy = {'matplotlib', 'scipy', 'sklearn', 'onnxruntime'} & set(sys.modules)\n"
        "sys.exit(code or bool(heavy))"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60).returncode == 0
