"""How much memory does a photo of 4,000 × 3,000 pixels take, above the model's?

About 360 MB, whatever the engine, 460 MB with five segmentations (goal: under 1.5 GB). lime, which composes ten images
at a time at full size, takes 1.0 GB on the same superpixels.

                                         MB above    MB before    CPU seconds
    limen                     torch           355          662             17
    limen                     ONNX            362          696             14
    limen, 5 segmentations    ONNX            461          676             28
    limen, quickshift         ONNX            346          704             14
    limen, blur               ONNX            362          674             14
    limen, inpaint            ONNX            362          675             15
    lime, limen's parts       torch           992          784             25
    lime, limen's parts       ONNX          1,030          802             24
    lime, its quickshift      ONNX    given up after 120 s on busy cores

limen asks 160 rows and lime 20, because memory does not grow with the rows. Each in a process of its own, in which the
model has explained a small photo already ("before": the memory held then, libraries included): the highest resident
memory since, read from /proc, so this runs on Linux only. The photo is `dog_beagle.jpg` enlarged, a JPEG file.
2026-11-25, 2 shared cores of a Xeon, one thread.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when numpy is loaded

import numpy as np

import limen
from common import heading, needed
from limen.models.base import Adapter

PHOTO, SIZE = "data/images/cc0/dog_beagle.jpg", (4000, 3000)
WARM_ROWS, LIME_ROWS = 30, 20
"""Rows of the first, small photo, and of lime, which composes at full size, ten images at a time."""
BOTH = ("limen", "lime, limen's parts")
"""What is measured with both engines; the rest with ONNX Runtime alone."""
WAYS = {
    "limen": limen.Image(),
    "limen, 5 segmentations": limen.Image(segmentations=5),
    "limen, quickshift": limen.Image(method="quickshift"),
    "limen, blur": limen.Image(fill="blur"),
    "limen, inpaint": limen.Image(fill="inpaint"),
    "lime, limen's parts": None,
    "lime": None,
}
"""What is measured, with the domain of limen's."""
MEGA = 2**20


def resident(line: str) -> float:
    """VmRSS, what this process holds in memory, or VmHWM, the most that it held since the last reset, in MB."""
    found = re.search(rf"^{line}:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"), re.MULTILINE)
    assert found
    return int(found[1]) * 1024 / MEGA


def limes(model: Adapter, file: str, parts: bool, rows: int) -> None:
    """Lime on a photo; with `parts`, on limen's superpixels."""
    from lime.lime_image import LimeImageExplainer
    from PIL import Image

    pixels = np.asarray(Image.open(file).convert("RGB"))
    cut = (lambda _: limen.Image().parse(pixels, 1000).labels[0].astype(int)) if parts else None
    with contextlib.redirect_stderr(io.StringIO()):  # its bar
        LimeImageExplainer(random_state=0).explain_instance(
            pixels, lambda images: model.answer(list(images)), top_labels=1, num_samples=rows, segmentation_fn=cut
        )


def explained(model: Adapter, way: str, file: str, rows: int) -> None:
    """One explanation in one of the ways."""
    domain = WAYS[way]
    if domain is not None:
        limen.explain(model, Path(file), domain=domain, budget=rows, on_doubt="ignore")
    else:
        limes(model, file, way != "lime", rows)


def measured(way: str, engine: str, file: str, rows: int) -> None:
    """Print what one explanation takes in this process, whose model has answered before, about a small photo."""
    warnings.simplefilter("ignore")
    import torch
    from PIL import Image

    torch.set_num_threads(1)
    model = limen.zoo.resnet50(needed("weights/resnet-50"), engine=engine)
    small = Path(file).with_name(f"small-{os.getpid()}.png")
    Image.open(needed(PHOTO)).convert("RGB").resize((640, 480)).save(small)
    explained(model, way, str(small), WARM_ROWS)
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts again from here
    start = time.process_time()
    explained(model, way, file, rows)
    print(json.dumps([before, resident("VmHWM") - before, time.process_time() - start]))


def main() -> None:
    """Measure every way and engine in a process of its own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the defaults only, fewer rows")
    parser.add_argument("--limit", type=int, default=300, help="seconds after which a run is given up")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        way, engine, file, count = given.one
        measured(way, engine, file, int(count))
        return
    from PIL import Image

    heading("lime")
    rows = 60 if given.quick else 160
    ways = [(way, engine) for way in WAYS for engine in ("torch", "onnx") if way in BOTH or engine == "onnx"]
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder) / "large.jpg"
        Image.open(needed(PHOTO)).convert("RGB").resize(SIZE, Image.Resampling.LANCZOS).save(large, quality=95)
        for way, engine in [one for one in ways if not given.quick or one[0] in BOTH]:
            spent = rows if WAYS[way] is not None else LIME_ROWS
            command = [sys.executable, __file__, "--one", way, engine, str(large), str(spent)]
            try:
                done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=given.limit)
                before, more, seconds = json.loads(done.stdout.splitlines()[-1])
                told = f"{more:6.0f} MB more than the {before:.0f} MB before, {seconds:.0f} s of CPU"
            except subprocess.TimeoutExpired:
                told = f"given up after {given.limit} s"
            print(f"{way:24} {engine:5} {spent:4} rows {told}", flush=True)


if __name__ == "__main__":
    main()
