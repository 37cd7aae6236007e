"""Any model as a Predictor: recognised by what it can do, or by the name of its type's module, never by an import."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from limen._errors import InputError
from limen.models.base import Adapter, Predictor


def predictor(model: Any, *, raw: bool = False) -> Predictor:
    """Wrap a model; a Predictor comes back as it is, with all that it remembers.

    A model is a callable `list -> (n, k)`, an object with predict_proba such as a scikit-learn pipeline, a Hugging Face
    text-classification pipeline, a pair (model, tokenizer) of transformers, or the answer of `limen.models.load`. Class
    names are read from `.classes`, `.classes_` or the configuration. With `raw`, transformers' logits are the answers
    and not their softmax. Raises InputError for anything else.
    """
    if isinstance(model, Predictor):
        return model
    if isinstance(model, Adapter):
        return Predictor(model)
    if _is_from(model, "transformers.pipelines"):
        from limen.models.huggingface import from_pipeline

        return Predictor(from_pipeline(model, raw=raw))
    if isinstance(model, tuple) and len(model) == 2:
        from limen.models.huggingface import from_pair

        return Predictor(from_pair(*model, raw=raw))
    if callable(model) and not _is_from(model, "transformers"):
        return Predictor(Adapter(model, class_names(model), getattr(model, "cuts", None)))
    if callable(getattr(model, "predict_proba", None)):
        return Predictor(Adapter(model.predict_proba, class_names(model.predict_proba)))
    hint = "give the pair (model, tokenizer)" if _is_from(model, "transformers") else "wrap it in such a function"
    if isinstance(model, str | Path):
        hint = "give limen.models.load(...) of it"
    raise InputError(
        f"model is {type(model).__name__}, expected a function from a list of inputs to an array (n, k), a "
        f"Hugging Face pipeline, or a pair (model, tokenizer); {hint}."
    )


def class_names(model: Any) -> tuple[str, ...] | None:
    """The names in `.classes` or `.classes_` of the model, or of the object whose predict_proba it is."""
    owner_too = getattr(model, "__name__", "") == "predict_proba"  # decision_function may have fewer columns
    for owner in (model, getattr(model, "__self__", None) if owner_too else None):
        for attribute in ("classes", "classes_"):
            names = getattr(owner, attribute, None)
            if isinstance(names, Iterable) and not isinstance(names, str):
                return tuple(str(name) for name in names)
    return None


def _is_from(model: Any, module: str) -> bool:
    return any((kind.__module__ or "").startswith(module) for kind in type(model).__mro__)


def load(reference: str | Path, *, raw: bool = False) -> Predictor:
    """Open a model by name: a Hugging Face folder or hub name, a FILE.onnx, or package.module:function.

    An ONNX file needs its `tokenizer.json` beside it. A hub name is fetched by transformers, unless HF_HUB_OFFLINE is
    set. Only formats that cannot run code are opened; package.module:function imports that module, also from the
    working directory. With `raw` the answers are logits where a softmax would else follow. Raises InputError where
    nothing of the kind is found.
    """
    name = str(reference)
    path = Path(name)
    if name.endswith(".onnx"):
        from limen.models.onnx import from_onnx

        return Predictor(from_onnx(path, raw=raw))
    if path.is_dir():
        from limen.models.huggingface import from_name

        return Predictor(from_name(name, raw=raw))
    module, colon, function = name.partition(":")
    if colon and all(part.isidentifier() for part in module.split(".")) and function.isidentifier():
        return predictor(_imported(module, function), raw=raw)
    if path.exists() or name.count("/") > 1 or name.startswith((".", "/", "~")) or not name.strip():
        raise InputError(
            f"model is {name!r}, expected a Hugging Face folder (with config.json), a hub name, a FILE.onnx with "
            "tokenizer.json beside it, or package.module:function; no such folder was found."
        )
    from limen.models.huggingface import from_name

    return Predictor(from_name(name, raw=raw))


def _imported(module: str, function: str) -> Any:
    added = "" not in sys.path and str(Path.cwd()) not in sys.path
    if added:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        raise InputError(
            f"model is '{module}:{function}', and module {module!r} cannot be imported: {error}."
        ) from error
    finally:
        if added:
            sys.path.remove(str(Path.cwd()))
    if not hasattr(found, function):
        raise InputError(f"model is '{module}:{function}', and module {module!r} has no {function!r}.")
    return getattr(found, function)
