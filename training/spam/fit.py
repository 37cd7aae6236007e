"""Training: token vectors from neighbours, then labels and teacher on perturbed texts, with averaged weights."""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from data import Comments, lengthen, perturb, splice
from model import Shape, SpamTransformer
from teacher import Teacher
from tokenizers import Tokenizer
from tokens import MASK, PAD, START, batches, encode, pad, train_tokenizer
from torch.nn import functional
from vectors import token_vectors


@dataclass(frozen=True)
class Recipe:
    """Every choice of the training, the same for all splits and for the shipped model."""

    vocabulary: int = 3000
    width: int = 80
    layers: int = 2
    heads: int = 4
    inner: int = 240
    dropout: float = 0.2
    epochs: int = 12
    batch: int = 32
    rate: float = 2e-3
    decay: float = 0.05
    smoothing: float = 0.05
    teacher: float = 0.9  # share of the teacher in the target of a whole comment; a spliced text has no other
    perturbed: float = 0.6  # share of comments with words dropped
    most_dropped: float = 0.4  # largest probability of dropping a word
    shuffled: float = 0.3  # share of spliced texts whose words are shuffled
    lengthened: float = 0.15  # share of comments with a normal one beside them
    token_masked: float = 0.05
    average: float = 0.99  # decay of the running average of the weights
    window: int = 48  # tokens of a text that are shown at a time


def windows(rows: list[list[int]], size: int, generator: np.random.Generator) -> list[list[int]]:
    """A random stretch of at most `size` tokens of every row; `<start>` stays in front."""
    starts = [int(generator.integers(max(1, len(row) - size + 1))) for row in rows]
    return [[START, *row[start + 1 : start + size]] for start, row in zip(starts, rows, strict=True)]


def mask(ids: torch.Tensor, share: float, source: torch.Generator) -> torch.Tensor:
    """The ids (n, l) with a share of the tokens replaced by MASK."""
    chosen = (torch.rand(ids.shape, generator=source) < share) & (ids != PAD) & (ids != START)
    return ids.masked_fill(chosen, MASK)


class Lessons:
    """What is shown in each epoch: perturbed comments, and as many spliced texts, with their targets."""

    def __init__(self, comments: Comments, extra: list[str], recipe: Recipe, generator: np.random.Generator) -> None:
        self.comments, self.recipe, self.generator = comments, recipe, generator
        self.teacher = Teacher(comments)
        self.hard = comments.labels * (1.0 - recipe.smoothing) + recipe.smoothing / 2.0  # (n,)
        labelled = zip(comments.texts, comments.labels, strict=True)
        self.normal = tuple(text for text, label in labelled if label == 0)
        self.pool = [text for text in (*comments.texts * 3, *extra) if text]  # as many comments as messages

    def epoch(self) -> tuple[list[str], torch.Tensor]:
        """Texts (2n) and their target p(spam) (2n,)."""
        recipe, generator = self.recipe, self.generator
        longer = (lengthen(text, self.normal, generator, share=recipe.lengthened) for text in self.comments.texts)
        own = [perturb(text, generator, share=recipe.perturbed, most=recipe.most_dropped) for text in longer]
        made = [splice(self.pool, generator, shuffled=recipe.shuffled) for _ in own]
        soft = self.teacher([*own, *made])
        soft[: len(own)] = (1.0 - recipe.teacher) * self.hard + recipe.teacher * soft[: len(own)]
        return [*own, *made], torch.tensor(soft, dtype=torch.float32)


def optimiser(
    model: SpamTransformer, recipe: Recipe, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """AdamW (the embedding does not decay), and its rate: a short linear rise, then half a cosine down to zero."""
    others = [weight for name, weight in model.named_parameters() if name != "embedding.weight"]
    groups = [{"params": others}, {"params": [model.embedding.weight], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, recipe.rate, weight_decay=recipe.decay, fused=True)
    warm = max(1, steps // 10)

    def factor(step: int) -> float:
        if step < warm:
            return (step + 1) / warm
        return float(0.5 + 0.5 * np.cos(np.pi * (step - warm) / max(1, steps - warm)))

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def learn(model: SpamTransformer, tokenizer: Tokenizer, lessons: Lessons, recipe: Recipe, seed: int) -> None:
    """Fit the model; it ends with the running average of its weights (Polyak and Juditsky 1992)."""
    source = torch.Generator().manual_seed(seed)
    generator = lessons.generator
    steps = recipe.epochs * -(-2 * len(lessons.comments.texts) // recipe.batch)
    optimizer, rates = optimiser(model, recipe, steps)
    average = copy.deepcopy(model)
    means, weights = list(average.parameters()), list(model.parameters())
    model.train()
    for _ in range(recipe.epochs):
        texts, target = lessons.epoch()
        rows = windows(encode(tokenizer, texts), recipe.window, generator)
        for part in batches(rows, recipe.batch, generator):
            logits = model(mask(pad([rows[index] for index in part]), recipe.token_masked, source))
            loss = functional.binary_cross_entropy_with_logits(logits[:, 1] - logits[:, 0], target[part])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimizer.step()
            rates.step()
            with torch.no_grad():
                torch._foreach_lerp_(means, weights, 1.0 - recipe.average)
    model.load_state_dict(average.state_dict())


def fit(comments: Comments, extra: list[str], recipe: Recipe, seed: int) -> tuple[SpamTransformer, Tokenizer]:
    """Tokenizer and model from these comments and unlabelled texts, and from nothing else."""
    torch.manual_seed(seed)
    texts = [*comments.texts, *extra]
    tokenizer = train_tokenizer(texts, recipe.vocabulary)
    size = tokenizer.get_vocab_size()
    model = SpamTransformer(
        Shape(size, recipe.width, recipe.heads, recipe.layers, recipe.inner, dropout=recipe.dropout)
    )
    vectors = token_vectors(encode(tokenizer, texts), size, recipe.width)
    with torch.no_grad():
        model.embedding.weight.copy_(torch.from_numpy(vectors))
    learn(model, tokenizer, Lessons(comments, extra, recipe, np.random.default_rng(seed)), recipe, seed)
    return model.eval(), tokenizer


@torch.inference_mode()
def predict(model: SpamTransformer, tokenizer: Tokenizer, texts: list[str]) -> np.ndarray:
    """Log-odds of spam (n,), not yet divided by a temperature."""
    model.eval()
    rows = encode(tokenizer, texts)
    answer = np.zeros(len(rows))
    order = np.argsort([len(row) for row in rows], kind="stable")
    for start in range(0, len(rows), 64):
        part = order[start : start + 64]
        logits = model(pad([rows[index] for index in part]))
        answer[part] = (logits[:, 1] - logits[:, 0]).double().numpy()
    return answer
