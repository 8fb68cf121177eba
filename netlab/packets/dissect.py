"""Bytes to layers: the program that takes one header off after the other (lecture 2), and never believes a length.

A dissection always comes back. Where bytes are missing or a length lies it is partial: the layers so far, the fields of
the last header that are whole, and `stopped`, which says at which byte and why. Everything else that is odd (a wrong
checksum, bytes beyond the end) is a note on its layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from netlab.packets import checks, header_option, payload
from netlab.packets.arp import Arp
from netlab.packets.ethernet import Ethernet, Vlan
from netlab.packets.field import Placed
from netlab.packets.gre import Gre
from netlab.packets.header import Header, Next, StopError
from netlab.packets.icmp import Icmp
from netlab.packets.icmpv6 import Icmpv6
from netlab.packets.igmp import Igmp
from netlab.packets.ipv4 import Ipv4
from netlab.packets.ipv6 import DestinationOptions, Fragment, HopByHop, Ipv6, Routing
from netlab.packets.links import LINKS
from netlab.packets.payload import Content
from netlab.packets.tcp import Tcp
from netlab.packets.udp import Udp

H = TypeVar("H", bound=Header)

ETHERNET, RAW_IP = 1, 101  # LINKTYPE_ values of capture files

HEADERS: tuple[type[Header], ...] = (
    Ethernet,
    Vlan,
    Arp,
    Ipv4,
    Ipv6,
    HopByHop,
    Routing,
    Fragment,
    DestinationOptions,
    Icmp,
    Icmpv6,
    Igmp,
    Udp,
    Tcp,
    Gre,
)


def _called(table: str) -> dict[int, type[Header]]:
    """The headers that have a number in this registry, by that number."""
    return {header.NUMBERS[table]: header for header in HEADERS if table in header.NUMBERS}


REGISTRIES: dict[str, dict[int, type[Header]]] = {
    "link": LINKS,
    "ethertype": {**_called("ethertype"), 0x88A8: Vlan},  # the outer tag of two: IEEE 802.1ad
    "ip": _called("ip"),
    "version": {4: Ipv4, 6: Ipv6},
    "quoted": {4: Ipv4, 6: Ipv6},
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A field or option where it was found: bits [`first`, `last`] of its header."""

    label: str
    first: int
    last: int
    value: Any
    text: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Layer:
    """A header in bytes [`start`, `end`) of the frame. `header` is None where only some of its fields are here.

    `quoted`: within an ICMP error, the packet that the error is about.
    """

    name: str
    source: str
    start: int
    end: int
    header: Header | None
    fields: tuple[Shown, ...]
    notes: tuple[str, ...] = ()
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class StoppedAt:
    """Where a dissection ended before its time: the byte of the frame, and why."""

    at: int
    why: str


@dataclass(frozen=True, slots=True)
class Dissection:
    """A frame in layers. `content`: bytes [`start`, `end`) that no header has taken; `trailer` bytes follow them."""

    frame: bytes
    layers: tuple[Layer, ...]
    start: int
    end: int
    content: Content | None = None
    stopped: StoppedAt | None = None

    def find(self, kind: type[H]) -> H | None:
        """The first (outermost) header of class `kind`, or None."""
        return next((layer.header for layer in self.layers if isinstance(layer.header, kind)), None)

    @property
    def data(self) -> bytes:
        """What the innermost header carries."""
        return self.frame[self.start : self.end]

    @property
    def trailer(self) -> int:
        """Bytes after the packet's own end: Ethernet frames are filled up to 60."""
        return len(self.frame) - self.end


@dataclass(slots=True)
class _State:
    """Where the dissection is: bytes [at, end) belong to what comes next."""

    frame: bytes
    at: int
    end: int
    cut: bool  # the capture has fewer bytes than the wire had, or a length lies: what is at the end is missing
    layers: list[Layer] = field(default_factory=list)
    quoted: bool = False


def dissect(frame: bytes, link: int = ETHERNET, original: int | None = None) -> Dissection:
    """The layers of `frame`. `link` is the capture file's link type; `original` how long the frame was on the wire."""
    state = _State(frame, 0, len(frame), original is not None and original > len(frame))
    following: Next | None = first(link, frame)
    stopped = None if following else StoppedAt(0, f"frames of link type {link} are not known here")
    try:
        while following and (kind := REGISTRIES.get(following.table, {}).get(following.number)):
            following = _layer(state, kind, following.table == "quoted")
    except StopError as stop:
        if not (state.quoted and stop.at >= len(frame)):  # an error quotes no more than the beginning of a packet
            stopped = StoppedAt(stop.at, stop.why)
    content = None
    if stopped is None and state.at < state.end:
        content = payload.look(frame[state.at : state.end], [layer.header for layer in state.layers if layer.header])
        if following and following.table == "ip":
            content = payload.unknown(following.number)
    if stopped is None and state.cut:
        stopped = StoppedAt(len(frame), _missing(state, original))
    return Dissection(frame, tuple(state.layers), state.at, state.end, content, stopped)


def first(link: int, frame: bytes) -> Next | None:
    """What a frame of this link type begins with; raw IP says by its version."""
    if link in (RAW_IP, 228, 229):
        version = frame[0] >> 4 if frame else 4
        return Next("version", {101: 6 if version == 6 else 4, 228: 4, 229: 6}[link])
    return Next("link", link) if link in LINKS else None


def _missing(state: _State, original: int | None) -> str:
    if original is not None and original > len(state.frame):
        return f"the capture has {len(state.frame)} of the frame's {original} bytes"
    return "the packet says that it is longer than the bytes that are here"


def _layer(state: _State, kind: type[Header], quoted: bool) -> Next | None:
    """Take one header off; returns what follows. StopError with `at` counted from the frame's beginning."""
    start, window = state.at, state.frame[state.at : state.end]
    state.quoted = state.quoted or quoted
    try:
        header, size = kind.parse(window)
    except StopError as stop:
        _partial(state, kind, window)
        raise StopError(start + stop.at, stop.why) from None
    notes: list[str] = []
    lie = None
    try:
        body = header.size_of_body()
    except StopError as stop:
        body, lie = None, stop
    missing = body is not None and start + size + body > state.end
    if missing and not state.quoted:
        state.cut = True
        notes.append(f"says that {body} bytes follow, and {state.end - start - size} are here")
    elif body is not None and not missing:
        state.end = start + size + body
    below = [layer.header for layer in state.layers]
    notes += checks.notes(header, below, state.frame[start : state.end], state.cut or state.quoted)
    fields = tuple(_fields(header))
    state.layers.append(
        Layer(header.NAME, header.SOURCE, start, start + size, header, fields, tuple(notes), state.quoted)
    )
    state.at = start + size
    if lie is not None:
        raise StopError(start + lie.at, lie.why)
    return header.following()


def _fields(header: Header) -> Iterator[Shown]:
    for at in header.LAYOUT.placed(header.values()):
        yield _shown(at, getattr(header, at.field.name))
    kinds = header.OPTION_KINDS
    for start, each in header.variable():
        kind = kinds.get(each.kind)
        meaning = kind.meaning if kind else "not known here"
        name, text = header_option.name_of(each, kinds), header_option.text_of(each, kinds)
        yield Shown(name, start * 8, (start + each.size) * 8 - 1, each.data.hex(), text, meaning)


def _shown(at: Placed, value: Any) -> Shown:
    return Shown(at.field.label, at.first, at.last, value, at.field.text(value), at.field.meaning)


def _partial(state: _State, kind: type[Header], window: bytes) -> None:
    """The fields that are whole, of a header that is not."""
    layout = kind.LAYOUT
    values = layout.unpack(window)
    whole = [at for at in layout.placed(values) if at.last < len(window) * 8]
    shown = tuple(_shown(at, values[at.field.name]) for at in whole)
    end = state.at + min(len(window), layout.size_of(values))
    state.layers.append(Layer(kind.NAME, kind.SOURCE, state.at, end, None, shown, (), state.quoted))
    state.at = end
