"""How long does an explanation of 1,000 rows take where the model is on a GPU, and how much of it is the model's?

ResNet-50 and a photo of 50 superpixels: 1.2 s (1.1 in bfloat16), of which the model takes .15 (.09): 6,800 and 10,500
perturbed photos a second, composed and sent there and back, 1.2 and 1.3 times the time of the bare model. MiniLM and a
comment of 50 words: .6 s, the model .15 (6,800 texts a second, a third of the bare model's rate: the tokenizer), and no
faster in bfloat16. The rest is superpixels, .5 s, and the estimate, .5 s.

2026-11-26, one NVIDIA H100, 16 cores of which two were used; 999 rows.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import limen
from common import SHARED, comments, heading, median, needed, show
from limen.models.base import Predictor

ROWS, PARTS = 1000, 50
TEXT, PHOTO = "weights/minilm-youtube-spam", "weights/resnet-50"
PRECISIONS = ("float32", "bfloat16")
BATCHES = (32, 128, 256, 512)


@dataclass(frozen=True)
class Case:
    """A model with its preprocessing in one precision, what is explained, and the bare model at its input's size.

    bare: takes the number of inputs in a batch, and answers so many.
    """

    name: str
    model: Any
    x: Any
    domain: Any
    bare: Callable[[int], object]


def of_photos(device: str, precision: str) -> Case:
    """ResNet-50 and a photo in 50 superpixels."""
    import torch
    from PIL import Image
    from transformers import AutoImageProcessor, AutoModelForImageClassification

    folder = str(needed(PHOTO))
    dtype = getattr(torch, precision)
    model = AutoModelForImageClassification.from_pretrained(folder, dtype=torch.float32).eval().to(device, dtype)
    boxes = json.loads(needed("data/images/boxes.json").read_text(encoding="utf-8"))
    name = next(name for name in sorted(boxes) if (SHARED / "data/images" / name).is_file())
    photo = np.asarray(Image.open(needed(f"data/images/{name}")).convert("RGB"))
    inputs = torch.randn(BATCHES[-1], 3, 224, 224, device=device, dtype=dtype)
    inputs = inputs.contiguous(memory_format=torch.channels_last)

    def bare(count: int) -> object:
        with torch.inference_mode():
            return model(inputs[:count]).logits.float().cpu()

    pair = (model, AutoImageProcessor.from_pretrained(folder))
    return Case(f"ResNet-50, {precision}", pair, photo, limen.Image(PARTS), bare)


def of_texts(device: str, precision: str) -> Case:
    """MiniLM and a comment of 50 words."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = str(needed(TEXT))
    dtype = getattr(torch, precision)
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval().to(device, dtype)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    text = " ".join(" ".join(comments([60], 1, distinct=False)).split()[:PARTS])
    encoded = tokenizer([text] * BATCHES[-1], return_tensors="pt").to(device)

    def bare(count: int) -> object:
        with torch.inference_mode():
            return model(**{name: one[:count] for name, one in encoded.items()}).logits.float().cpu()

    return Case(f"MiniLM, {precision}", (model, tokenizer), text, limen.Text(units="words"), bare)


def explained(case: Case, budget: int, seed: int) -> tuple[float, float, int]:
    """Wall seconds of one explanation, those in the model, and rows that the model was asked."""
    predictor = Predictor(limen.models.predictor(case.model).adapter)
    start = time.perf_counter()
    found = limen.explain(predictor, case.x, domain=case.domain, budget=budget, seed=seed, on_doubt="ignore")
    return time.perf_counter() - start, predictor.seconds, found.cost.distinct_rows


def rate(case: Case, count: int, repeats: int) -> float:
    """Inputs a second of the bare model in batches of `count`."""
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        case.bare(count)
        times.append(time.perf_counter() - start)
    return count / median(times[1:])


def row(case: Case, budget: int, repeats: int) -> list[str]:
    """One line of the table."""
    explained(case, budget, 0)
    walls, inside, counts = zip(*(explained(case, budget, 1 + seed) for seed in range(repeats)), strict=True)
    wall, model = median(walls), median(inside)
    rates = [rate(case, count, repeats) for count in BATCHES]
    needed_at_best = counts[0] / max(rates)
    cells = [
        f"{wall:.2f}",
        f"{model:.2f}",
        f"{wall - model:.2f}",
        f"{counts[0] / model:,.0f}",
        f"{model / needed_at_best:.1f}",
    ]
    return [case.name, f"{counts[0]:,}", *cells, *(f"{one:,.0f}" for one in rates)]


def main() -> None:
    """Measure the models whose weights are at hand."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", help="cuda, or cpu to compare")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--rows", type=int, default=ROWS)
    options = parser.parse_args()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    heading("torch", device=options.device)
    makers = [make for make, path in ((of_photos, PHOTO), (of_texts, TEXT)) if (SHARED / path).exists()]
    rows = [
        row(make(options.device, precision), options.rows, options.repeats)
        for make in makers
        for precision in PRECISIONS
    ]
    title = ["model", "rows", "wall s", "in the model", "outside", "rows/s", "model/bare"]
    show([*title, *(f"bare, {count}" for count in BATCHES)], rows)
    print(f"A photo or comment of {PARTS} parts, {options.rows:,} rows at most; medians of {options.repeats} seeds. In")
    print(
        "the model: with composing or reading inputs and the way to the device and back. Bare: inputs a second of the"
    )
    print("model alone, on inputs that lie on the device, by batch.")


if __name__ == "__main__":
    main()
