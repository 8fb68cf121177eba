"""Values as JSON has them: a closure for every class, made at its first value and kept."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from types import NoneType
from typing import Any, cast

from netlab.codec.values import Form, Json


def encode(value: object) -> Json:
    """`value` as JSON has it. TypeError for what netlab.codec does not know."""
    cls: Form = type(value)
    return _writer(cls)(value)


@cache
def _writer(cls: Form) -> Callable[[Any], Json]:
    if cls in (str, int, bool, NoneType):
        return lambda value: cast(Json, value)
    if cls is float:
        return lambda value: value if math.isfinite(value) else None
    if hasattr(cls, "to_json"):
        return lambda value: cast(Json, value.to_json())
    if dataclasses.is_dataclass(cls):
        if getattr(cls, "json_omits_defaults", False):
            return _sparse
        names = tuple(each.name for each in dataclasses.fields(cls))
        return lambda value: {name: encode(getattr(value, name)) for name in names}
    for bases, write in _BY_BASE:
        if issubclass(cls, bases):
            return write
    raise TypeError(f"a {cls.__name__} has no form in JSON")


def _text_by_text(value: Mapping[object, object]) -> Json:
    if not all(type(key) is str for key in value):
        raise TypeError("a mapping with keys that are not text has no form in JSON")
    return {str(key): encode(each) for key, each in value.items()}


_BY_BASE: tuple[tuple[type | tuple[type, ...], Callable[[Any], Json]], ...] = (
    (Enum, lambda value: encode(value.value)),
    ((bytes, bytearray), lambda value: cast(str, value.hex())),
    (Path, str),
    ((tuple, list), lambda value: [encode(each) for each in value]),
    ((set, frozenset), lambda value: sorted((encode(each) for each in value), key=str)),
    (Mapping, _text_by_text),
    (str, lambda value: encode(str(value))),
    (int, lambda value: encode(int(value))),
    (float, lambda value: encode(float(value))),
)


def _sparse(value: Any) -> Json:
    """Only what differs from its default: of a class with many fields of which few are used at a time."""
    given = ((each, getattr(value, each.name)) for each in dataclasses.fields(value))
    return {each.name: encode(item) for each, item in given if item != each.default}
