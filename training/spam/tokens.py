"""The byte-level BPE tokenizer: trained, saved, and turned into batches of ids."""

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

PAD, START, MASK = 0, 1, 2
SPECIAL = ["<pad>", "<start>", "<mask>"]
MOST_TOKENS = 256


def train_tokenizer(texts: list[str], size: int) -> Tokenizer:
    """A BPE of `size` entries over bytes, learned from `texts` only; Unicode compatibility forms and case are folded.

    Every text starts with `<start>`, so that even the empty text has one token; it is cut after MOST_TOKENS tokens.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, min_frequency=2, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single="<start> $A", special_tokens=[("<start>", START)])
    tokenizer.enable_truncation(MOST_TOKENS)
    tokenizer.encode_special_tokens = True  # a comment that spells "<pad>" is text, not padding
    return tokenizer


def encode(tokenizer: Tokenizer, texts: list[str]) -> list[list[int]]:
    """Token ids of every text, `<start>` first; not padded."""
    return [encoding.ids for encoding in tokenizer.encode_batch(texts)]


def pad(rows: list[list[int]]) -> torch.Tensor:
    """Rows of ids as one matrix (n, longest), filled up with PAD at the right."""
    ids = np.full((len(rows), max(map(len, rows))), PAD, dtype=np.int64)
    for line, row in zip(ids, rows, strict=True):
        line[: len(row)] = row
    return torch.from_numpy(ids)


def batches(rows: list[list[int]], size: int, generator: np.random.Generator) -> list[np.ndarray]:
    """Indices of the rows in batches of `size`, rows of like length together, batches in random order.

    Lengths are jittered before sorting, so that an epoch does not repeat the batches of the one before.
    """
    lengths = np.array([len(row) for row in rows]) * generator.uniform(0.8, 1.25, len(rows))
    order = np.argsort(lengths)
    parts = [order[start : start + size] for start in range(0, len(order), size)]
    return [parts[index] for index in generator.permutation(len(parts))]
