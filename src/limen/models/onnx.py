"""Text classifiers in ONNX files, run by onnxruntime, with a tokenizer.json of the tokenizers library beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from limen._errors import InputError
from limen._types import FloatArray
from limen.models.base import Adapter

TRIAL = ("a", "what?", "the end of the story", "1 2 3")
"""Texts on which it is found out, once, whether a file gives probabilities or logits."""


def from_onnx(path: Path, *, raw: bool = False) -> Adapter:
    """Open an ONNX text classifier that takes token numbers (n, length) and gives logits or probabilities (n, k).

    `tokenizer.json` is looked for beside the file, and class names in `config.json` there (`id2label`). Inputs named
    input_ids, attention_mask and token_type_ids are served. If the answers to four trial texts sum to 1 they are taken
    for probabilities, otherwise for logits, which go through a softmax unless `raw`. Raises InputError where a file is
    missing or of another kind.
    """
    tokenizer_path = path.with_name("tokenizer.json")
    for needed in (path, tokenizer_path):
        if not needed.is_file():
            raise InputError(
                f"model needs the file {needed.name!r}, which is not in {str(needed.parent)!r}; put it there."
            )
    session, tokenizer, limit = _session(path), _tokenizer(tokenizer_path), _longest(path)
    tokenizer.enable_truncation(limit)
    wanted = [entry.name for entry in session.get_inputs()]
    unknown = set(wanted) - {"input_ids", "attention_mask", "token_type_ids"}
    if unknown or "input_ids" not in wanted:
        raise InputError(
            f"model {path.name!r} has the inputs {wanted}, expected input_ids and, if it has them, attention_mask and "
            "token_type_ids; for another signature wrap it in a function and give package.module:function."
        )

    def outputs(texts: list[str]) -> FloatArray:
        encoded = tokenizer.encode_batch(texts)
        length = max(1, *(len(item.ids) for item in encoded))
        arrays = {name: np.zeros((len(texts), length), dtype=np.int64) for name in wanted}
        for row, item in enumerate(encoded):
            columns = {"input_ids": item.ids, "attention_mask": item.attention_mask, "token_type_ids": item.type_ids}
            for name in wanted:
                arrays[name][row, : len(item.ids)] = columns[name]
        return np.asarray(session.run(None, arrays)[0], dtype=np.float64)

    def cuts(text: str) -> bool:
        return bool(tokenizer.encode(text).overflowing)

    if raw or _are_probabilities(outputs(list(TRIAL))):
        return Adapter(outputs, _class_names(path), cuts)
    return Adapter(lambda texts: _to_probabilities(outputs(texts)), _class_names(path), cuts)


def _are_probabilities(outputs: FloatArray) -> bool:
    """Whether rows (n, k) lie in [0, 1] and sum to 1."""
    inside = outputs.ndim == 2 and bool((outputs >= 0).all() and (outputs <= 1).all())
    return inside and bool(np.allclose(outputs.sum(axis=1), 1.0, atol=1e-4))


def _to_probabilities(outputs: FloatArray) -> FloatArray:
    """Softmax of logits (n, k), or of one logit (n, 1) the sigmoid."""
    if outputs.ndim != 2:
        return outputs  # the predictor says what is wrong with the shape
    if outputs.shape[1] == 1:
        return np.asarray(0.5 * (1.0 + np.tanh(0.5 * outputs)))
    exponentials = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise InputError(f"model {path.name!r} is not an ONNX file that onnxruntime can open: {error}") from error


def _tokenizer(path: Path) -> Any:
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:
        raise InputError(f"model needs {path.name!r} of the tokenizers library; it cannot be read: {error}") from error
    tokenizer.no_padding()
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


def _longest(path: Path) -> int:
    return int(_configuration(path).get("max_position_embeddings", 512))


def _class_names(path: Path) -> tuple[str, ...] | None:
    labels = _configuration(path).get("id2label")
    return tuple(str(labels[key]) for key in sorted(labels, key=int)) if labels else None
