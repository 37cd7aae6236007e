"""ResNet-50 (He et al., Deep Residual Learning for Image Recognition, CVPR 2016), found where its weights may be."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from limen._errors import InputError, MissingError, unknown
from limen.models import Adapter

HUB_NAME = "microsoft/resnet-50"
FILES = ("config.json", "preprocessor_config.json", "model.safetensors")
ENGINES = ("torch", "onnx")
DTYPES = ("float32", "bfloat16")
HOW = (
    f"Give path=FOLDER of a ResNet-50 as transformers saves it ({', '.join(FILES)}); or set LIMEN_SHARED to a folder "
    f"with weights/resnet-50 in it; or fetch it once, where there is a network: hf download {HUB_NAME}."
)


def resnet50(path: str | Path | None = None, *, engine: str = "torch", dtype: str = "float32") -> Adapter:
    """ResNet-50 over the 1,000 classes of ImageNet: goes where a model goes, such as limen.explain(resnet50(), photo).

    Parameters
    ----------
    path: a folder as transformers saves it. None: the first that there is of $LIMEN_SHARED/weights/resnet-50,
    ../shared/weights/resnet-50 from the working directory, the Hugging Face cache, and the hub (microsoft/resnet-50,
    102 MB, unless HF_HUB_OFFLINE is set). engine: "torch", on the GPU where there is one; or "onnx", ONNX Runtime on
    the CPU, about 1.6 times as fast there: the model is exported once (10 seconds, 102 MB) into $LIMEN_CACHE, else
    limen in $XDG_CACHE_HOME or ~/.cache, and `adapter.engine_error` is the largest difference of a probability from the
    model of torch on 16 trial pictures, which is added to the errors of an explanation. dtype: "float32"; or, with
    engine="torch", "bfloat16", which is faster on hardware that has units for it (a GPU, a CPU with AMX) and about as
    fast or slower elsewhere; compared with float32 and told in the same way.

    Raises
    ------
    InputError: no weights are found; the message says how to get them. MissingError: transformers, torch or Pillow is
    not installed; with engine="onnx" torch is needed for the export only.

    """
    if engine not in ENGINES:
        raise unknown("engine", engine, ENGINES)
    if dtype not in DTYPES:
        raise unknown("dtype", dtype, DTYPES)
    if engine == "onnx" and dtype != "float32":
        raise InputError(f"dtype is {dtype!r}, and engine is 'onnx', which computes in float32; leave one of them out.")
    folder = _folder(path)
    from limen.models.huggingface import image_model_and_processor
    from limen.models.images import from_image_pair

    if engine == "onnx":
        from limen.models.export import onnx_of_folder

        return onnx_of_folder(folder, lambda: image_model_and_processor(str(folder))[0].cpu())
    model, processor = image_model_and_processor(str(folder))
    if dtype == "bfloat16":
        from limen.models.image_precision import in_bfloat16

        return in_bfloat16(model, processor)
    return dataclasses.replace(from_image_pair(model, processor), logits=from_image_pair(model, processor, raw=True))


def _folder(path: str | Path | None) -> Path:
    """Where the weights are. Raises InputError where they are nowhere."""
    if path is not None:
        if not (Path(path) / FILES[0]).is_file():
            raise InputError(f"path is {str(path)!r}, expected a folder with {', '.join(FILES)} in it. {HOW}")
        return Path(path)
    shared = [Path(os.environ["LIMEN_SHARED"])] if os.environ.get("LIMEN_SHARED") else []
    looked = [place / "weights" / "resnet-50" for place in (*shared, Path("..", "shared"))]
    for place in looked:
        if (place / FILES[0]).is_file():
            return place
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise MissingError("ResNet-50 needs transformers and torch: pip install 'limen[hf,image]'") from error
    try:
        return Path(snapshot_download(HUB_NAME, allow_patterns=list(FILES)))
    except (OSError, ValueError, RuntimeError) as error:
        told = ", ".join(map(str, looked))
        raise InputError(
            f"path is None, and the weights of ResNet-50 are neither in {told}, nor in the Hugging Face cache, and the "
            f"hub cannot be reached. {HOW}"
        ) from error
