"""Models by name: files that cannot run code, folders, hub names, functions; pickles only for those who trust them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from limen._errors import InputError, MissingError
from limen.models.adapt import predictor
from limen.models.base import Predictor

PICKLES = (".pkl", ".pickle", ".joblib", ".pt", ".pth")
TORCH = (".pt", ".pth")
XGBOOST = (".json", ".ubj")
HARMLESS = ("numpy.dtype",)
"""Types that skops asks about though they hold no code: those of an imputer's or an encoder's columns."""


def load(reference: str | Path, *, raw: bool = False, trust_pickle: bool = False) -> Predictor:
    """Open a model by name.

    * FILE.onnx: with a `tokenizer.json` beside it a text classifier; with one input (n, 3, h, w) an image classifier,
      whose `preprocessor_config.json` of transformers is beside it; else a model of tables (as skl2onnx makes them).
    * FILE.skops: a scikit-learn model, if it holds no type that skops does not know to be harmless, or trust_pickle.
    * FILE.json, FILE.ubj: XGBoost's own files.
    * A Hugging Face folder or hub name of a text or image classifier (fetched by transformers, unless HF_HUB_OFFLINE
      is set).
    * package.module:name, a function or a model; that module is imported, also from the working directory.
    * FILE.pkl, .pickle, .joblib, .pt, .pth: only with `trust_pickle`, because opening a pickle can run any code.

    With `raw` the answers are logits where a softmax would else follow. Raises InputError where nothing of the kind is
    found or a file is refused, MissingError where a library is needed.
    """
    name = str(reference)
    path = Path(name)
    suffix = path.suffix.lower()
    if suffix == ".onnx":
        return Predictor(_onnx(path, raw))
    if suffix in (".skops", *PICKLES) or (suffix in XGBOOST and path.is_file()):
        return predictor(_from_file(path, suffix, trust_pickle), raw=raw)
    if path.is_dir():
        from limen.models.huggingface import from_name

        return Predictor(from_name(name, raw=raw))
    module, colon, attribute = name.partition(":")
    if module.endswith(".py"):
        _no_module(name)
    if colon and all(part.isidentifier() for part in module.split(".")) and attribute.isidentifier():
        return predictor(_imported(module, attribute), raw=raw)
    if path.exists() or name.count("/") > 1 or name.startswith((".", "/", "~")) or not name.strip():
        raise InputError(
            f"model is {name!r}, expected a Hugging Face folder (with config.json), a hub name, a FILE.onnx (for texts "
            "with tokenizer.json beside it), a FILE.skops, or package.module:function; nothing of the kind was found."
        )
    _no_module(name)
    from limen.models.huggingface import from_name

    return Predictor(from_name(name, raw=raw))


def _no_module(name: str) -> None:
    """Raise InputError where a hub name is a file or a module of Python here, of which a function is to be named."""
    file, _, function = name.partition(":")
    module = file.removesuffix(".py").replace("/", ".")
    if Path(file.removesuffix(".py").replace(".", "/") + ".py").is_file():
        raise InputError(
            f"model is {name!r}, which is a module of Python here; give the function in it that answers, as "
            f"{module}:{function if function.isidentifier() else 'FUNCTION'}."
        )


def _onnx(path: Path, raw: bool) -> Any:
    from limen.models.image_onnx import takes_images
    from limen.models.images import from_image_onnx
    from limen.models.onnx import from_onnx, opened
    from limen.models.onnx_table import from_onnx_table

    texts = path.with_name("tokenizer.json").is_file() or not path.is_file()
    if not texts:
        inputs = opened(path.resolve(), path.stat().st_mtime_ns).get_inputs()
        if takes_images(inputs):
            return from_image_onnx(path, raw=raw)
        texts = any(entry.name == "input_ids" for entry in inputs)
    return from_onnx(path, raw=raw) if texts else from_onnx_table(path)


def _from_file(path: Path, suffix: str, trust_pickle: bool) -> Any:
    if not path.is_file():
        raise InputError(f"model is {str(path)!r}, and there is no such file.")
    if suffix == ".skops":
        return _skops(path, trust_pickle)
    if suffix in XGBOOST:
        from limen.models.xgboost import from_file

        return from_file(path)
    if not trust_pickle:
        raise InputError(
            f"model is {str(path)!r}, a pickle, and a pickle can run any code when it is opened. Save the model as "
            "FILE.skops (skops.io.dump) or FILE.onnx instead; or, if you trust whoever made this file as you would "
            "trust their program, say so: trust_pickle=True, on the command line --trust-pickle."
        )
    return _unpickled(path, suffix)


def _skops(path: Path, trusted: bool) -> Any:
    try:
        from skops.io import get_untrusted_types
        from skops.io import load as opened
    except ImportError as error:
        raise MissingError("A .skops file needs skops: pip install 'limen[sklearn-io]'") from error
    try:
        untrusted = [name for name in get_untrusted_types(file=path) if name not in HARMLESS]
    except Exception as error:  # a damaged archive raises whatever its reader meets first
        raise InputError(f"model is {str(path)!r}, which skops cannot read: {error}") from error
    if untrusted and not trusted:
        raise InputError(
            f"model is {str(path)!r}, which holds types that skops does not know to be harmless: "
            f"{', '.join(untrusted)}. If you know them, open it yourself with skops.io.load(path, trusted=[...]) and "
            "hand over the model; or, if you trust whoever made this file as you would trust their program, say so: "
            "trust_pickle=True, on the command line --trust-pickle."
        )
    try:
        return opened(path, trusted=[*HARMLESS, *untrusted])
    except Exception as error:
        raise InputError(f"model is {str(path)!r}, which skops cannot open: {error}") from error


def _unpickled(path: Path, suffix: str) -> Any:
    try:
        if suffix in TORCH:
            import torch

            found = torch.load(path, map_location="cpu", weights_only=False)
        else:
            import joblib

            found = joblib.load(path)
    except Exception as error:  # a pickle runs code, which may raise anything
        reason = f"{type(error).__name__}: {error}."
        if isinstance(error, AttributeError | ImportError):  # a pickle names its classes, it does not hold them
            reason += (
                " The pickle names a class or function that cannot be found here, such as one that was defined in a "
                "script or a notebook: put it into a module that can be imported and save the model anew, or give "
                "package.module:function of a function that builds the model."
            )
        raise InputError(f"model is {str(path)!r}, a pickle that cannot be opened: {reason}") from error
    if isinstance(found, dict):
        raise InputError(
            f"model is {str(path)!r}, which holds a dictionary, such as the weights of a module without the module; "
            "build the model in a function of your own and give package.module:function."
        )
    return found


def _imported(module: str, attribute: str) -> Any:
    added = "" not in sys.path and str(Path.cwd()) not in sys.path
    if added:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        raise InputError(
            f"model is '{module}:{attribute}', and module {module!r} cannot be imported: {error}."
        ) from error
    finally:
        if added:
            sys.path.remove(str(Path.cwd()))
    if not hasattr(found, attribute):
        raise InputError(f"model is '{module}:{attribute}', and module {module!r} has no {attribute!r}.")
    return getattr(found, attribute)
