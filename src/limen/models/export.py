"""Image classifiers of torch as ONNX files, for onnxruntime: written once, kept in a cache folder, and compared."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from limen._errors import InputError, MissingError
from limen._types import FloatArray
from limen.models.base import Adapter
from limen.models.huggingface import processor_in
from limen.models.images import ImageAnswer, from_image_onnx
from limen.models.links import linked
from limen.models.preparing import ByProcessor, Planes, Prepare

TRIAL_ROWS = 16
"""Inputs on which the file is compared with the module."""
FORMAT = "1"
"""Changes when the files of an older limen are to be written anew."""
CONFIGURATION = ("config.json", "preprocessor_config.json")
WEIGHTS = "model.safetensors"


def cache_folder() -> Path:
    """Where exported models are kept: $LIMEN_CACHE, else limen in $XDG_CACHE_HOME, else ~/.cache/limen."""
    chosen = os.environ.get("LIMEN_CACHE")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "limen"


def onnx_of_folder(folder: Path, load: Callable[[], Any]) -> Adapter:
    """An image classifier in a folder of transformers, run by onnxruntime.

    load: gives the model of torch; called only where no file is in the cache, in which it is found again by a hash of
    the weights and the configuration. `engine_error` is the largest difference from the model of torch on 16 trial
    pictures, of probabilities and, in `adapter.logits`, of logits.
    """
    kept = cache_folder() / f"{folder.name}-{_key(folder)}"
    if not (kept / "engine.json").is_file():
        with written_whole(kept) as place:
            for name in CONFIGURATION:
                shutil.copyfile(folder / name, place / name)
            errors = _export(load(), ByProcessor(processor_in(folder)), place)
            (place / "engine.json").write_text(json.dumps(errors), encoding="utf-8")
    errors = json.loads((kept / "engine.json").read_text(encoding="utf-8"))
    logits = dataclasses.replace(from_image_onnx(kept / "model.onnx", raw=True), engine_error=errors["logits"])
    answer = dataclasses.replace(cast("ImageAnswer", logits.answer), link="softmax")
    return dataclasses.replace(
        logits,
        answer=answer,
        painter=answer.painter,
        kind="probability",
        logits=logits,
        engine_error=errors["probability"],
    )


def _key(folder: Path) -> str:
    told = hashlib.sha256(FORMAT.encode())
    for name in (*CONFIGURATION, WEIGHTS):
        if not (folder / name).is_file():
            raise InputError(f"path is {str(folder)!r}, which has no {name}; give a folder of transformers with it.")
        told.update((folder / name).read_bytes())
    return told.hexdigest()[:16]


@contextlib.contextmanager
def written_whole(kept: Path) -> Iterator[Path]:
    """A folder that takes its name only when all of it is written, so that no one reads half of it."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".writing-") as place:
        yield Path(place)
        whole = Path(place) / "whole"
        whole.mkdir(mode=0o755)
        for file in list(Path(place).iterdir()):
            if file != whole:
                file.rename(whole / file.name)
        with contextlib.suppress(OSError):  # another process was faster, and wrote the same
            whole.rename(kept)


def _export(model: Any, prepare: Prepare, place: Path) -> dict[str, float]:
    """Write model.onnx, and give the largest difference of probabilities and of logits on the trial inputs."""
    from limen.models.image_onnx import OnnxEngine
    from limen.models.image_torch import TorchEngine

    file = place / "model.onnx"
    trial = np.stack([prepare(picture) for picture in trial_pictures()])
    written_module(model, trial[:1], file)
    ours = answers_to(TorchEngine(model), trial)
    theirs = answers_to(OnnxEngine.of(file), trial)
    return {
        "logits": float(np.abs(ours - theirs).max()),
        "probability": float(np.abs(linked(ours, "softmax") - linked(theirs, "softmax")).max()),
    }


def written_module(module: Any, one: Planes, file: Path) -> None:
    """Write an image classifier of torch, asked with preprocessed images such as `one` (1, c, h, w), as ONNX."""
    import torch

    from limen.models.torch import evaluating

    with warnings.catch_warnings(), evaluating(module):
        warnings.simplefilter("ignore")  # torch tells that this exporter is the older one, which needs no onnxscript
        try:
            torch.onnx.export(
                _outputs_only(module),
                (torch.from_numpy(one),),
                str(file),
                input_names=["pixel_values"],
                output_names=["logits"],
                dynamic_axes={"pixel_values": {0: "rows"}, "logits": {0: "rows"}},
                dynamo=False,
            )
        except ImportError as error:
            raise MissingError(
                f"Exporting to ONNX needs another library: {error}; pip install onnx onnxscript"
            ) from error


def answers_to(engine: Any, trial: Planes) -> FloatArray:
    """What an engine answers (n, k) to preprocessed images (n, c, h, w), a few at a time."""
    return np.concatenate([engine.outputs(engine.batch(trial[row : row + 4])) for row in range(0, len(trial), 4)])


def trial_pictures() -> NDArray[np.uint8]:
    """Pictures (16, 256, 256, 3) of patches of one colour each, 8 to 64 pixels wide."""
    generator = np.random.default_rng(0)
    sizes = [2 ** (3 + row % 4) for row in range(TRIAL_ROWS)]
    coarse = [generator.integers(0, 256, (256 // size, 256 // size, 3), dtype=np.uint8) for size in sizes]
    return np.stack([one.repeat(size, 0).repeat(size, 1) for one, size in zip(coarse, sizes, strict=True)])


def _outputs_only(model: Any) -> Any:
    """A module whose only output is the logits of a model of transformers, or what a plain module gives."""
    import torch

    class Outputs(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, pixel_values: Any) -> Any:
            found = self.model(pixel_values)
            return getattr(found, "logits", found)

    return Outputs().eval()
