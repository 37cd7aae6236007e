"""What all records share: read-only arrays, equality by content, and a way to plain JSON values and back."""

from __future__ import annotations

import base64
import dataclasses
import json
import math
import zlib
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Self, Union, get_args, get_origin, get_type_hints

import numpy as np

from limen._errors import RecordError
from limen.results._image_pack import pack_image, unpack_image

SMALL = 64
"""Bytes up to which an image is one colour or so, and not worth packing."""
WORDS = ("inf", "-inf", "nan")
"""How numbers are written that JSON does not have."""


class Record:
    """Base of the frozen records. Arrays in it cannot be written to; two records are equal if their contents are."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                own = value.copy()  # the caller's array stays writable, ours can no longer change
                own.setflags(write=False)
                object.__setattr__(self, field.name, own)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and encode(self) == encode(other)

    def __hash__(self) -> int:
        return hash(json.dumps(encode(self), sort_keys=True))

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and pickles are made anew from the fields, so that their arrays are read-only too."""
        return type(self), tuple(getattr(self, field.name) for field in dataclasses.fields(self))  # type: ignore[arg-type]

    def to_dict(self) -> dict[str, Any]:
        """Give the record as plain dicts, lists, strings and numbers, ready for JSON."""
        plain: dict[str, Any] = encode(self)
        return plain

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Self:
        """Rebuild a record from `to_dict`'s answer. Raises RecordError where a field is missing or of another kind."""
        record: Self = _decode(cls, plain, cls.__name__)
        return record


def encode(value: Any) -> Any:
    """Turn records, arrays, enums and tuples into plain JSON values; floats keep all their digits."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, np.ndarray):
        if value.dtype == np.uint8 and value.ndim > 2 and value.shape[-1] == 3 and value.size > SMALL:
            return {"image": base64.b64encode(pack_image(value)).decode(), "shape": list(value.shape)}
        if value.dtype == np.uint8:  # packed masks: eight to a byte, so text would be eight times as long
            return {"base64": base64.b64encode(value.tobytes()).decode(), "shape": list(value.shape)}
        if value.dtype == np.uint16:  # label maps, a hundred times smaller when packed
            packed = zlib.compress(value.astype("<u2").tobytes(), 1)
            return {"zlib": base64.b64encode(packed).decode(), "shape": list(value.shape)}
        return _finite(value.tolist()) if value.dtype.kind == "f" else value.tolist()
    if isinstance(value, float):
        return _finite(value)
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    return value


def _finite(value: Any) -> Any:
    """Numbers that JSON does not have become the strings "inf", "-inf" and "nan", which numpy reads back."""
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return value if math.isfinite(value) else str(value)


def _decode(kind: Any, plain: Any, where: str) -> Any:
    """Read `plain` as a value of the annotated `kind`; `where` names the field in errors."""
    try:
        return _decoded(kind, plain, where)
    except RecordError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, zlib.error) as error:
        raise RecordError(f"{where} cannot be read as {kind}: {error}. The file is damaged or not limen's.") from error


def _resolved(kind: Any) -> Any:
    """What an alias stands for; from numpy 2.5 on `NDArray` is one that only says so when it is asked (PEP 695)."""
    stands_for = getattr(get_origin(kind), "__value__", None)
    return kind if stands_for is None else stands_for[get_args(kind)]


def _decoded(kind: Any, plain: Any, where: str) -> Any:
    kind = _resolved(kind)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        if plain is None and NoneType in arguments:
            return None
        return _decode(_one_of([part for part in arguments if part is not NoneType], plain), plain, where)
    if origin is tuple:
        return _tuple(arguments, plain, where)
    if origin is np.ndarray:
        return _array(np.dtype(get_args(arguments[1])[0]), plain)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind[plain]
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        names = {field.name for field in dataclasses.fields(kind)}
        if set(plain) != names:
            raise RecordError(f"{where} has the fields {sorted(plain)}, expected {sorted(names)}.")
        return kind(**{name: _decode(hints[name], plain[name], f"{where}.{name}") for name in plain})  # type: ignore[operator]
    if kind is float and isinstance(plain, str) and plain in WORDS:
        return float(plain)
    expected = (int, float) if kind is float else kind
    if not isinstance(plain, expected) or (isinstance(plain, bool) and kind is not bool):
        raise RecordError(f"{where} is {plain!r}, expected {kind.__name__}.")
    return kind(plain)


def _tuple(arguments: tuple[Any, ...], plain: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(plain, list):
        raise TypeError("it is no list")
    kinds = [arguments[0]] * len(plain) if arguments[-1] is Ellipsis else arguments
    return tuple(_decode(part, item, f"{where}[{i}]") for i, (part, item) in enumerate(zip(kinds, plain, strict=True)))


def _one_of(kinds: list[Any], plain: Any) -> Any:
    """Of several records the one whose fields these are; the nearest if none fits, so that the error names it."""
    if len(kinds) == 1 or not isinstance(plain, dict):
        return kinds[0]
    fields = [{field.name for field in dataclasses.fields(kind)} for kind in kinds]
    return kinds[max(range(len(kinds)), key=lambda place: len(fields[place] & set(plain)) - len(fields[place]))]


def _array(dtype: np.dtype[Any], plain: Any) -> np.ndarray[Any, Any]:
    if dtype == np.uint8 and "image" in plain:
        return unpack_image(base64.b64decode(plain["image"]), tuple(map(int, plain["shape"])))
    if dtype == np.uint8:
        return np.frombuffer(base64.b64decode(plain["base64"]), dtype=np.uint8).reshape(plain["shape"])
    if dtype == np.uint16:
        size = 2 * math.prod(plain["shape"])
        unpacked = zlib.decompressobj().decompress(base64.b64decode(plain["zlib"]), size + 1)  # never more than asked
        return np.frombuffer(unpacked, dtype="<u2").astype(np.uint16).reshape(plain["shape"])
    if not isinstance(plain, list):
        raise TypeError(f"it is of the type {type(plain).__name__}, expected a list of {dtype}")
    found = np.array(plain)
    if dtype.kind in "ib" and found.size and found.dtype.kind != dtype.kind:  # numpy would round or guess
        raise TypeError(f"it holds entries of the type {found.dtype}, expected {dtype}")
    if found.dtype.kind == "U":  # numbers and the words for those that JSON does not have
        found = np.array(_numbers(plain))
    if dtype.kind == "f" and found.size and found.dtype.kind not in "fiu":  # numpy would make nan of None, 1 of true
        raise TypeError(f"it holds entries of the type {found.dtype}, expected {dtype}")
    return np.asarray(found, dtype=dtype)


def _numbers(plain: Any) -> Any:
    """Nested lists with the words for infinities and nan turned into numbers. Raises TypeError for other words."""
    if isinstance(plain, list):
        return [_numbers(item) for item in plain]
    if isinstance(plain, str) and plain not in WORDS:
        raise TypeError(f"it holds {plain!r}, expected numbers")
    return float(plain)
