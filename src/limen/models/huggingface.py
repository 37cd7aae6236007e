"""Models of transformers: tokenizer and model called directly, without the pipeline's overhead for each text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from limen._errors import InputError, MissingError
from limen._types import FloatArray
from limen.models.base import Adapter
from limen.models.links import link_of_config, linked
from limen.models.torch import evaluating

OFFSET_POSITIONS = ("camembert", "longformer", "mpnet", "data2vec-text", "esm", "luke", "xmod")
"""Model types, beside those of RoBERTa's name, whose first position is not number 0."""


def from_name(name: str, *, raw: bool = False) -> Adapter:
    """Load a text or image classifier from a folder or the hub, in float32, without running code that comes with it.

    An image classifier goes to the GPU, where torch finds one. Raises MissingError without transformers and torch,
    InputError where there is no such model.
    """
    try:
        import torch
        from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer
    except ImportError as error:
        raise MissingError("A Hugging Face model needs transformers and torch: pip install 'limen[hf]'") from error
    try:
        if _is_of_images(AutoConfig.from_pretrained(name)):
            from limen.models.images import from_image_pair

            return from_image_pair(*image_model_and_processor(name), raw=raw)
        tokenizer = AutoTokenizer.from_pretrained(name)
        with _without_bars():
            model = AutoModelForSequenceClassification.from_pretrained(name, dtype=torch.float32, use_safetensors=True)
    except (OSError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise InputError(
            f"model is {name!r}, which is no text classifier and no image classifier that transformers can load (a "
            "folder with config.json, model.safetensors and a tokenizer or preprocessor_config.json, or a hub name): "
            f"{first}"
        ) from error
    return from_pair(model, tokenizer, raw=raw)


@contextmanager
def _without_bars() -> Iterator[None]:
    """Keep transformers' bar, which no one asked for, off the terminal; afterwards it is as its owner had it."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _is_of_images(config: Any) -> bool:
    return any(name.endswith("ForImageClassification") for name in getattr(config, "architectures", None) or ())


def image_model_and_processor(name: str) -> tuple[Any, Any]:
    """An image classifier in float32, on the GPU where torch finds one, and its image processor.

    Raises MissingError without transformers, torch or Pillow.
    """
    try:
        import torch
        from transformers import AutoModelForImageClassification
    except ImportError as error:
        raise MissingError("A Hugging Face model needs transformers and torch: pip install 'limen[hf]'") from error
    with _without_bars():
        model = AutoModelForImageClassification.from_pretrained(name, dtype=torch.float32, use_safetensors=True)
    return model.eval().to("cuda" if torch.cuda.is_available() else "cpu"), processor_in(name)


def processor_in(name: str | Path) -> Any:
    """The image processor of a folder or hub name. Raises MissingError without transformers or Pillow."""
    try:
        import PIL  # noqa: F401 - its absence is told here, in our own words
        from transformers import AutoImageProcessor
    except ImportError as error:
        raise MissingError(
            "The preprocessing of images needs transformers and Pillow: pip install 'limen[hf,image]'"
        ) from error
    return AutoImageProcessor.from_pretrained(name)


def from_pipeline(pipeline: Any, *, raw: bool = False) -> Adapter:
    """Take the model and its tokenizer or image processor out of a text- or image-classification pipeline."""
    task = getattr(pipeline, "task", None)
    if task not in ("text-classification", "image-classification"):
        raise InputError(
            f"model is a pipeline for {task!r}, expected 'text-classification' (also known as 'sentiment-analysis') or "
            "'image-classification'."
        )
    applied = getattr(pipeline, "_postprocess_params", {}).get("function_to_apply")
    name = str(getattr(applied, "value", applied)).lower()  # transformers has an enum for it
    raw = raw or (applied is not None and name == "none")
    if task == "image-classification":
        from limen.models.images import from_image_pair

        return from_image_pair(pipeline.model, pipeline.image_processor, raw=raw)
    return from_pair(pipeline.model, pipeline.tokenizer, raw=raw)


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
    link = link_of_config(config, raw)
    limit = _longest(config, tokenizer)

    def answer(texts: list[str]) -> FloatArray:
        import torch

        encoded = tokenizer(texts, padding=True, truncation=True, max_length=limit, return_tensors="pt")
        with evaluating(model), torch.inference_mode():
            logits = model(**encoded.to(model.device)).logits
        return linked(np.asarray(logits.float().cpu().numpy(), dtype=np.float64), link)

    def cuts(text: str) -> bool:
        return len(tokenizer(text, verbose=False)["input_ids"]) > limit

    return Adapter(answer, names_of_config(config), cuts)


def names_of_config(config: Any) -> tuple[str, ...]:
    """The class names of a transformers model."""
    return tuple(str(config.id2label[k]) for k in range(config.num_labels))


def _longest(config: Any, tokenizer: Any) -> int:
    """The most tokens that the model can read."""
    positions = getattr(config, "max_position_embeddings", None) or 512
    kind = str(getattr(config, "model_type", ""))
    if "roberta" in kind or kind in OFFSET_POSITIONS:
        positions -= int(config.pad_token_id or 0) + 1  # their positions start behind the padding's number
    return int(min(getattr(tokenizer, "model_max_length", None) or positions, positions))
