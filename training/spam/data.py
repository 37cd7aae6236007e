"""The texts: read, cleaned, made distinct, split by video, and perturbed for training."""

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from limen.zoo._clean import clean

ROOT = Path(__file__).resolve().parents[2]
COURSE_SENTENCES = ("For Christmas Song visit our channel!", "It looks very cute")


@dataclass(frozen=True)
class Comments:
    """Distinct comments; the three fields have one entry a comment (n)."""

    texts: tuple[str, ...]
    labels: np.ndarray  # (n,) int, 1 = spam
    videos: np.ndarray  # (n,) str

    def where(self, chosen: np.ndarray) -> "Comments":
        """The comments at which `chosen` (n,) is true."""
        texts = tuple(text for text, keep in zip(self.texts, chosen, strict=True) if keep)
        return Comments(texts, self.labels[chosen], self.videos[chosen])


def shared_folder() -> Path:
    """The folder beside the project that holds `data/`; the variable LIMEN_SHARED overrides it."""
    return Path(os.environ.get("LIMEN_SHARED", ROOT.parent / "shared"))


def youtube() -> Comments:
    """The YouTube Spam Collection (Alberto, Lochter, Almeida: TubeSpam, ICMLA 2015) without repeats.

    Two comments are the same if they agree after cleaning and lower-casing (the model does not see case). The first is
    kept, so no text of a test video occurs in the training videos. Raises ValueError if a repeat changes its label, or
    if one of the two sentences that the model is later judged by is a row.
    """
    seen: dict[str, tuple[str, int, str]] = {}
    with (shared_folder() / "data/text/youtube_spam.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            text = clean(row["CONTENT"])
            entry = (text, int(row["CLASS"]), row["VIDEO"])
            if seen.setdefault(text.lower(), entry)[1] != entry[1]:
                raise ValueError(f"the comment {text!r} has two labels")
    if any(sentence.lower() in seen for sentence in COURSE_SENTENCES):
        raise ValueError("one of the two course sentences is a row of the training data: take it out first")
    texts, labels, videos = zip(*seen.values(), strict=True)
    return Comments(texts, np.array(labels), np.array(videos))


def unlabelled() -> list[str]:
    """The texts, not the labels, of the SMS Spam Collection (Almeida, Gómez Hidalgo), for masked-token pre-training."""
    lines = (shared_folder() / "data/text/sms_spam.tsv").read_text(encoding="utf-8").splitlines()
    return sorted({clean(line.split("\t", 1)[1]) for line in lines if "\t" in line})


def perturb(text: str, generator: np.random.Generator, *, share: float, most: float) -> str:
    """Drop words at random from a text, as the explainer will do.

    With probability `share` every word is dropped with one probability drawn from U(0, most); at least one stays.
    """
    words = text.split()
    if len(words) < 2 or generator.random() >= share:
        return text
    keep = generator.random(len(words)) >= generator.uniform(0.0, most)
    keep[generator.integers(len(words))] = True
    return " ".join(word for word, stays in zip(words, keep, strict=True) if stays)


def lengthen(text: str, others: tuple[str, ...], generator: np.random.Generator, *, share: float) -> str:
    """With probability `share`, put one of `others` (normal comments) before or after the text.

    Chat around an advertisement does not make it innocent, so the label stays.
    """
    if generator.random() >= share:
        return text
    other = others[int(generator.integers(len(others)))]
    return f"{text} {other}" if generator.random() < 0.5 else f"{other} {text}"


def splice(pool: list[str], generator: np.random.Generator, *, shuffled: float) -> str:
    """A stretch of up to 20 words of one text of the pool, and four times in ten a stretch of another after it.

    With probability `shuffled` the words are put in random order.
    """
    words: list[str] = []
    for _ in range(2 if generator.random() < 0.4 else 1):
        source = pool[int(generator.integers(len(pool)))].split()
        start = int(generator.integers(len(source)))
        words += source[start : start + 1 + int(generator.integers(20))]
    if generator.random() < shuffled:
        words = [words[index] for index in generator.permutation(len(words))]
    return " ".join(words)
