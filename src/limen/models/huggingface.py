"""Models of transformers: tokenizer and model called directly, without the pipeline's overhead for each text."""

from __future__ import annotations

from typing import Any

import numpy as np

from limen._errors import InputError, MissingError
from limen._types import FloatArray
from limen.models.base import Adapter
from limen.models.torch import evaluating

OFFSET_POSITIONS = ("camembert", "longformer", "mpnet", "data2vec-text", "esm", "luke", "xmod")
"""Model types, beside those of RoBERTa's name, whose first position is not number 0."""


def from_name(name: str, *, raw: bool = False) -> Adapter:
    """Load a text classifier from a folder or from the hub, in float32, without running any code that comes with it.

    Raises MissingError without transformers and torch, InputError where there is no such model.
    """
    try:
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer
    except ImportError as error:
        raise MissingError("A Hugging Face model needs transformers and torch: pip install 'limen[hf]'") from error
    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
        model = AutoModelForSequenceClassification.from_pretrained(name, dtype=torch.float32, use_safetensors=True)
    except (OSError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise InputError(
            f"model is {name!r}, which is no text classifier that transformers can load (a folder with config.json, "
            f"model.safetensors and a tokenizer, or a hub name): {first}"
        ) from error
    return from_pair(model, tokenizer, raw=raw)


def from_pipeline(pipeline: Any, *, raw: bool = False) -> Adapter:
    """Take the model and the tokenizer out of a text-classification pipeline."""
    if getattr(pipeline, "task", None) != "text-classification":
        raise InputError(
            f"model is a pipeline for {getattr(pipeline, 'task', None)!r}, expected 'text-classification' (also known "
            "as 'sentiment-analysis')."
        )
    applied = getattr(pipeline, "_postprocess_params", {}).get("function_to_apply")
    name = str(getattr(applied, "value", applied)).lower()  # transformers has an enum for it
    return from_pair(pipeline.model, pipeline.tokenizer, raw=raw or (applied is not None and name == "none"))


def from_pair(model: Any, tokenizer: Any, *, raw: bool = False) -> Adapter:
    """Join a sequence-classification model and its tokenizer. The model's mode and device stay as they are found.

    The answers are the logits if `raw` or for regression; else their softmax, or their sigmoid for one output or a
    multi-label problem.
    """
    config = getattr(model, "config", None)
    if config is None or not callable(tokenizer) or not hasattr(config, "num_labels"):
        raise InputError(
            f"model is a pair ({type(model).__name__}, {type(tokenizer).__name__}), expected a transformers model for "
            "sequence classification and its tokenizer, in this order."
        )
    names = tuple(str(config.id2label[k]) for k in range(config.num_labels))
    kind = getattr(config, "problem_type", None)
    raw = raw or kind == "regression"
    independent = config.num_labels == 1 or kind == "multi_label_classification"
    limit = _longest(config, tokenizer)

    def answer(texts: list[str]) -> FloatArray:
        import torch

        encoded = tokenizer(texts, padding=True, truncation=True, max_length=limit, return_tensors="pt")
        with evaluating(model), torch.inference_mode():
            logits = model(**encoded.to(model.device)).logits.double()
        if not raw:
            logits = torch.sigmoid(logits) if independent else torch.softmax(logits, dim=-1)
        return np.asarray(logits.cpu().numpy(), dtype=np.float64)

    def cuts(text: str) -> bool:
        return len(tokenizer(text, verbose=False)["input_ids"]) > limit

    return Adapter(answer, names, cuts)


def _longest(config: Any, tokenizer: Any) -> int:
    """The most tokens that the model can read."""
    positions = getattr(config, "max_position_embeddings", None) or 512
    kind = str(getattr(config, "model_type", ""))
    if "roberta" in kind or kind in OFFSET_POSITIONS:
        positions -= int(config.pad_token_id or 0) + 1  # their positions start behind the padding's number
    return int(min(getattr(tokenizer, "model_max_length", None) or positions, positions))
