"""Text classifiers in ONNX files, run by onnxruntime, with a tokenizer.json of the tokenizers library beside them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from limen._errors import InputError
from limen._types import FloatArray
from limen.models.base import Adapter
from limen.models.links import link_of_trial, linked

TRIAL = ("a", "what?", "the end of the story", "1 2 3")
"""Texts on which it is found out, once, whether a file gives probabilities or logits."""
SERVED = ("input_ids", "attention_mask", "token_type_ids")
LONGEST = 512
"""Tokens that are read where neither the tokenizer nor config.json says how many."""


def from_onnx(path: Path, *, raw: bool = False) -> Adapter:
    """Open an ONNX text classifier that takes token numbers (n, length) and gives logits or probabilities (n, k).

    `tokenizer.json` is looked for beside the file, and class names in `config.json` there (`id2label`). Inputs named
    input_ids, attention_mask and token_type_ids are served. Answers to four trial texts that lie in [0, 1], and sum to
    1 or are one column or those of a multi-label problem, are taken for probabilities; others for logits, which go
    through a softmax (one column or multi-label: a sigmoid) unless `raw`. Raises InputError where a file is missing or
    of another kind.
    """
    path = path.resolve()
    for needed in (path, path.with_name("tokenizer.json")):
        if not needed.is_file():
            raise InputError(
                f"model needs the file {needed.name!r}, which is not in {str(needed.parent)!r}; put it there."
            )
    changed = max(file.stat().st_mtime_ns for file in (path, path.with_name("tokenizer.json")))
    wanted = [entry.name for entry in opened(path, changed).get_inputs()]
    if set(wanted) - set(SERVED) or "input_ids" not in wanted:
        raise InputError(
            f"model {path.name!r} has the inputs {wanted}, expected input_ids and, if it has them, attention_mask and "
            "token_type_ids; for another signature wrap it in a function and give package.module:function."
        )
    names, several = labels_beside(path)
    trial = OnnxText(path, "none", changed)(list(TRIAL))
    model = OnnxText(path, "none" if raw else link_of_trial(trial, several, slack=1e-4), changed)
    return Adapter(model, names, model.cuts)


@dataclass(frozen=True)
class OnnxText:
    """A text classifier in a file: a callable from n texts to (n, k). Picklable: the file is opened where it is used.

    link: what its outputs go through: "none", "sigmoid" or "softmax". changed: when the files last were, in ns.
    """

    path: Path
    link: str
    changed: int

    def __call__(self, texts: list[str]) -> FloatArray:
        """The answers (n, k) to n texts."""
        session, encoded = opened(self.path, self.changed), _tokenizer(self.path, self.changed).encode_batch(texts)
        length = max(1, *(len(item.ids) for item in encoded))
        arrays = {entry.name: np.zeros((len(texts), length), dtype=np.int64) for entry in session.get_inputs()}
        for row, item in enumerate(encoded):
            for name, column in zip(SERVED, (item.ids, item.attention_mask, item.type_ids), strict=True):
                if name in arrays:
                    arrays[name][row, : len(item.ids)] = column
        outputs = np.asarray(session.run(None, arrays)[0], dtype=np.float64)
        return linked(outputs, self.link)

    def cuts(self, text: str) -> bool:
        """Whether only the beginning of this text is read."""
        return bool(_tokenizer(self.path, self.changed).encode(text).overflowing)


@cache
def opened(path: Path, changed: int) -> Any:  # noqa: ARG001 - a file that changed is opened anew
    """The session of a file that was last changed at a time in ns. Raises InputError where it is no ONNX."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # waiting threads leave the others alone
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own errors share no other base
        raise InputError(f"model {path.name!r} is not an ONNX file that onnxruntime can open: {error}") from error


@cache
def _tokenizer(path: Path, changed: int) -> Any:  # noqa: ARG001
    from tokenizers import Tokenizer

    file = path.with_name("tokenizer.json")
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:  # the tokenizers library raises nothing narrower
        raise InputError(f"model needs {file.name!r} of the tokenizers library; it cannot be read: {error}") from error
    tokenizer.no_padding()
    if tokenizer.truncation is None:
        longest = _configuration(path).get("max_position_embeddings")
        tokenizer.enable_truncation(longest if isinstance(longest, int) and longest > 0 else LONGEST)
    return tokenizer


def _configuration(path: Path) -> dict[str, Any]:
    file = path.with_name("config.json")
    if not file.is_file():
        return {}
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"model has a config.json beside it that is not JSON: {error}") from error
    return found if isinstance(found, dict) else {}


def labels_beside(path: Path) -> tuple[tuple[str, ...] | None, bool]:
    """The class names, if config.json tells them, and whether each class is a question of its own."""
    configuration = _configuration(path)
    labels = configuration.get("id2label")
    several = configuration.get("problem_type") == "multi_label_classification"
    if not labels:
        return None, several
    if isinstance(labels, dict) and all(str(key).isdecimal() for key in labels):
        return tuple(str(labels[key]) for key in sorted(labels, key=int)), several
    raise InputError(f'model has id2label {labels!r} in its config.json, expected {{"0": "name", "1": ...}}.')
