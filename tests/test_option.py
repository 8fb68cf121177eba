"""A record of options: what its fields are on a command line, and how the record is put together from them."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field
from typing import Annotated

import pytest

from netlab.notation import Address
from netlab.option import Argument, Option, Without, build, flat, leaves

PACE = Option("How fast.", "N")
HERE = Address("here", 1)


@dataclass(frozen=True, slots=True)
class Load:
    connections: Annotated[int, Option("How many.", "N", 1)] = 10
    duration_s: Annotated[float, Option("How long.", "S")] = 2.0
    drain_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Parameters:
    target: Annotated[Address, Argument("Where to.", "HOST:PORT")]
    load: Annotated[Load, Without("duration_s")] = field(default_factory=lambda: Load(connections=20))
    load_rate: Annotated[float | None, PACE] = None
    keep_free_bytes: Annotated[int | None, Option("Memory.", "BYTES")] = None
    packets: Annotated[str | None, Option("Which.", "N", name="--packet", recorded=False)] = None
    place: Address = HERE


def test_the_options_are_the_annotated_fields_those_of_nested_records_among_them() -> None:
    found = {leaf.name: leaf for leaf in leaves(Parameters)}
    assert list(found) == ["target", "connections", "load_rate", "keep_free_bytes", "packets"]
    flags = [leaf.flag for leaf in found.values()]
    assert flags == ["--target", "--connections", "--load-rate", "--keep-free", "--packet"]
    assert found["target"].default is MISSING and found["load_rate"].default is None
    assert found["load_rate"].option is PACE


def test_the_default_of_a_nested_option_is_that_of_the_outer_record() -> None:
    assert {leaf.name: leaf.default for leaf in leaves(Parameters)}["connections"] == 20
    assert {leaf.name: leaf.default for leaf in leaves(Load)}["connections"] == 10


def test_a_record_is_built_from_what_is_given_and_its_defaults() -> None:
    there = Address("there", 7)
    assert build(Parameters, {"target": there, "connections": 3}) == Parameters(there, Load(3))
    assert build(Parameters, {"target": there}) == Parameters(there)
    with pytest.raises(TypeError):
        build(Parameters, {})


def test_a_record_is_recorded_flat_but_for_values_that_are_no_options() -> None:
    assert flat(Parameters(Address("there", 7), packets="2")) == {
        "host": "there",
        "port": 7,
        "connections": 20,
        "duration_s": 2.0,
        "drain_s": 1.0,
        "load_rate": None,
        "keep_free_bytes": None,
        "place": HERE,
    }
