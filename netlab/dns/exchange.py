"""One query under way and what may pass for its reply.

A reply counts only from the address and port that were asked, with the ID and the question that were sent, spelled as
they were sent: upper and lower case are random ("0x20", draft-vixie-dnsext-dns0x20). Whoever wants to slip in a
forged reply has to guess all of it (RFC 5452 §9.1). What does not match is ignored and counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, Protocol

from netlab.dns import message
from netlab.dns.message import FormatError, Message
from netlab.dns.names import Name, to_text, to_wire
from netlab.dns.records import IN, type_text

MOST_IGNORED_KEPT = 8  # in words; the count goes on
_REPLY_WITHOUT_QUESTION = (1, 4)  # FORMERR, NOTIMP: some servers send only a header


class Rng(Protocol):
    """random.Random or random.SystemRandom."""

    def getrandbits(self, k: int, /) -> int:
        """`k` random bits."""


class NameServer(NamedTuple):
    """Who is asked: the name it has in NS records, its address, and the port."""

    name: Name
    address: str
    port: int


class Reply(NamedTuple):
    """What came of an exchange: sent at `sent_s`, at `now_s` the reply, or in words why there is none."""

    now_s: float
    message: Message | None
    problem: str = ""
    sent_s: float | None = None


@dataclass(slots=True)
class Query:
    """A query to one server. `payload` is what is sent; `ignored` is what came and did not match."""

    server: NameServer
    name: Name
    rtype: int
    transport: str  # "udp" or "tcp"
    timeout_s: float
    payload: bytes
    edns: bool
    ignored: int = 0
    ignored_words: list[str] = field(default_factory=list)
    case_lost: bool = False
    other_question: bool = False

    def accept(self, data: bytes, address: str, port: int) -> Message | None:
        """The reply, if `data` is one; None after counting it as ignored. Raises FormatError for a reply that is
        broken."""
        payload, end = self.payload, 16 + len(to_wire(self.name))
        if address != self.server.address or port != self.server.port:
            self._ignore(f"from {address} port {port}, who was not asked")
            return None
        if len(data) < 12 or data[:2] != payload[:2] or not data[2] & 0x80:
            self._ignore("with an ID that was not sent" if len(data) >= 12 else "too short for a header")
            return None
        if data[12:end] == payload[12:end]:
            # Names in the reply may point into the question: they are not to inherit its random case.
            return message.read(data[:12] + to_wire(self.name) + data[end - 4 :])
        if data[4:6] == b"\0\0" and data[3] & 15 in _REPLY_WITHOUT_QUESTION:
            return message.read(data)
        if data[12 : end - 4].lower() == to_wire(self.name) and data[end - 4 : end] == payload[end - 4 : end]:
            if self.transport == "tcp":  # forging that takes more than guessing
                return message.read(data)
            self.case_lost = True
            self._ignore("with the question in other upper and lower case")
            return None
        self.other_question = True
        self._ignore(_other_question(data))
        return None

    def _ignore(self, why: str) -> None:
        self.ignored += 1
        if len(self.ignored_words) < MOST_IGNORED_KEPT:
            self.ignored_words.append(why)


def _other_question(data: bytes) -> str:
    try:
        asked = message.read_question(data)
    except FormatError:
        asked = None
    return f"to another question: {to_text(asked.name)} {type_text(asked.rtype)}" if asked else "without the question"


@lru_cache(maxsize=4096)
def _letters(name: Name) -> int:
    """The wire form of `name` as a number that has bit 0x20 set wherever there is a letter."""
    wire = to_wire(name)
    return int.from_bytes(bytes(0x20 if 97 <= octet <= 122 else 0 for octet in wire), "big")


def open_exchange(
    rng: Rng,
    server: NameServer,
    name: Name,
    rtype: int,
    *,
    transport: str,
    timeout_s: float,
    edns_bytes: int | None,
    flags: int = 0,
) -> Query:
    """A new query with a random ID, spelled at random. `edns_bytes` None: without EDNS."""
    wire = to_wire(name)
    letters = _letters(name)
    # XOR with 0x20 turns a lower-case letter of ASCII into its capital; all letters of a Name are lower case.
    spelled = (int.from_bytes(wire, "big") ^ (rng.getrandbits(8 * len(wire)) & letters)).to_bytes(len(wire), "big")
    payload = b"".join(
        (
            message.HEADER.pack(rng.getrandbits(16), flags, 1, 0, 0, edns_bytes is not None),
            spelled,
            rtype.to_bytes(2, "big"),
            IN.to_bytes(2, "big"),
            b"" if edns_bytes is None else b"\0\0\x29" + edns_bytes.to_bytes(2, "big") + b"\0\0\0\0\0\0",
        )
    )
    return Query(server, name, rtype, transport, timeout_s, payload, edns_bytes is not None)
