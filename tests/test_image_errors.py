"""What goes wrong between an image and a model is told in the words of images, and names the argument."""

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

import limen
from limen._errors import InputError
from limen.domains import Image
from tests.photos import Net, tensor_of

PICTURE = np.random.default_rng(0).integers(0, 256, (24, 30, 3), dtype=np.uint8)


def lightness(images):
    light = np.asarray(images).mean(axis=(1, 2, 3)) / 255
    return np.stack([light, 1 - light], axis=1)


def asked(model, x=PICTURE, **options):
    return limen.explain(model, x, budget=40, on_doubt="ignore", **options)


@pytest.mark.parametrize("x", [PICTURE, torch.from_numpy(PICTURE), Pillow.fromarray(PICTURE)])
def test_a_module_alone_asks_for_its_preprocessing(x):
    with pytest.raises(InputError, match=r"torch module Net alone.*give the pair \(module, preprocess\)"):
        asked(Net(), x, domain=Image(4))
    assert len(asked((Net(), tensor_of), x, domain=Image(4)).parts) == 4


def test_a_file_name_needs_a_domain_or_a_model_of_images(tmp_path):
    file = str(tmp_path / "a dog.png")
    with pytest.raises(InputError, match="no file of that name"):
        asked(lightness, file, domain=Image(4))
    Pillow.fromarray(PICTURE).save(file)
    for model in (lightness, Net()):
        with pytest.raises(
            InputError, match=r"names an image file.*domain=limen\.Image\(\), or domain=limen\.Text\(\)"
        ):
            asked(model, file)
    given = asked(lightness, file, domain=Image(4))
    assert (given.instance.image == PICTURE).all()
    assert (asked((Net(), tensor_of), file).instance.image == PICTURE).all()
    assert asked(lambda texts: np.full((len(texts), 1), 0.5), file, domain=limen.Text()).instance.text == file


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("dog.jpg", True),
        ("photos/DOG.JPEG", True),
        ("look at dog.jpg", False),
        ("dog.txt", False),
        ("a text", False),
        ("two\nlines.png", False),
        ("nul\0.png", False),
        ("x" * 9999 + ".png", False),
        ("", False),
    ],
)
def test_what_looks_like_the_name_of_an_image_file(text, image):
    assert Image.names_file(text) is image


@pytest.mark.parametrize("function", [lambda: 1 / 0, lambda _: 1 / 0, lambda image: image.nothing])
def test_a_function_of_segments_that_fails_is_named(function):
    with pytest.raises(InputError, match="segments of Image is a function that raised") as caught:
        asked(lightness, domain=Image(function))
    assert isinstance(caught.value.__cause__, TypeError | ZeroDivisionError | AttributeError)


@pytest.mark.parametrize(
    "preprocess", [lambda _: 1 / 0, lambda image: tensor_of(image) if hasattr(image, "x") else 1 / 0]
)
def test_a_preprocessing_that_fails_is_named(preprocess):
    with pytest.raises(InputError, match="preprocess raised ZeroDivisionError"):
        asked((Net(), preprocess))


def test_no_bar_of_transformers_appears(tmp_path, capfd):
    import transformers
    from transformers.utils import logging

    config = transformers.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic")
    transformers.ResNetForImageClassification(config).save_pretrained(tmp_path)
    transformers.ConvNextImageProcessor().save_pretrained(tmp_path)
    logging.enable_progress_bar()
    capfd.readouterr()
    limen.models.load(tmp_path)
    limen.zoo.resnet50(tmp_path)
    assert capfd.readouterr().err == ""
    assert logging.is_progress_bar_enabled()
