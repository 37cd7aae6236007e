"""Class names inside an ONNX file, read from its bytes: onnxruntime does not show them, and onnx need not be there.

The file is a protocol buffer: fields of a number and a wire type. Numbers of the fields: onnx.proto of ONNX.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

GRAPH, NODE, ATTRIBUTE, NAME, INTEGERS, STRINGS = 7, 1, 5, 1, 8, 9


def class_labels(path: Path) -> tuple[str, ...] | None:
    """The labels of the last operator that has any (LinearClassifier, TreeEnsembleClassifier, ZipMap, ...), or None."""
    found = None
    for graph in _values(memoryview(path.read_bytes()), GRAPH):
        for node in _values(graph, NODE):
            for attribute in _values(node, ATTRIBUTE):
                if any(bytes(name).startswith(b"classlabels_") for name in _values(attribute, NAME)):
                    found = _labels(attribute) or found
    return found


def _labels(attribute: memoryview) -> tuple[str, ...]:
    texts = [bytes(text).decode("utf-8", "replace") for text in _values(attribute, STRINGS)]
    return tuple(texts or map(str, _integers(attribute)))


def _integers(attribute: memoryview) -> Iterator[int]:
    """Integers, one in a field or many packed in one."""
    for number, value in _fields(attribute):
        if number == INTEGERS and isinstance(value, int):
            yield _signed(value)
        elif number == INTEGERS and isinstance(value, memoryview):
            start = 0
            while start < len(value):
                one, start = _varint(value, start)
                yield _signed(one)


def _values(message: memoryview, wanted: int) -> Iterator[memoryview]:
    """The messages, texts and bytes in the field of one number."""
    for number, value in _fields(message):
        if number == wanted and isinstance(value, memoryview):
            yield value


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    start = 0
    while start < len(message):
        key, start = _varint(message, start)
        if key & 7 == 0:
            value, start = _varint(message, start)
            yield key >> 3, value
        elif key & 7 == 2:
            length, start = _varint(message, start)
            yield key >> 3, message[start : start + length]
            start += length
        else:  # numbers of 8 or 4 bytes
            start += 8 if key & 7 == 1 else 4


def _varint(message: memoryview, start: int) -> tuple[int, int]:
    """A number in groups of seven bits, lowest first, and the place behind it."""
    value = shift = 0
    while start < len(message):
        byte = message[start]
        value |= (byte & 127) << shift
        start, shift = start + 1, shift + 7
        if byte < 128:
            break
    return value, start


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value
