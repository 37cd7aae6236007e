"""Models on the GPU that torch finds, in several precisions, beside the same on the CPU."""

import copy

import numpy as np
import pytest
import torch

import limen
from limen.models import predictor
from limen.models.image_precision import in_bfloat16
from limen.sampling import Ball, Shapley
from tests.devices import DEVICE, random_states
from tests.photos import SIZE, Net, canvas_of, cropped, masks_of

TINY = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}


def on_both(make):
    """What `make` finds with a model on the device and on the CPU."""
    return make(DEVICE), make("cpu")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_photos_are_composed_and_asked_where_the_module_is(dtype):
    canvas = canvas_of()
    masks = masks_of(canvas, 40)

    def asked(where):
        adapter = predictor((Net().to(where, dtype if where == DEVICE else torch.float32), cropped)).adapter
        batch = adapter.painter(canvas)(masks)
        assert batch.device.type == where
        return adapter.answer(batch)

    found, wanted = on_both(asked)
    assert found.dtype == np.float64
    assert found == pytest.approx(wanted, abs=2e-4 if dtype == torch.float32 else 0.02)


def test_an_explanation_of_a_photo_is_that_of_the_cpu():
    image = canvas_of().image

    def explained(where):
        return limen.explain(
            (Net().to(where), cropped), image, target=1, sampler=Shapley(), budget=120, seed=3, on_doubt="ignore"
        )

    found, wanted = on_both(explained)
    scale = np.abs(wanted.effects.values).max()
    assert found.effects.values == pytest.approx(wanted.effects.values, abs=0.02 * scale)
    assert found.cost.distinct_rows == wanted.cost.distinct_rows


class Hungry(torch.nn.Module):
    """Takes a gigabyte for each image, so that a batch of hundreds fits on no card of today."""

    def __init__(self):
        super().__init__()
        self.line = torch.nn.Linear(3, 2)
        self.answered = []

    def forward(self, x):
        if DEVICE == "cuda":
            torch.empty(len(x), 2**30, dtype=torch.uint8, device=x.device)
        elif len(x) > 60:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        self.answered.append(len(x))
        return self.line(x.mean((2, 3)))


def test_a_card_whose_memory_runs_out_is_asked_in_smaller_batches():
    canvas = canvas_of(SIZE, 12)
    module = Hungry().to(DEVICE)
    explanation = limen.explain((module, cropped), canvas.image, budget=400, seed=0, on_doubt="ignore")
    assert explanation.cost.distinct_rows > 60
    assert max(module.answered) < 256
    assert sum(module.answered) >= explanation.cost.distinct_rows


def test_half_precision_tells_its_error():
    from transformers import ResNetConfig, ResNetForImageClassification, ViTImageProcessor

    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], num_labels=3)
        net = ResNetForImageClassification(config).eval()
    processor = ViTImageProcessor(size={"height": 48, "width": 48})
    image = canvas_of().image
    plain = predictor((copy.deepcopy(net), processor))
    half = in_bfloat16(net.to(DEVICE), processor)
    assert 0 < half.engine_error < 0.05
    found, wanted = (
        limen.explain(one, image, target=1, budget=100, seed=0, on_doubt="ignore").prediction for one in (half, plain)
    )
    assert found == pytest.approx(wanted, abs=0.02)


@pytest.fixture(scope="module")
def reader():
    """A small BERT that classifies texts, and its tokenizer."""
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = ["[PAD]", "[UNK]", "[MASK]", "the", "cat", "sat", "on", "mat"]
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", mask_token="[MASK]"
    )
    config = transformers.BertConfig(vocab_size=len(words), max_position_embeddings=16, num_labels=2, **TINY)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return transformers.BertForSequenceClassification(config), transformers.BertForMaskedLM(config), fast


@pytest.mark.parametrize("by", ["pair", "pipeline", "infilled"])
def test_texts(reader, by):
    import transformers

    classifier, masked, tokenizer = reader
    text = "the cat sat on the mat"

    def explained(where):
        model = copy.deepcopy(classifier).to(where)
        made = {
            "pair": lambda: (model, tokenizer),
            "pipeline": lambda: transformers.pipeline("text-classification", model=model, tokenizer=tokenizer),
            "infilled": lambda: limen.models.Infilled((model, tokenizer), (copy.deepcopy(masked).to(where), tokenizer)),
        }[by]()
        domain = limen.Text(mask_token=made.mask_token if by == "infilled" else None)
        return limen.explain(made, text, domain=domain, target=1, on_doubt="ignore").effects.values

    found, wanted = on_both(explained)
    assert found == pytest.approx(wanted, abs=1e-4)
    assert np.abs(wanted).max() > 1e-4


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_tables(dtype):
    rows = np.random.default_rng(0).normal(size=(200, 5))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Linear(5, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2), torch.nn.Softmax(1))

    def explained(where):
        model = copy.deepcopy(net).to(where, dtype)
        return limen.explain(
            model, rows[0], domain=limen.Table(rows), target=1, sampler=Ball(0.5), budget=200, on_doubt="ignore"
        ).effects.values

    found, wanted = on_both(explained)
    assert found == pytest.approx(wanted, abs=1e-3 * np.abs(wanted).max())


def test_an_audit_puts_random_weights_in_and_takes_them_out_again():
    rows = np.random.default_rng(0).normal(size=(80, 6))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Linear(6, 6), torch.nn.Tanh(), torch.nn.Linear(6, 2), torch.nn.Softmax(1))
    net = net.to(DEVICE, torch.float64)
    weights, states = copy.deepcopy(net.state_dict()), random_states()
    explainer = limen.Explainer(net, limen.Table(rows), sampler=Ball(0.5), budget=60, on_doubt="ignore")
    found = limen.audit(explainer, rows[0], target=1, rows=180, checks="sanity")
    assert found.measure("sanity.weights").value.value < 1.0
    assert all(torch.equal(one, other) for one, other in zip(states, random_states(), strict=True))
    assert all(torch.equal(value, weights[name]) for name, value in net.state_dict().items())


def test_a_twin_in_half_precision_on_the_device():
    canvas = canvas_of()
    cheap = Net().to(DEVICE, torch.float16 if DEVICE == "cuda" else torch.bfloat16)
    twin = limen.models.Twin((Net().to(DEVICE), cropped), (cheap, cropped))
    found = limen.explain(twin, canvas.image, target=1, budget=150, seed=0, on_doubt="ignore")
    plain = limen.explain((Net(), cropped), canvas.image, target=1, budget=1000, seed=1, on_doubt="ignore")
    error = np.abs(found.effects.values - plain.effects.values).max()
    assert error < 0.1 * np.abs(plain.effects.values).max()
