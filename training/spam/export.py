"""The trained network as one ONNX file, checked against the network that it came from."""

import json
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from model import SpamTransformer
from onnxruntime import GraphOptimizationLevel, InferenceSession, SessionOptions
from tokenizers import Tokenizer
from tokens import encode, pad
from torch import Tensor, nn

OPSET = 18
CLOSE = 1e-4  # largest difference of two logits that rounding can explain


class Tempered(nn.Module):
    """The network with its logits divided by the temperature that calibrates them (Guo et al. 2017)."""

    def __init__(self, model: SpamTransformer, temperature: float) -> None:
        super().__init__()
        self.model, self.temperature = model, temperature

    def forward(self, ids: Tensor) -> Tensor:
        """Calibrated logits (n, 2) of token ids (n, l)."""
        return self.model(ids) / self.temperature


def export(model: SpamTransformer, tokenizer: Tokenizer, temperature: float, folder: Path, texts: list[str]) -> None:
    """Write `model.onnx`, `tokenizer.json` and `config.json` into `folder`.

    The graph is written as the runtime optimises it for any CPU, so that loading has little left to do. Raises
    RuntimeError if the file's logits for `texts` differ from the network's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    network = Tempered(model, temperature).eval()
    path, raw = folder / "model.onnx", folder / "raw.onnx"
    example = pad(encode(tokenizer, texts[:2]))
    batch, length = torch.export.Dim("batch", min=1), torch.export.Dim("length", min=1, max=256)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (example,),
            raw,
            dynamo=True,
            input_names=["input_ids"],
            output_names=["logits"],
            verbose=False,
            dynamic_shapes=({0: batch, 1: length},),
            external_data=False,
            opset_version=OPSET,
        )
    optimise(raw, path)
    raw.unlink()
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    configuration = {"id2label": {"0": "normal", "1": "spam"}, "max_position_embeddings": 256}
    (folder / "config.json").write_text(json.dumps(configuration) + "\n", encoding="utf-8")
    check(network, tokenizer, path, texts)


def optimise(raw: Path, path: Path) -> None:
    """Fold constants and merge nodes once, here, and drop what only a debugger reads."""
    options = SessionOptions()
    options.graph_optimization_level = GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path)
    options.log_severity_level = 3
    InferenceSession(str(raw), options, providers=["CPUExecutionProvider"])
    graph = onnx.load(path)
    graph.producer_name, graph.producer_version, graph.doc_string = "limen", "", ""
    del graph.metadata_props[:]
    for node in graph.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    del graph.graph.value_info[:]
    onnx.checker.check_model(graph)
    onnx.save(graph, path)


def check(network: Tempered, tokenizer: Tokenizer, path: Path, texts: list[str]) -> None:
    """Raise RuntimeError unless the file and the network agree on `texts`, together and one by one."""
    session = InferenceSession(str(path), providers=["CPUExecutionProvider"])
    rows = encode(tokenizer, texts)
    for part in [rows, *([row] for row in rows)]:
        ids = pad(part)
        with torch.inference_mode():
            expected = network(ids).numpy()
        got = session.run(["logits"], {"input_ids": ids.numpy()})[0]
        if not np.allclose(got, expected, atol=CLOSE):
            raise RuntimeError(f"the exported network is off by {np.abs(got - expected).max():.2g}")
