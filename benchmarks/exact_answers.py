"""Games whose every answer is known, kept in a cache: real models asked once about every mask of an input.

Run this script to make them (ResNet-50: 4,096 masks of each of six photos, ten minutes a thread and photo at the
worst); the benchmarks that need them call `games`, which makes what is missing. The cache is `$LIMEN_CACHE`, or
`limen` in the user's cache folder, and never in the repository. A file is named after what was asked.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import limen
from common import MODELS, SPAM, WORDS, Game, comments, every_mask, needed, synthetic
from limen.models.base import Predictor
from limen.models.int8 import FORMAT

CACHE = Path(os.environ.get("LIMEN_CACHE", Path.home() / ".cache")) / "limen" / "exact"
LENGTHS = {11: 8, 12: 8, 13: 6, 14: 6, 15: 2}
"""Comments of each number of words."""
PHOTOS = ("dog_beagle.jpg", "cat_tabby.jpg", "burger.jpg", "taxis.jpg", "airliner.jpg", "pizza.jpg")
SUPERPIXELS = 12
ROWS = 10
"""Rows of Adult."""

Floats = NDArray[np.float64]


def _kept(name: str, make: Callable[[], Floats]) -> Floats:
    """The answers (2^d) of the file `name`; made and written where there is none."""
    path = CACHE / f"{name}.npy"
    if not path.exists():
        start = time.perf_counter()
        CACHE.mkdir(parents=True, exist_ok=True)
        np.save(path.with_suffix(".part.npy"), make())
        path.with_suffix(".part.npy").replace(path)
        print(f"{name}: made in {time.perf_counter() - start:.0f} s", flush=True)
    return np.load(path)


def texts(model: str, lengths: dict[int, int] | None = None) -> Iterator[Game]:
    """Real comments under one of the text models."""
    opened: list[Predictor] = []

    def answers(text: str) -> Floats:
        if not opened:
            opened.append(Predictor(MODELS[model]()))
        instance = WORDS.parse(text, 10**6)
        variants = instance.render(every_mask(instance.n_parts))
        return np.asarray(opened[0](variants)[:, SPAM], dtype=np.float64)

    for length, count in (lengths or LENGTHS).items():
        for number, text in enumerate(comments((length,), count, seed=6)):
            p = _kept(f"{model}-{length}-{number}", lambda text=text: answers(text))
            yield synthetic(f"t{length}n{number}p", p, every_mask(length))


def photos(in_eight_bits: bool = False, most: int = len(PHOTOS)) -> Iterator[Game]:
    """ResNet-50 on photos cut into at most 12 superpixels, its most probable class; hidden parts have their mean.

    in_eight_bits: the answers of its twin about the same class. most: the first so many photos.
    """
    opened: list[limen.models.Predictor] = []

    def answers(photo: str) -> Floats:
        file = needed(f"data/images/cc0/{photo}")
        if not opened:
            opened.append(limen.zoo.resnet50(engine="onnx"))
        model, target = opened[0], None
        if in_eight_bits:
            target = limen.explain(model, file, domain=limen.Image(2), budget=8, on_doubt="ignore").target
            model = limen.models.int8_twin(model, file).cheap
        found = limen.explain(
            model,
            file,
            domain=limen.Image(SUPERPIXELS),
            target=target,
            sampler=limen.sampling.Uniform(0.5),
            surrogate=limen.Linear(),
            budget=2**SUPERPIXELS,
            on_doubt="ignore",
        )
        masks = found.probes.masks.astype(np.int64)
        d = masks.shape[1]
        answers = np.empty(2**d)
        answers[masks @ (1 << np.arange(d)[::-1])] = found.probes.answers
        return answers

    kind = f"resnet50-int8-{FORMAT}" if in_eight_bits else "resnet50"
    for photo in PHOTOS[:most]:
        p = _kept(f"{kind}-{SUPERPIXELS}-{Path(photo).stem}", lambda photo=photo: answers(photo))
        yield synthetic(f"{Path(photo).stem.replace('_', '')}p", p, every_mask(int(np.log2(len(p)))))


def adult() -> Iterator[Game]:
    """Gradient boosting on Adult: 14 columns, of which a hidden one has its median or commonest value."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.preprocessing import OrdinalEncoder

    from table_problems import adult as read

    frame, income = read()
    encoded = frame.copy()
    words = frame.select_dtypes(exclude="number").columns
    encoded[words] = OrdinalEncoder().fit_transform(frame[words])
    values = encoded.to_numpy(dtype=float)
    booster = HistGradientBoostingClassifier(random_state=0).fit(values, income)
    counts = [np.unique(column, return_counts=True) for column in values.T]
    usual = np.array([found[np.argmax(count)] for found, count in counts])
    numeric = ~np.isin(frame.columns, words)
    usual[numeric] = np.median(values[:, numeric], axis=0)
    masks = every_mask(values.shape[1])
    for number, place in enumerate(np.random.default_rng(6).permutation(len(values))[:ROWS]):
        row = values[place]
        p = _kept(
            f"adult-{number}", lambda row=row: booster.predict_proba(np.where(masks, row, usual))[:, 1].astype(float)
        )
        yield synthetic(f"a{number}p", p, masks)


FAMILIES: dict[str, Callable[[], Iterator[Game]]] = {
    "Transformer": lambda: texts("embedded"),
    "MiniLM": lambda: texts("MiniLM"),
    "ResNet-50": photos,
    "boosting": adult,
}


def games(family: str, most: int | None = None) -> list[Game]:
    """The games of one family, the first `most` of them."""
    found = []
    for game in FAMILIES[family]():
        found.append(game)
        if most is not None and len(found) == most:
            break
    return found


if __name__ == "__main__":
    for name in FAMILIES:
        print(f"{name}: {len(games(name))} games in {CACHE}")
