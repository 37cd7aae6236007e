"""Wrong usage ends with 2, errors with 1, each with one clear line and no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

COMMENT = "For Christmas Song visit our channel!"


def fails(ended, code, *words):
    assert ended.code == code, (ended.out, ended.err)
    assert ended.out == ""
    assert ended.err.startswith("limen: ")
    assert ended.err.count("\n") == 1
    assert ended.err.endswith("\n")
    assert "Traceback" not in ended.err
    for word in words:
        assert word in ended.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["text", "--nonsense", COMMENT], ["--nonsense", "limen text --help"]),
        (["text", "--sampler", "gauss", COMMENT], ["'gauss'", "lime, uniform, shapley"]),
        (["text", "--sampler", "uniform:2", COMMENT], ["uniform:2", "between 0 and 1"]),
        (["text", "--sampler", "uniform:much", COMMENT], ["uniform:much", "number"]),
        (["text", "--sampler", "uniform:nan", COMMENT], ["uniform:nan"]),
        (["text", "--sampler", "shapley:1", COMMENT], ["no parameter"]),
        (["text", "--units", "letters", COMMENT], ["'letters'", "words, sentences"]),
        (["text", "--units", "0", COMMENT], ["'0'", "at least 1"]),
        (["text", "--surrogate", "cubic", COMMENT], ["'cubic'", "linear", "quadratic"]),
        (["text", "--scale", "odds", COMMENT], ["'odds'", "probability", "log-odds", "raw"]),
        (["text", "--target", "ham", COMMENT], ["'ham'", "normal, spam"]),
        (["text", "--target", "7", COMMENT], ["7", "from 0 to 1"]),
        (["text", "--target", "5-3", COMMENT], ["5-3", "rises"]),
        (["text", "--target", "0-99999999999", COMMENT], ["smaller"]),
        (["text", "--target", "spam,", COMMENT], ["commas"]),
        (["text", "--budget", "5", "--units", "words", COMMENT], ["budget is 5", "--units"]),
        (["text", "--budget", "1", COMMENT], ["budget is 1"]),
        (["text", "--budget", "many", COMMENT], ["--budget"]),
        (["text", "--seed", "-1", COMMENT], ["seed is -1"]),
        (["text", "--top", "0", COMMENT], ["--top"]),
        (["text", "--punctuation", "separate", "--units", "sentences", COMMENT], ["--punctuation separate"]),
        (["text", ""], ["without a word"]),
        (["text", " \n\t"], ["without a word"]),
        (["text"], ["standard input", "without a word"]),
        (["text", "For", "Christmas"], ["2 pieces", "quotes"]),
        (["text", COMMENT, "--file", "x"], ["both"]),
        (["text", "--file", "absent.txt"], ["absent.txt", "No such file"]),
        (["text", "a\udcffb"], ["UTF-8"]),
        (["text", COMMENT, "--png", "-"], ["--json"]),
        (["text", COMMENT, "--png", "x.txt"], ["--png is 'x.txt'", ".png, .svg, .pdf"]),
        (["text", COMMENT, "--html", ""], ["--html"]),
    ],
)
def test_wrong_usage(shell, words, told):
    fails(shell(*words), 2, *told)


def test_unknown_command(shell):
    fails(shell("picture", model=None), 2, "picture", "limen --help")


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("no_such_module:predict", ["no_such_module", "cannot be imported"]),
        ("models_for_tests:no_such_function", ["no_such_function"]),
        ("./no-such-folder", ["no-such-folder", "Hugging Face"]),
        ("absent.onnx", ["absent.onnx"]),
    ],
)
def test_models_that_are_not_there(shell, reference, told):
    fails(shell("text", COMMENT, "--model", reference, model=None), 2, *told)


def test_a_module_that_fails_at_import(shell):
    Path("broken_module_for_tests.py").write_text("raise RuntimeError('no\\nlicence')\n")
    fails(shell("text", COMMENT, "--model", "broken_module_for_tests:f", model=None), 1, "RuntimeError: no licence")


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("shape", "shape (1, 2)"),
        ("nan", "finite"),
        ("half", "RuntimeError: out of [red]paper and ink"),
        ("margins", "raw"),
    ],
)
def test_models_that_fail(shell, model, told):
    ended = shell("text", COMMENT, model=model)
    fails(ended, 1, told)
    assert "error.predictor" not in ended.err


@pytest.mark.parametrize("option", ["--json", "--html", "--png"])
def test_places_that_cannot_be_written_are_told_before_the_model_is_asked(shell, option):
    fails(shell("text", COMMENT, option, "absent/file", model="half"), 1, option, "no folder 'absent'")
    fails(shell("text", COMMENT, option, ".", model="half"), 1, option, "it is a folder")


def test_a_full_disk_is_one_line_after_the_answer(shell):
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full to write to")
    ended = shell("text", COMMENT, "--json", "/dev/full")
    assert ended.code == 1
    assert "channel!" in ended.out
    assert ended.err.count("\n") == 1
    assert "cannot be written" in ended.err


def test_a_file_in_another_encoding(shell):
    Path("latin.txt").write_bytes("très".encode("latin-1"))
    fails(shell("text", "--file", "latin.txt"), 2, "UTF-8")


def test_escapes_do_not_reach_the_terminal_in_errors(shell):
    ended = shell("text", COMMENT, "--target", "\x1b[31mham")
    fails(ended, 2)
    assert "\x1b" not in ended.err


def test_per_cent_a_command_and_a_photo_that_are_not_there(shell):
    fails(shell("text", COMMENT, "--tolerance", "20"), 2, "up to 2", ".2 for 20 %")
    ended = shell("txt", COMMENT)
    assert "Did you mean 'text'? Try:" in ended.err
    fails(
        shell("image", "nope.jpg", "--model", "absent:model"), 2, "no file of that name"
    )  # before the model is opened


def test_a_model_of_one_text_is_told_that_it_gets_a_list(shell):
    Path("single.py").write_text("def answer(text):\n    return [[len(text.split())]]\n", encoding="utf-8")
    ended = shell("text", COMMENT, "--model", "single:answer", model=None)
    assert "it is given a list of inputs" in ended.err


def test_options_whose_placeholder_is_their_name_say_their_name():
    """Typer 0.27 took a placeholder in capitals for the option itself, so that there was --MODEL and no --model."""
    from typer.models import OptionInfo

    from limen.cli import _arguments, _audit_arguments, _image_arguments, _table_arguments

    for module in (_arguments, _audit_arguments, _image_arguments, _table_arguments):
        for name, one in vars(module).items():
            for option in getattr(one, "__metadata__", ()):
                if isinstance(option, OptionInfo) and option.metavar and option.metavar.lower() == name.lower():
                    assert option.default == f"--{name.lower()}"  # typer keeps the first name there
