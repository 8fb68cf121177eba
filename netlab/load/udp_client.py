"""One UDP client: what it sends, and what has become of each datagram.

A datagram can be lost, come twice, come out of order, or come after nobody waits for it any more, and UDP
says nothing of it. So each one carries in its first eight bytes a number of its own: which client, and the
how manieth. The rest is random bytes that differ from one datagram to the next. A datagram of less than eight
bytes has no room for a number: then one at a time is under way, and a late echo cannot be told from a second
one with certainty.
"""

from __future__ import annotations

import struct

from netlab.load.payload import VARIETY

HEADER = struct.Struct("<Q")
CLIENT_SHIFT = 40
"""The number is the client's number times 2^40, plus a count from 0: the greeting is 0, the first of the run 1."""
LOST_AFTER_S = 0.2
"""How long an echo is waited for."""
MOST_REMEMBERED = 4096
"""Lost datagrams that a client remembers, to know their echoes if they come after all."""

# What the fates of datagrams are called; `sent` = `echoed` + `lost` once all is over.
SENT = "sent"
ECHOED = "echoed"  # came back in time, whole and intact
LOST = "lost"  # had not come back within LOST_AFTER_S
LATE = "late"  # of those: came back after all
DUPLICATED = "duplicated"  # came back once more
REORDERED = "reordered"  # of the echoed: came back after one that had been sent later
CORRUPT_ONES = "corrupt"  # came back as something that this client has not sent
REFUSED = "refused"  # "port unreachable" (ICMP) came instead
OVERFLOWED = "lost here"  # of the lost: the echo came, and this client's own receive queue had no room for it
FATES = (SENT, ECHOED, LOST, LATE, DUPLICATED, REORDERED, CORRUPT_ONES, REFUSED, OVERFLOWED)


class UdpClient:
    """A connected socket and its books."""

    __slots__ = ("base", "fd", "given_up", "highest", "in_flight", "numbered", "sent", "size", "tails")

    def __init__(self, fd: int, index: int, ring: tuple[bytes, ...], size: int) -> None:
        """`index`: the client's number; no two on one server may have the same."""
        self.fd = fd
        self.size = size
        self.numbered = size >= HEADER.size
        self.base = index << CLIENT_SHIFT
        self.tails = tuple(message[HEADER.size :] if self.numbered else message for message in ring)
        self.sent = 0  # number of the last one sent
        self.highest = 0  # highest number that has come back
        self.in_flight: dict[int, tuple[int, int]] = {}  # number → when it was sent, and when it was due
        self.given_up: dict[int, None] = {}  # numbers of the lost, oldest first

    def message(self, number: int) -> bytes:
        """The datagram with that number."""
        tail = self.tails[number % VARIETY]
        return HEADER.pack(self.base + number) + tail if self.numbered else tail

    def number_of(self, data: bytes) -> int | None:
        """The number of a datagram that this client has sent; None for anything else. Not for unnumbered ones."""
        if len(data) != self.size:
            return None
        number: int = HEADER.unpack_from(data)[0] - self.base
        if 0 <= number <= self.sent and data[HEADER.size :] == self.tails[number % VARIETY]:
            return number
        return None

    def give_up(self, number: int) -> None:
        """It is lost."""
        self.given_up[number] = None
        if len(self.given_up) > MOST_REMEMBERED:
            del self.given_up[next(iter(self.given_up))]

    def judge(self, data: bytes) -> str | None:
        """What to call a datagram that was not waited for; None for the echo of a greeting sent twice."""
        if not self.numbered:
            if data not in self.tails:
                return CORRUPT_ONES
            return LATE if self.given_up and self.given_up.popitem() else DUPLICATED
        number = self.number_of(data)
        if number is None:
            return CORRUPT_ONES
        if number in self.given_up:
            del self.given_up[number]
            return LATE
        return DUPLICATED if number else None
