"""Hidden words filled in: by a function, and by a tiny masked language model with weights at random."""

from __future__ import annotations

import numpy as np
import pytest

import limen
from limen.errors import InputError, ModelError
from limen.models import Infilled

WORDS = ["the", "cat", "sat", "on", "mat", "dog", "##ting"]


def length(texts):
    p = np.array([1 / (2 + len(text.split())) for text in texts])
    return np.stack([p, 1 - p], axis=1)


length.classes = ("long", "short")


@pytest.fixture(scope="module")
def filler():
    import torch
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers

    special = ["[PAD]", "[UNK]", "[MASK]"]
    vocabulary = {word: number for number, word in enumerate([*special, *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", mask_token="[MASK]"
    )
    config = transformers.BertConfig(
        vocab_size=len(vocabulary), hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8,
        max_position_embeddings=16,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = transformers.BertForMaskedLM(config)
    return model, fast


def test_every_hole_gets_a_word_and_all_else_stays(filler):
    infilled = Infilled(length, filler)
    texts = ["the cat sat", "The  [MASK] sat, on [MASK].", "[MASK] [MASK] [MASK]"]
    found = infilled.fill(texts)
    assert found[0] == texts[0]
    assert found[1].startswith("The  ")
    assert found[1].endswith(".")
    assert " sat, on " in found[1]
    words = found[2].split()
    assert len(words) == 3
    assert set(words) <= set(WORDS) - {"##ting"}


def test_the_same_text_gets_the_same_words_in_any_company(filler):
    texts = [f"the [MASK] {word} on [MASK]" for word in WORDS]
    infilled = Infilled(length, filler)
    assert [infilled.fill([text])[0] for text in texts] == infilled.fill(texts) == Infilled(length, filler).fill(texts)
    assert Infilled(length, filler, seed=1).fill(texts) != infilled.fill(texts)


def test_words_are_drawn_by_their_probability(filler):
    import copy

    import torch

    model, tokenizer = copy.deepcopy(filler[0]), filler[1]
    with torch.no_grad():
        model.cls.predictions.bias[:] = 0.0
        model.cls.predictions.bias[tokenizer.convert_tokens_to_ids("dog")] = 50.0
    assert Infilled(length, (model, tokenizer)).fill(["a [MASK] b"]) == ["a dog b"]
    model.train()
    Infilled(length, (model, tokenizer)).fill(["a [MASK] b"])
    assert model.training


def test_it_goes_where_a_model_goes(filler):
    infilled = Infilled(length, filler)
    assert infilled.classes == ("long", "short")
    explanation = limen.explain(
        infilled, "the cat sat on", domain=limen.Text(mask_token=infilled.mask_token), target="long", on_doubt="ignore"
    )
    assert abs(explanation.effects.values).max() < 1e-12  # no text is shorter than another any more
    dropped = limen.explain(length, "the cat sat on", target=0, on_doubt="ignore")
    assert abs(dropped.effects.values).min() > 0.01


def test_a_function_fills_in_too():
    seen = []

    def fill(texts):
        seen.extend(texts)
        return [text.replace("<hole>", "x") for text in texts]

    infilled = Infilled(length, fill, mask_token="<hole>")
    assert infilled.fill(["a <hole>", "b"]) == ["a x", "b"]
    assert seen == ["a <hole>"]


@pytest.mark.parametrize(
    ("filler", "token", "message"),
    [
        ("bert", None, "filler is 'bert'"),
        (len, None, "mask_token is None"),
        (len, " ", "mask_token is ' '"),
    ],
)
def test_wrong_fillers(filler, token, message):
    with pytest.raises(InputError, match=message):
        Infilled(length, filler, mask_token=token)


@pytest.mark.parametrize(
    ("fill", "message"),
    [(lambda texts: texts[1:], "gave 0 texts, expected 1"), (lambda texts: texts, "expected a text without '_'")],
)
def test_a_filler_that_does_not_fill(fill, message):
    with pytest.raises(ModelError, match=message):
        Infilled(length, fill, mask_token="_")(["a _"])


def test_texts_that_the_filler_cannot_read(filler):
    with pytest.raises(ModelError, match="has 21 tokens, and the filler reads 16"):
        Infilled(length, filler).fill(["the " * 20 + "[MASK]"])
