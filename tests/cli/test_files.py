"""JSON, page and picture."""

from __future__ import annotations

from pathlib import Path

import pytest

import limen

COMMENT = "For Christmas Song visit our channel!"
PNG = b"\x89PNG\r\n\x1a\n"


def test_json_on_standard_output_is_all_that_is_there(shell):
    ended = shell("text", COMMENT, "--json", "-")
    assert ended.err == ""
    explanation = limen.Explanation.from_json(ended.out)
    assert explanation.to_json() + "\n" == ended.out
    assert explanation.parts == ("For", "Christmas", "Song", "visit", "our", "channel!")


def test_doubts_are_told_beside_json_on_standard_output(shell):
    ended = shell("text", COMMENT, "--json", "-", model="flat")
    assert ended.code == 3
    assert limen.Explanation.from_json(ended.out).doubts
    assert ended.err.startswith("limen: doubt FLAT: ")
    assert "--scale log-odds" in ended.err


def test_all_files_at_once(shell):
    ended = shell("text", COMMENT, "--json", "why.json", "--html", "why.html", "--png", "why.png")
    assert ended.code == 0
    assert ended.err == "limen: wrote why.json\nlimen: wrote why.html\nlimen: wrote why.png\n"
    explanation = limen.Explanation.from_json(Path("why.json").read_text(encoding="utf-8"))
    assert explanation.instance.text == COMMENT
    page = Path("why.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "channel!" in page
    assert Path("why.png").read_bytes().startswith(PNG)


def test_pictures_of_odd_texts(shell):
    for text in ("cute", "频道 👍🏽 $x_1$ [red]", "line\n" * 50, "word " * 400):
        ended = shell("text", text, "--png", "odd.png", "--budget", "150")
        assert ended.code in (0, 3), ended.err
        assert Path("odd.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize(("name", "start"), [("why.svg", b"<?xml"), ("why.pdf", b"%PDF"), ("why.PNG", PNG)])
def test_the_end_of_the_name_says_what_picture_it_is(shell, name, start):
    assert shell("text", "cute", "--png", name).code in (0, 3)
    assert Path(name).read_bytes().startswith(start)


def test_files_are_overwritten(shell):
    Path("why.json").write_text("old")
    shell("text", COMMENT, "--json", "why.json")
    assert limen.Explanation.from_json(Path("why.json").read_text(encoding="utf-8")).target_name == "spam"
