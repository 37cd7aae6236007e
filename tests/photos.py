"""Small pictures, masks and nets, and ways to prepare a picture for a net."""

import numpy as np
import torch
from PIL import Image

from limen._canvas import Canvas

SIZE = (90, 130)


def canvas_of(shape=SIZE, across=5, seed=0):
    """A smooth picture with a dark fill, in tiles of which every other row is moved by half a tile."""
    generator = np.random.default_rng(seed)
    coarse = Image.fromarray(generator.integers(60, 200, (6, 8, 3), dtype=np.uint8))
    image = np.asarray(coarse.resize(shape[::-1], Image.Resampling.BICUBIC))
    tile = max(1, shape[1] // across)
    rows, columns = np.indices(shape)
    number = rows // tile * 100 + (columns + rows // tile % 2 * (tile // 2)) // tile
    labels = np.unique(number, return_inverse=True)[1].reshape(shape).astype(np.int64)
    return Canvas(image, np.full_like(image, 90), labels)


def masks_of(canvas, n=12, seed=1):
    masks = np.random.default_rng(seed).random((n, canvas.n_parts)) < 0.5
    masks[0], masks[1] = True, False
    return masks


class Net(torch.nn.Module):
    """Convolution, dropout and a mean: cheap, and no pixel is without a say."""

    def __init__(self, channels=3, k=4):
        super().__init__()
        torch.manual_seed(0)
        self.first = torch.nn.Conv2d(channels, 6, 5, stride=2)
        self.drop = torch.nn.Dropout(0.5)
        self.last = torch.nn.Linear(6, k)
        self.seen = []

    def forward(self, x):
        self.seen.append((tuple(x.shape), x.is_contiguous(memory_format=torch.channels_last), torch.is_grad_enabled()))
        return self.last(self.drop(torch.relu(self.first(x))).mean((2, 3)))


def tensor_of(image):
    return torch.from_numpy(np.asarray(image, dtype=np.float32) / 255).permute(2, 0, 1)


def resized(size, how=Image.Resampling.BICUBIC):
    return lambda image: tensor_of(image.resize(size, how))


def cropped(image):
    width, height = image.size
    scale = 48 / min(width, height)
    image = image.resize((round(width * scale), round(height * scale)), Image.Resampling.BILINEAR)
    left, top = (image.width - 40) // 2, (image.height - 40) // 2
    return tensor_of(image.crop((left, top, left + 40, top + 40)))


def padded(image):
    room = torch.zeros(3, 70, 60)
    room[:, 10:50, 5:55] = tensor_of(image.resize((50, 40), Image.Resampling.LANCZOS))
    return room


FAST = {
    "none": tensor_of,
    "array": lambda array: torch.from_numpy(array.copy()).permute(2, 0, 1) / 255.0,
    "smaller": resized((56, 40)),
    "larger": resized((300, 200)),
    "nearest": resized((50, 37), Image.Resampling.NEAREST),
    "mirrored": lambda image: torch.flip(resized((56, 40))(image), (2,)),
    "cropped": cropped,
    "padded": padded,
    "numbers": lambda image: 255 * cropped(image).flip(0)[None] - 117.0,
    "negative": lambda image: 1 - cropped(image),
}
SLOW = {
    "standardised": lambda image: (cropped(image) - cropped(image).mean()) / cropped(image).std(),
    "turned": lambda image: resized((40, 56))(image.transpose(Image.Transpose.ROTATE_90)),
    "rotated": lambda image: resized((40, 56))(image.rotate(30)),
    "equalised": lambda image: cropped(image.point(lambda v: 255 if v > 120 else v)),
}
