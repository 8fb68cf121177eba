"""The boxes: as wide as the bits, at any width of the terminal, with every name and value in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlab.packets.diagram import Box, draw
from netlab.packets.gre import Gre
from netlab.packets.tcp import Tcp

NAMES = st.sampled_from(["A", "Some Name", "Window"])
BOXES = st.lists(st.builds(Box, NAMES, st.integers(1, 130), st.just("7")), min_size=1, max_size=12)


@given(BOXES, st.integers(35, 130))
def test_any_boxes_at_any_width(boxes: list[Box], width: int) -> None:
    lines = draw(boxes, width)
    assert all(len(line) <= width for line in lines)
    assert len({len(line) for line in lines[2:] if line[:1] in "┌├└│"}) <= 2  # the last row may be shorter


def test_the_header_of_tcp_as_rfc_9293_draws_it() -> None:
    boxes = [Box(at.field.label, at.field.bits) for at in Tcp.LAYOUT.placed({})]
    picture = "\n".join(draw(boxes, 80))
    for row in (
        "│          Source Port          │        Destination Port       │",
        "│                        Sequence Number                        │",
        "│  Data │     │A│C│E│U│A│P│R│S│F│",
        "│            Checksum           │         Urgent Pointer        │",
    ):
        assert row in picture


def test_a_conditional_field_is_drawn_only_where_it_is_there() -> None:
    def drawn(header: Gre) -> str:
        values = header.completed(b"", None, None).values()
        return "\n".join(draw([Box(at.field.label, at.field.bits) for at in Gre.LAYOUT.placed(values)], 65))

    bare, full = drawn(Gre()), drawn(Gre(key=1, sequence=2, checksum_present=1))
    assert "Protocol Type" in bare and "Key" not in bare and "Sequence" not in bare and "Checksum" not in bare
    assert bare.count("├") == 0 and full.count("├") == 3  # one row of 32 bits, and three more below it
    assert "├───────────────────────────────┴" in full  # checksum and the reserved half word, side by side
    assert full.index("Checksum") < full.index("Key") < full.index("Sequence Number")


@pytest.mark.parametrize(("width", "bits"), [(130, 32), (65, 32), (64, 16), (33, 16), (32, 8), (20, 8)])
def test_a_row_has_as_many_bits_as_fit(width: int, bits: int) -> None:
    lines = draw([Box("x", 64)], width)
    assert sum(line[:1] == "│" for line in lines) == 64 // bits


def test_a_long_field_goes_on_in_the_next_row_without_a_line_between() -> None:
    lines = draw([Box("Destination", 48, "a"), Box("Source", 48, "b")], 80, ruler=False)
    assert lines[2] == "│                               ┌───────────────────────────────┤"


def test_names_too_long_for_their_box_are_written_downwards() -> None:
    lines = draw([Box("SYN", 1, "1"), Box("rest", 31)], 80, ruler=False)
    assert [line[1] for line in lines[1:5]] == ["S", "Y", "N", "1"]


def test_data_has_a_row_of_its_own() -> None:
    lines = draw([Box("Port", 16), Box("Data", None, "3 bytes")], 80, ruler=False)
    assert "Data: 3 bytes" in lines[3] and len(lines[3]) == 65
