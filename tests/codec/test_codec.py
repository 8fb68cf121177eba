"""netlab.codec: what goes out comes back the same; what does not fit is refused with its place, and never otherwise."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal

import jsonschema
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from netlab.codec import DecodeError, Json, decode, encode, json_schema
from netlab.codec.reading import type_of
from netlab.errors import UsageError


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Inner:
    name: str
    size: int = 0


@dataclass(frozen=True, slots=True)
class Chance:
    """A number between 0 and 1."""

    value: float

    def __post_init__(self) -> None:
        if not 0 <= self.value <= 1:
            raise UsageError("a chance is between 0 and 1")


@dataclass(frozen=True, slots=True)
class Tree:
    leaves: tuple[Tree, ...] = ()


@dataclass(frozen=True, slots=True)
class Everything:
    """One field for each kind of type."""

    text: str
    whole: int
    number: float
    yes: bool
    nothing: None
    perhaps: float | None
    inner: Inner
    colour: Colour
    word: Literal["up", "down", 1]
    many: tuple[int, ...]
    pair: tuple[str, int | None]
    listed: list[Inner]
    named: dict[str, Inner]
    several: Sequence[int]
    lookup: Mapping[str, float]
    data: bytes
    path: Path
    kinds: frozenset[str]
    value: int | float | str | None
    anything: Json
    told: Annotated[int, "How many."]
    tree: Tree = Tree()
    last: Inner = field(default_factory=lambda: Inner("last"))


finite = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
inners = st.builds(Inner, st.text(), st.integers())
everything = st.builds(
    Everything,
    text=st.text(),
    whole=st.integers(),
    number=finite,
    yes=st.booleans(),
    nothing=st.none(),
    perhaps=st.none() | finite,
    inner=inners,
    colour=st.sampled_from(Colour),
    word=st.sampled_from(["up", "down", 1]),
    many=st.lists(st.integers(), max_size=3).map(tuple),
    pair=st.tuples(st.text(), st.none() | st.integers()),
    listed=st.lists(inners, max_size=2),
    named=st.dictionaries(st.text(), inners, max_size=2),
    several=st.lists(st.integers(), max_size=3).map(tuple),
    lookup=st.dictionaries(st.text(), finite, max_size=2),
    data=st.binary(max_size=20),
    path=st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=10).map(Path),
    kinds=st.frozensets(st.text(), max_size=3),
    value=st.none() | st.integers() | finite | st.text(),
    anything=json_values,
    told=st.integers(),
    tree=st.just(Tree((Tree(), Tree((Tree(),))))),
)


@given(everything)
def test_comes_back_the_same_through_json(value: Everything) -> None:
    text = json.dumps(encode(value), allow_nan=False)
    assert decode(Everything, json.loads(text)) == value


@examples(25)
@given(everything)
def test_the_schema_takes_what_is_encoded(value: Everything) -> None:
    jsonschema.Draft202012Validator(json_schema(Everything)).validate(json.loads(json.dumps(encode(value))))


@given(json_values)
def test_any_json_value_is_taken_or_refused_with_the_codecs_own_error(value: Json) -> None:
    for cls in (Everything, Inner, Colour, Chance, Tree, dict[str, Inner], tuple[int, str], list[Literal[1, "a"]]):
        try:
            decode(cls, value)
        except DecodeError:
            pass


@examples(300)
@given(st.data())
def test_one_wrong_value_anywhere_is_refused_with_its_place(data: st.DataObject) -> None:
    """Whatever is put in the place of one part of a valid document: it is taken, or refused by a DecodeError."""
    document = json.loads(json.dumps(encode(data.draw(everything))))
    at, where = document, ""
    while isinstance(at, (dict, list)) and at:
        keys = sorted(at) if isinstance(at, dict) else range(len(at))
        key = data.draw(st.sampled_from(list(keys)))
        where += f".{key}" if isinstance(at, dict) else f"[{key}]"
        if data.draw(st.booleans()) or not isinstance(at[key], (dict, list)) or not at[key]:
            at[key] = data.draw(json_values)
            break
        at = at[key]
    try:
        decode(Everything, document)
    except DecodeError as error:
        # Inside of what was put there the place can be a deeper one; a dict's key is written ['key'].
        assert error.message.partition(":")[0].split("[")[0].split(".")[0] == where[1:].split("[")[0].split(".")[0]


@pytest.mark.parametrize(
    ("cls", "value", "words"),
    [
        (int, True, "a whole number expected, not True"),
        (int, 1.0, "a whole number expected, not 1.0"),
        (float, True, "a number expected, not True"),
        (float, 10**400, "a number expected, but this one is too large"),
        (float, None, "a number expected, not null"),
        (float, math.nan, "a number expected, not nan"),
        (bool, 1, "true or false expected, not 1"),
        (str, 5, "text expected, not 5"),
        (bytes, "0g", "hex digits expected, not '0g'"),
        (bytes, "0A 1b", "hex digits expected, not '0A 1b'"),
        (int | None, "x", "a whole number expected, not 'x'"),
        (int | str, [], "a whole number or text expected, not a list"),
        (Literal["a", "b"], "c", "one of a, b expected, not 'c'"),
        (Literal[1], True, "1 expected, not True"),
        (Colour, "green", "one of red, blue expected, not 'green'"),
        (Colour, {}, "one of red, blue expected, not an object"),
        (tuple[int, ...], [1, 2, "3"], "[2]: a whole number expected, not '3'"),
        (tuple[int, str], [1], "a list of 2 expected, not a list"),
        (tuple[int, str], [1, 2], "[1]: text expected, not 2"),
        (list[Inner], [{"name": "a"}, {"name": 1}], "[1].name: text expected, not 1"),
        (dict[str, Inner], {"it's": {"name": "a", "size": None}}, '["it\'s"].size: a whole number expected, not null'),
        (Inner, {"name": "a", "colour": 1}, "nothing here is called 'colour'"),
        (Inner, {"size": 1}, "'name' is missing"),
        (Inner, [], "an object expected, not a list"),
        (Inner | None, {"name": 5}, "name: text expected, not 5"),
        (int | Inner, {"name": 5}, "name: text expected, not 5"),
        (list[Chance], [{"value": 2}], "[0]: a chance is between 0 and 1"),
    ],
)
def test_refusals_name_the_place_and_what_was_expected(cls: type, value: Json, words: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(cls, value)
    assert caught.value.message == words


def test_where_is_put_before_the_place() -> None:
    with pytest.raises(DecodeError, match=r"^run\.json: result\.name: "):
        decode(Inner, {"name": None}, "run.json: result")


def test_whole_numbers_are_taken_for_float_and_become_one() -> None:
    assert type(decode(float, 3)) is float
    assert type(decode(int | float, 3)) is int


def test_what_has_a_default_can_be_missing() -> None:
    assert decode(Inner, {"name": "a"}) == Inner("a", 0)


def test_nan_and_infinity_become_null() -> None:
    assert encode([math.nan, math.inf, -math.inf, 1.5]) == [None, None, None, 1.5]


def test_what_has_no_form_in_json_is_a_type_error() -> None:
    for value in (object(), {1: "a"}, [print]):
        with pytest.raises(TypeError):
            encode(value)
    with pytest.raises(TypeError):
        decode(dict[int, str], {})
    with pytest.raises(TypeError):
        decode(complex, 1)


def test_a_document_nested_too_deeply_is_refused() -> None:
    deep: Json = {}
    for _ in range(100_000):
        deep = {"leaves": [deep]}
    with pytest.raises(DecodeError, match="nested too deeply"):
        decode(Tree, deep)


def test_a_class_can_have_a_form_of_its_own() -> None:
    assert encode([Celsius(21.5)]) == ["21.5 °C"]
    assert decode(list[Celsius], ["3 °C"]) == [Celsius(3.0)]
    with pytest.raises(DecodeError, match=r"^\[0\]: could not convert"):
        decode(list[Celsius], ["warm °C"])
    assert json_schema(list[Celsius]) == {"type": "array", "items": {"type": "string"}}


@dataclass(frozen=True)
class Celsius:
    degrees: float

    def to_json(self) -> Json:
        return f"{self.degrees} °C"

    @classmethod
    def from_json(cls, value: Json) -> Celsius:
        return cls(float(str(value).removesuffix(" °C")))

    @classmethod
    def json_schema(cls) -> Json:
        return {"type": "string"}


def test_the_schema_says_what_is_required_and_what_a_class_is() -> None:
    schema = json_schema(Chance)
    assert schema == {
        "$ref": "#/$defs/Chance",
        "$defs": {
            "Chance": {
                "type": "object",
                "description": "A number between 0 and 1.",
                "properties": {"value": {"type": "number"}},
                "required": ["value"],
                "additionalProperties": False,
            }
        },
    }
    everything_schema = json.dumps(json_schema(Everything))
    assert '"description": "How many."' in everything_schema
    assert "size" not in json_schema(Inner)["$defs"]["Inner"]["required"]  # type: ignore[index,call-overload]


def test_a_type_is_worked_out_once() -> None:
    """Neither closures nor places are made anew for each row."""
    decode(list[Inner], [])
    before = type_of.cache_info().misses
    decode(list[Inner], [{"name": "a", "size": number} for number in range(1_000)])
    assert type_of.cache_info().misses <= before + 2  # those of the fields, at the first row
