"""Types as readers of JSON values: a closure for every type, made at its first use and kept."""

from __future__ import annotations

import dataclasses
import re
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, EnumType
from functools import cache
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from netlab.codec.plain import PLAIN, Mismatch, Type, any_json, exactly, wrong
from netlab.codec.values import Form, Json, Pattern
from netlab.errors import NetlabError


@cache
def type_of(form: Form) -> Type:
    """How values of this type are read. TypeError where netlab.codec does not know the type."""
    if form == Json or form is object:
        return Type(any_json, lambda _: {})
    if form in PLAIN:
        return PLAIN[form]
    generic = _GENERIC.get(get_origin(form))
    if generic is not None:
        return generic(get_args(form))
    if hasattr(form, "from_json"):
        return Type(_itself(form), lambda _: cast("dict[str, Json]", form.json_schema()))
    if isinstance(form, EnumType):
        return _choice([(each.value, each) for each in cast("type[Enum]", form)])
    if dataclasses.is_dataclass(form):
        return _dataclass(form)
    raise TypeError(f"{form!r} is not a type that netlab.codec knows")


def _annotated(arguments: Sequence[Form]) -> Type:
    form, *metadata = arguments
    inner = type_of(form)
    patterns = [str(each) for each in metadata if isinstance(each, Pattern)]
    words = " ".join(each for each in metadata if isinstance(each, str) and not isinstance(each, Pattern))
    said: dict[str, Json] = {"description": words} if words else {}
    for pattern in patterns:
        inner = _matching(inner, re.compile(pattern, re.ASCII))
        said["pattern"] = f"^{pattern}$"
    return Type(inner.read, lambda known: {**inner.schema(known), **said}) if said else inner


def _matching(inner: Type, pattern: re.Pattern[str]) -> Type:
    def read(value: object) -> object:
        text = cast(str, inner.read(value))
        if not pattern.fullmatch(text):
            raise wrong(f"text like {pattern.pattern}", value)
        return text

    return Type(read, inner.schema)


def _union(arguments: Sequence[Form]) -> Type:
    """The first member that takes the value; float comes last, since it takes an int for itself, too."""
    members = [
        type_of(each) for each in sorted(arguments, key=lambda each: each is float) if each is not types.NoneType
    ]
    optional = len(members) < len(arguments)
    direct = {each for each in arguments if each in (str, int, bool)}  # so that a cell needs no complaints of others

    def read(value: object) -> object:
        kind = type(value)
        if kind in direct or (value is None and optional):
            return value
        if kind is float and float in arguments:
            return PLAIN[float].read(value)
        if len(members) == 1:
            return members[0].read(value)
        complaints: list[Mismatch] = []
        for member in members:
            try:
                return member.read(value)
            except Mismatch as error:
                complaints.append(error)
        deepest = max(complaints, key=lambda each: len(each.place))
        if deepest.place:
            raise deepest  # the member that is meant
        raise wrong(" or ".join(dict.fromkeys(str(each).partition(" expected")[0] for each in complaints)), value)

    def schema(known: dict[str, Json]) -> dict[str, Json]:
        written: list[Json] = [member.schema(known) for member in members]
        return {"anyOf": [*written, {"type": "null"}] if optional else written}

    return Type(read, schema)


def _key(value: object) -> tuple[type, object]:
    """Python takes 1, 1.0 and True for the same key."""
    return type(value), value


def _choice(choices: Sequence[tuple[object, object]]) -> Type:
    """Of a JSON value what stands for it."""
    members = {_key(value): meant for value, meant in choices}
    names = ", ".join(str(value) for value, _ in choices)

    def read(value: object) -> object:
        if isinstance(value, (list, dict)) or _key(value) not in members:
            raise wrong(f"one of {names}" if len(members) > 1 else names, value)
        return members[_key(value)]

    return Type(read, lambda _: {"enum": [cast(Json, value) for value, _ in choices]})


def _list(item: Type, container: Callable[[list[object]], object]) -> Type:
    def read(value: object) -> object:
        if not isinstance(value, list):
            raise wrong("a list", value)
        found: list[object] = []
        try:
            for each in value:  # one by one: how many there are by then is where the error is
                found.append(item.read(each))  # noqa: PERF401
        except Mismatch as error:
            raise error.inside(f"[{len(found)}]") from None
        return container(found)

    return Type(read, lambda known: {"type": "array", "items": item.schema(known)})


def _tuple(arguments: Sequence[Form]) -> Type:
    if arguments[1:] == (...,):
        return _list(type_of(arguments[0]), tuple)
    items = [type_of(each) for each in arguments]

    def read(value: object) -> object:
        if not isinstance(value, list) or len(value) != len(items):
            raise wrong(f"a list of {len(items)}", value)
        found: list[object] = []
        try:
            for each, item in zip(value, items, strict=True):
                found.append(item.read(each))
        except Mismatch as error:
            raise error.inside(f"[{len(found)}]") from None
        return tuple(found)

    def schema(known: dict[str, Json]) -> dict[str, Json]:
        parts: list[Json] = [item.schema(known) for item in items]
        return {"type": "array", "prefixItems": parts, "items": False, "minItems": len(items)}

    return Type(read, schema)


def _mapping(arguments: Sequence[Form]) -> Type:
    if arguments[0] is not str:
        raise TypeError("netlab.codec knows no mapping but those with str keys: JSON has none")
    item = type_of(arguments[1])

    def read(value: object) -> object:
        if not isinstance(value, dict):
            raise wrong("an object", value)
        found: dict[str, object] = {}
        for name, each in value.items():
            try:
                found[cast(str, exactly(str, "text as a name")(name))] = item.read(each)
            except Mismatch as error:
                raise error.inside(f"[{name!r}]") from None
        return found

    return Type(read, lambda known: {"type": "object", "additionalProperties": item.schema(known)})


def _itself(cls: Form) -> Callable[[object], object]:
    def read(value: object) -> object:
        try:
            return cls.from_json(value)
        except (ValueError, NetlabError) as error:
            raise Mismatch(str(error)) from None

    return read


def _dataclass(cls: Form) -> Type:
    fields: dict[str, Type] = {}  # filled at the first use: a class may contain itself
    required = {each.name for each in dataclasses.fields(cls) if _obligatory(each)}

    def known_fields() -> dict[str, Type]:
        if not fields:
            fields.update({name: type_of(form) for name, form in hints_of(cls).items()})
        return fields

    def read(value: object) -> object:
        if not isinstance(value, dict):
            raise wrong("an object", value)
        known, found = known_fields(), {}
        if not value.keys() <= known.keys():
            raise Mismatch(f"nothing here is called {next(repr(each) for each in value if each not in known)}")
        if not required <= value.keys():
            raise Mismatch(f"'{next(name for name in known if name in required - value.keys())}' is missing")
        for name, each in value.items():
            try:
                found[name] = known[name].read(each)
            except Mismatch as error:
                raise error.inside(f".{name}") from None
        try:
            return cls(**found)
        except (ValueError, NetlabError) as error:  # what its __post_init__ refuses
            raise Mismatch(str(error)) from None

    def schema(definitions: dict[str, Json]) -> dict[str, Json]:
        if cls.__name__ not in definitions:
            definitions[cls.__name__] = {}  # it may contain itself
            properties: dict[str, Json] = {name: each.schema(definitions) for name, each in known_fields().items()}
            definitions[cls.__name__] = {
                "type": "object",
                **_described(cls),
                "properties": properties,
                "required": [name for name in properties if name in required],
                "additionalProperties": False,
            }
        return {"$ref": f"#/$defs/{cls.__name__}"}

    return Type(read, schema)


def _described(cls: Form) -> dict[str, Json]:
    """The first paragraph of its docstring, if it has one that is not made by `dataclass`."""
    words = " ".join((cls.__doc__ or "").split("\n\n")[0].split())
    return {} if not words or words.startswith(f"{cls.__name__}(") else {"description": words}


def _obligatory(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def hints_of(cls: Form) -> dict[str, Form]:
    """The fields of a dataclass with what they are annotated with, each looked up in the module that declares it.

    typing.get_type_hints would follow the recursion of `Json` into its parts.
    """
    found: dict[str, Form] = {}
    names = {each.name for each in dataclasses.fields(cls)}
    for each in reversed(cls.__mro__):
        place = vars(sys.modules[each.__module__])
        for name, form in vars(each).get("__annotations__", {}).items():
            if name in names:
                found[name] = eval(form, place) if isinstance(form, str) else form
    return found


_GENERIC: dict[Form, Callable[[Sequence[Form]], Type]] = {
    Annotated: _annotated,
    Union: _union,
    types.UnionType: _union,
    Literal: lambda arguments: _choice([(each, each) for each in arguments]),
    list: lambda arguments: _list(type_of(arguments[0]), list),
    Sequence: lambda arguments: _list(type_of(arguments[0]), tuple),
    frozenset: lambda arguments: _list(type_of(arguments[0]), frozenset),
    tuple: _tuple,
    dict: _mapping,
    Mapping: _mapping,
}
