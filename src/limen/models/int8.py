"""An image classifier's twin in whole numbers of eight bits, for ONNX Runtime on a CPU: made here, kept in a cache."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limen._errors import InputError, MissingError
from limen.models.adapt import predictor
from limen.models.export import cache_folder, trial_pictures, written_module, written_whole
from limen.models.image_onnx import OnnxEngine
from limen.models.image_torch import TorchEngine
from limen.models.images import ImageAnswer, adapter_of
from limen.models.preparing import Planes, as_pixels
from limen.models.twin import Twin

GRID = 7
"""Parts of a picture, along each side, that are hidden at random for the calibration."""
CALIBRATION_ROWS = 32
PRODUCTS = ("Conv", "Gemm", "MatMul")
FORMAT = "2"
"""Changes when the files of an older limen are to be written anew."""


def int8_twin(model: Any, images: Any = None, *, ratio: float = 10.0) -> Twin:
    """Pair an image classifier with its own copy in whole numbers of eight bits, several times as fast on a CPU.

    Parameters
    ----------
    model: what `limen.explain` takes for images and what runs in torch or in ONNX Runtime: a pair of transformers,
    (torch module, preprocessing), an ONNX file, `limen.zoo.resnet50()`. images: a picture or a list of them, as they
    will be explained; the ranges of all layers are measured on them with parts hidden at random. None: on patches of
    colours. ratio: as for `Twin`.

    Writes the copy into the cache folder ($LIMEN_CACHE, else limen in $XDG_CACHE_HOME or ~/.cache), about a quarter of
    the model's size. It takes half a minute the first time, most of it for the measuring. Needs onnx beside
    onnxruntime.

    Returns
    -------
    A `limen.models.Twin`. Its explanations are those of the model; how well the copy agrees only decides the errors.

    Raises InputError for a model that is not such an image classifier, MissingError without onnx.

    Source of the scheme: one scale a channel for weights, one a layer for activations (Jacob et al., CVPR 2018). The
    last product stays in float: of ResNet-50, with 1,000 logits on one scale, the copy's answers were off by .40 of
    their standard deviation (burger.jpg, 12 superpixels), with logits in float by .06, in the same time.

    """
    adapter = predictor(model).adapter
    answer = adapter.answer
    if not isinstance(answer, ImageAnswer) or not isinstance(answer.engine, OnnxEngine | TorchEngine):
        raise InputError(
            f"model is {type(model).__name__}, expected an image classifier that runs in torch or ONNX Runtime; for "
            "other models give Twin(model, cheap) with a cheap model of your own."
        )
    pictures = _hidden(_pictures(images))
    kept = cache_folder() / f"int8-{_key(answer.engine, pictures)}"
    if not (kept / "model.onnx").is_file():
        planes = np.stack([answer.prepare(picture) for picture in pictures])
        with written_whole(kept) as place:
            _write(answer, planes, place / "model.onnx")
    cheap = ImageAnswer(OnnxEngine.of(kept / "model.onnx"), answer.prepare, answer.link)
    return Twin(model, adapter_of(cheap, adapter.classes, adapter.kind), ratio)


def _pictures(images: Any) -> list[NDArray[np.uint8]]:
    if images is None:
        return list(trial_pictures())
    several = images if isinstance(images, list | tuple) else [images]
    if not several:
        raise InputError("images is an empty list, expected at least one picture, or None.")
    return [as_pixels(_opened(one)) for one in several]


def _opened(image: Any) -> Any:
    if not isinstance(image, str | Path):
        return image
    from PIL import Image

    try:
        with Image.open(image) as found:
            return found.convert("RGB")
    except OSError as error:
        raise InputError(f"images has {str(image)!r}, which cannot be read as a picture: {error}") from error


def _hidden(pictures: list[NDArray[np.uint8]]) -> list[NDArray[np.uint8]]:
    """Pictures with about half of their fields, of a grid, in the mean colour of each; the whole ones come first."""
    generator = np.random.default_rng(0)
    found = [picture.copy() for picture in pictures]
    for number in range(max(0, CALIBRATION_ROWS - len(pictures))):
        picture = pictures[number % len(pictures)].copy()
        for band in np.array_split(picture, GRID, axis=0):
            for field in np.array_split(band, GRID, axis=1):
                if field.size and generator.random() < 0.5:
                    field[:] = field.mean(axis=(0, 1)).astype(np.uint8)
        found.append(picture)
    return found


def _key(engine: OnnxEngine | TorchEngine, pictures: list[NDArray[np.uint8]]) -> str:
    told = hashlib.sha256(FORMAT.encode())
    if isinstance(engine, OnnxEngine):
        told.update(engine.path.read_bytes())
    else:
        for name, values in engine.module.state_dict().items():
            told.update(name.encode())
            told.update(values.detach().float().cpu().numpy().tobytes())
    for picture in pictures:
        told.update(np.ascontiguousarray(picture).tobytes())
    return told.hexdigest()[:16]


def _write(answer: ImageAnswer, planes: Planes, target: Path) -> None:
    """Write the copy in eight bits, whose ranges are those of the model on preprocessed pictures (n, c, h, w)."""
    try:
        from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
        from onnxruntime.quantization.shape_inference import quant_pre_process
    except ImportError as error:
        raise MissingError(f"int8_twin needs another library: {error}; pip install onnx") from error
    engine = answer.engine
    if isinstance(engine, OnnxEngine):
        source = engine.path
    else:
        assert isinstance(engine, TorchEngine)
        source = target.with_name("float.onnx")
        written_module(engine.module, planes[:1], source)
    ready = target.with_name("ready.onnx")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of onnx, about its own symbols
        quant_pre_process(str(source), str(ready), skip_symbolic_shape=True)
        _name_nodes(ready)
        quantize_static(
            str(ready),
            str(target),
            _reader(planes, OnnxEngine.of(ready)),
            quant_format=QuantFormat.QDQ,
            nodes_to_exclude=_last(ready),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
    for file in {source, ready} - {getattr(engine, "path", None)}:
        file.unlink(missing_ok=True)


def _last(path: Path) -> list[str]:
    """The name of the product nearest to the first output, if it is not the only one.

    Its classes may be hundreds, for which one scale is coarse.
    """
    import onnx

    graph = onnx.load(str(path), load_external_data=False).graph
    makers = {output: node for node in graph.node for output in node.output}
    left = [graph.output[0].name]
    while left:
        node = makers.pop(left.pop(0), None)
        if node is not None and node.op_type in PRODUCTS:
            others = sum(one.op_type in PRODUCTS for one in graph.node) > 1
            return [node.name] if others else []
        left += [] if node is None else node.input
    return []


def _name_nodes(path: Path) -> None:
    """Give every node of the file a name: one is left out by it."""
    import onnx

    model = onnx.load(str(path))
    for number, node in enumerate(model.graph.node):
        node.name = node.name or f"node {number}"
    onnx.save(model, str(path))


def _reader(planes: Planes, engine: OnnxEngine) -> Any:
    """What the quantisation asks for the next batch."""
    from onnxruntime.quantization import CalibrationDataReader

    from limen.models.onnx import opened

    name = opened(engine.path, engine.changed).get_inputs()[0].name

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.rest: Iterator[Planes] = iter(planes)

        def get_next(self) -> dict[str, Any] | None:
            one = next(self.rest, None)
            return None if one is None else {name: engine.batch(np.repeat(one[None], engine.fixed or 1, axis=0))}

    return Reader()
