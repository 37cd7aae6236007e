"""Any model as a Predictor: recognised by what it can do, or by the name of its type's module, never by an import."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from limen._errors import InputError
from limen.models.base import Adapter, Predictor
from limen.models.sklearn import METHODS, class_names, column_names, estimator_type, from_estimator, from_method
from limen.models.twin import Twin


def predictor(model: Any, *, raw: bool = False) -> Predictor:
    """Wrap a model; a Predictor comes back as it is, with all that it remembers.

    A model is a callable `inputs -> (n, k)`, where the inputs are a list of texts, the table's own kind of frame, or
    images (n, H, W, 3) of uint8; an estimator of scikit-learn or with its face (classifiers, regressors, pipelines,
    XGBoost, LightGBM), or one of its methods; a torch module; a Hugging Face pipeline for texts or images; a pair
    (model, tokenizer) or (model, image processor) of transformers, (torch module, preprocessing of images), with
    torchvision also (model, weights), or (Path of an ONNX file, preprocessing); the answer of `limen.models.load`; or a
    `Twin` of two such.
    Class names are read from `.classes`, `.classes_` or the configuration. With
    `raw`, transformers' logits are the answers and not their softmax. Raises InputError for anything else.
    """
    if isinstance(model, Twin):
        paired: Predictor = model.predictors(raw)
        return paired
    return model if isinstance(model, Predictor) else Predictor(_adapter(model, raw))


def _adapter(model: Any, raw: bool) -> Adapter:
    if isinstance(model, Adapter):
        return model.logits if raw and model.logits is not None else model
    if isinstance(model, type):
        raise InputError(f"model is the class {model.__name__} itself, expected a fitted one: an object of that class.")
    if _is_from(model, "transformers") or (isinstance(model, tuple) and len(model) == 2):
        return _from_transformers(model, raw)
    if _is_from(model, "torch.nn"):
        from limen.models.torch import from_module

        return from_module(model, class_names(model), getattr(model, "cuts", None))
    if callable(model):
        return _from_callable(model)
    if _is_from(model, "xgboost.core"):
        raise _refused(model, "give the XGBClassifier or XGBRegressor, or wrap predict(DMatrix(frame)) in a function")
    if any(callable(getattr(model, method, None)) for method in METHODS):
        return from_estimator(model)
    if isinstance(model, str | Path):
        raise _refused(model, "give limen.models.load(...) of it")
    raise _refused(model, "wrap it in such a function")


def _from_transformers(model: Any, raw: bool) -> Adapter:
    from limen.models.huggingface import from_pair, from_pipeline
    from limen.models.images import from_any_image_pair, from_image_onnx, is_image_pair

    if isinstance(model, tuple) and isinstance(model[0], Path):
        return from_image_onnx(*model, raw=raw)
    if isinstance(model, tuple) and is_image_pair(*model):
        return from_any_image_pair(*model, raw=raw)
    if isinstance(model, tuple):
        return from_pair(*model, raw=raw)
    if _is_from(model, "transformers.pipelines"):
        return from_pipeline(model, raw=raw)
    raise _refused(model, "give the pair (model, tokenizer)")


def _from_callable(model: Any) -> Adapter:
    """A function; where it is a method of an estimator, what its answers mean is known."""
    owner, method = getattr(model, "__self__", None), getattr(model, "__name__", "")
    named = method == "predict_proba" and class_names(owner) is not None
    known = named or (method in METHODS and estimator_type(owner) is not None)
    if known:
        return from_method(owner, method)
    return Adapter(model, class_names(model), getattr(model, "cuts", None), columns=column_names(model))


def _refused(model: Any, advice: str) -> InputError:
    return InputError(
        f"model is {type(model).__name__}, expected a function from a list of texts or a table to an array (n, k), an "
        "estimator with predict_proba, decision_function or predict, a torch module, a Hugging Face pipeline, or a "
        f"pair (model, tokenizer), (model, image processor) or (torch module, preprocess); {advice}."
    )


def _is_from(model: Any, module: str) -> bool:
    return any((kind.__module__ or "").startswith(module) for kind in type(model).__mro__)
