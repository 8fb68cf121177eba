"""Dataclasses as JSON values and back: strict, and of no type but what the annotations say.

`encode` goes by what a value is, `decode` by what a type asks for. A type is worked out once, into a closure that is
kept; where in the document something is wrong is put together only on the way out of an error.

Known are dataclasses, str, int, float, bool, None, unions, Literal, Enum, tuple, list, Sequence, dict and Mapping with
str keys, frozenset, bytes (hex digits), Path, `Json` for any value, and Annotated: a str in it describes the value, a
`Pattern` is what a text has to match. A class may do it itself: `to_json(self)` and the class methods
`from_json(value)` and `json_schema()`. Of a dataclass with `json_omits_defaults = True` only those fields are written
that differ from their default.

JSON has no NaN and no infinity: `encode` writes null for both, which is what netlab means by "unknown". So a number
that can be unknown is declared `float | None`; null is refused where a plain `float` is asked for.
"""

from __future__ import annotations

from typing import TypeVar, cast

from netlab.codec.plain import Mismatch
from netlab.codec.reading import type_of
from netlab.codec.values import Form, Json, Pattern
from netlab.codec.writing import encode
from netlab.errors import UsageError

__all__ = ["DecodeError", "Json", "Pattern", "decode", "encode", "json_schema"]

T = TypeVar("T")


class DecodeError(UsageError):
    """A JSON value that is not what the type asks for; the message begins with the place: "events[3].host"."""


def decode(cls: type[T], value: Json, where: str = "") -> T:
    """The `cls` that `value` describes. Raises DecodeError; `where` is put before the place in its message."""
    form: Form = cls
    try:
        return cast(T, type_of(form).read(value))
    except Mismatch as error:
        place = (where + error.place).removeprefix(".")
        raise DecodeError(f"{place}: {error}" if place else str(error)) from None
    except RecursionError:
        raise DecodeError(f"{where}: nested too deeply".removeprefix(": ")) from None


def json_schema(cls: Form) -> dict[str, Json]:
    """JSON Schema (2020-12) of what `decode` takes; every dataclass is one of its "$defs"."""
    definitions: dict[str, Json] = {}
    schema = type_of(cls).schema(definitions)
    return {**schema, "$defs": definitions} if definitions else schema
