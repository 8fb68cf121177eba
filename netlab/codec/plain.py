"""Values without parts: text, numbers, bytes, paths, and `Json`, which can be anything."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from types import NoneType
from typing import Any, NamedTuple, cast

from netlab.codec.values import Form, Json

_NAMES = {dict: "an object", list: "a list"}
_LONGEST = 60  # characters of a wrong value that an error shows


class Mismatch(Exception):
    """On its way out every container puts its own step before `place`."""

    place = ""

    def inside(self, step: str) -> Mismatch:
        self.place = step + self.place
        return self


class Type(NamedTuple):
    """How a value of one type is read and how its schema is written: a dataclass's goes among the definitions."""

    read: Callable[[Any], Any]
    schema: Callable[[dict[str, Json]], dict[str, Json]]


def wrong(expected: str, value: object) -> Mismatch:
    if value is None:
        shown = "null"
    elif isinstance(value, (dict, list)):
        shown = _NAMES[type(value)]
    else:
        shown = repr(value)
    return Mismatch(f"{expected} expected, not {shown if len(shown) <= _LONGEST else shown[:_LONGEST] + '…'}")


def exactly(kind: type, name: str) -> Callable[[object], object]:
    """Not isinstance alone, which takes True for a number."""

    def read(value: object) -> object:
        if type(value) is kind or (kind is str and isinstance(value, str)):
            return value
        raise wrong(name, value)

    return read


def _float(value: object) -> float:
    if type(value) is float and math.isfinite(value):
        return value
    if type(value) is not int:
        raise wrong("a number", value)
    try:
        return float(value)
    except OverflowError:
        raise Mismatch("a number expected, but this one is too large") from None


def _bytes(value: object) -> bytes:
    try:
        data = bytes.fromhex(cast(str, exactly(str, "hex digits")(value)))
    except ValueError:
        raise wrong("hex digits", value) from None
    if data.hex() != value:  # fromhex takes blanks and capitals, too
        raise wrong("hex digits", value)
    return data


def any_json(value: object) -> object:
    if isinstance(value, list):
        for each in value:
            any_json(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            exactly(str, "text as a name")(key)
            any_json(each)
    elif value is not None and not isinstance(value, (str, int, bool)):
        _float(value)
    return value


PLAIN: dict[Form, Type] = {
    str: Type(exactly(str, "text"), lambda _: {"type": "string"}),
    int: Type(exactly(int, "a whole number"), lambda _: {"type": "integer"}),
    None: Type(exactly(NoneType, "null"), lambda _: {"type": "null"}),
    NoneType: Type(exactly(NoneType, "null"), lambda _: {"type": "null"}),
    bool: Type(exactly(bool, "true or false"), lambda _: {"type": "boolean"}),
    float: Type(_float, lambda _: {"type": "number"}),
    bytes: Type(_bytes, lambda _: {"type": "string", "pattern": "^([0-9a-f]{2})*$"}),
    Path: Type(lambda value: Path(cast(str, exactly(str, "a path")(value))), lambda _: {"type": "string"}),
}
