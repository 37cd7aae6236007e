"""Time series of the UEA and UCR archives, for benchmarks and tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Series = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]


def read_ts(path: Path) -> Series:
    """Read a .ts file: x (n, T, channels), 0 beyond a series' end; its length (n); its class (n) from 0.

    After the line @data a series is a line: channels apart by colons, numbers by commas, the label last.
    """
    series, labels = [], []
    for line in path.read_text(encoding="utf-8").partition("@data")[2].split():
        *channels, label = line.split(":")
        series.append(np.array([channel.split(",") for channel in channels], dtype=np.float64).T)
        labels.append(label)
    lengths = np.array([len(one) for one in series])
    x = np.zeros((len(series), lengths.max(), series[0].shape[1]))
    for row, one in zip(x, series, strict=True):
        row[: len(one)] = one
    return x, lengths, np.unique(labels, return_inverse=True)[1]


def japanese_vowels(folder: Path) -> tuple[Series, Series]:
    """Train and test samples of JapaneseVowels, standardised by the mean and spread of the training steps."""
    train, test = (read_ts(folder / f"JapaneseVowels_{part}.ts") for part in ("TRAIN", "TEST"))
    inside = np.arange(train[0].shape[1]) < train[1][:, None]
    mean, spread = train[0][inside].mean(axis=0), train[0][inside].std(axis=0)
    return tuple(((x - mean) / spread, lengths, labels) for x, lengths, labels in (train, test))  # type: ignore[return-value]
