"""ResponseParser: the bytes of one connection in, events out. No socket, no clock (RFC 9112 §2 to §9.2).

The same bytes give the same events however they are cut, except that `Data` is cut where the input was. What has come
of a head, a chunk line or a trailer section is held until its end is there; how far one has looked for it is
remembered, so that a head that comes byte by byte costs no more than a few looks at each byte.
"""

from __future__ import annotations

from collections import deque

from netlab.http import chunks, fields, heads
from netlab.http.events import Body, ChunkHead, Data, End, Event, Head, Incomplete, Note, Refused, Trailers, Upgraded
from netlab.http.faults import ExaminedBytes, Fault
from netlab.http.held import HeldBytes
from netlab.http.limits import HeadLimits
from netlab.http.understanding import understood

# What is read next.
_HEAD, _FIXED, _UNTIL_CLOSE, _CHUNK_LINE, _CHUNK_DATA, _CHUNK_END, _TRAILERS, _IDLE, _RAW, _OVER = range(10)
_WHERE = {_HEAD: "status line", _FIXED: "body", _UNTIL_CLOSE: "body", _TRAILERS: "trailer section"}
_NEVER_IN_TRAILERS = frozenset((b"content-length", b"transfer-encoding", b"host", b"content-encoding", b"content-type"))


class ResponseParser:
    """Reads the responses of one connection. Call `expect` for each request that is sent, then `feed` what comes.

    `received` counts the bytes fed. `reusable`: another request may be sent on this connection.
    """

    def __init__(self, limits: HeadLimits | None = None, *, lenient: bool = False) -> None:
        self.limits = limits or HeadLimits()
        self.lenient = lenient
        self.received = 0
        self.reusable = True
        self._looked = 0
        self._methods: deque[str] = deque()
        self._state = _IDLE
        self._held = HeldBytes()
        self._left = 0
        self._chunk = 0
        self._interim = 0
        self._started = 0
        self._head: Head | None = None

    @property
    def looked(self) -> int:
        """How many bytes were looked at for the ends of lines, those looked at again included."""
        return self._looked + self._held.looked

    @property
    def body_left(self) -> int:
        """Bytes of a body of known length that are still to come: as much may be received straight into its place."""
        return self._left if self._state == _FIXED else 0

    @property
    def where(self) -> str:
        """What is being read, in words."""
        state = self._state
        if state == _HEAD and self._held.data:
            raw, at = bytes(self._held.data), self.received - len(self._held.data)
            try:
                return heads.read(raw, at, self.limits.fields, self.lenient)[2] or _WHERE[state]
            except Fault as fault:
                return fault.where
        if state in (_CHUNK_LINE, _CHUNK_DATA, _CHUNK_END):
            return f"chunk {self._chunk}"
        return _WHERE.get(state, "after the response")

    def expect(self, method: str) -> None:
        """A request with this method was sent (or is about to be)."""
        self._methods.append(method)
        if self._state == _IDLE and self.reusable:
            self._state, self._started = _HEAD, self.received

    def feed(self, data: Body) -> list[Event]:
        """The events that follow from the next bytes; after Refused there are none."""
        size = len(data)
        base = self.received
        self.received += size
        state = self._state
        if state == _FIXED and size < self._left:  # the hot path of a long body: one event, no copy
            self._left -= size
            return [Data(base, base + size, memoryview(data))]
        if state == _OVER or not size:
            return []
        events: list[Event] = []
        try:
            self._read(data, base, events)
        except Fault as fault:
            events.append(Refused(fault.at, fault.end, fault.where, fault.what, fault.source))
            self._end_all()
        return events

    def feed_eof(self, *, clean: bool = True) -> list[Event]:
        """The connection has ended. `clean` False: by TLS without close_notify, which may be an attacker's doing."""
        state, at = self._state, self.received
        if state == _OVER:
            return []
        events: list[Event] = []
        if state == _UNTIL_CLOSE and clean:
            self._finish(at, at, events)
        elif state == _UNTIL_CLOSE:
            what = "TLS ended without close_notify: the body may have been cut"
            events.append(Incomplete(self._started, at, "body", what, "RFC 9112 §9.8"))
        elif state == _RAW or (state == _IDLE and not self._methods):
            pass
        else:
            self._cut_short(state, at, events)
        self._end_all()
        return events

    def diagnose(self) -> Refused | None:
        """What is wrong with what is held, where it is wrong already: for a peer that stops in the middle of a line."""
        try:
            self._look_closer(bytes(self._held.data), self.received - len(self._held.data))
        except Fault as fault:
            return Refused(fault.at, fault.end, fault.where, fault.what, fault.source)
        return None

    # What follows is told apart by state; each _read_… returns where the next begins, or -1 for "more bytes".

    def _read(self, data: Body, base: int, events: list[Event]) -> None:
        if self._held.data:
            self._held.data += data
            if not self._ready():
                return
            base -= len(self._held.data) - len(data)
            data = self._held.taken()
        pos, size = 0, len(data)
        while pos < size:
            state = self._state
            if state in (_FIXED, _CHUNK_DATA):
                pos = self._read_known(data, pos, base, events)
            elif state in (_UNTIL_CLOSE, _RAW):
                events.append(Data(base + pos, base + size, memoryview(data)[pos:]))
                return
            else:
                if type(data) is not bytes:
                    data = bytes(data)  # lines are looked for, and a view cannot be searched
                new = self._read_line(data, pos, base, events)
                if new < 0:
                    self._held.begin(data[pos:])
                    if self._ready():
                        self._look_closer(bytes(self._held.data), base + pos)
                    return
                pos = new

    def _read_line(self, data: bytes, pos: int, base: int, events: list[Event]) -> int:
        """A head, or what else consists of lines."""
        state = self._state
        if state == _HEAD:
            return self._read_head(data, pos, base, events)
        if state == _CHUNK_LINE:
            return self._read_chunks(data, pos, base, events)
        if state == _CHUNK_END:
            return self._read_chunk_end(data, pos, base, events)
        if state == _TRAILERS:
            return self._read_trailers(data, pos, base, events)
        return self._read_nothing(data, pos, base)

    def _ready(self) -> bool:
        """True where the bytes held are worth reading."""
        state, limits, strict = self._state, self.limits, not self.lenient
        if state == _CHUNK_LINE:
            return self._held.has_line(limits.chunk_line_bytes)
        if state == _HEAD:
            opening = self._held.data[:5]
            if opening[0] in b"\r\n" or not b"HTTP/".startswith(opening):
                return True
            return self._held.has_section(limits.head_bytes, bare_will_do=strict, space_will_do=strict)
        if state == _TRAILERS:
            return self._held.has_section(limits.trailer_bytes, bare_will_do=strict, space_will_do=False)
        return True

    def _look_closer(self, held: bytes, base: int) -> None:
        """Raise Fault if something is wrong with the beginning of a head, a chunk line or a trailer section."""
        state, limits = self._state, self.limits
        self._looked += len(held)
        if state == _HEAD:
            held = held[: limits.head_bytes + 1]
            heads.read(held, base, limits.fields, self.lenient)
            if len(held) > limits.head_bytes:
                raise _too_long(base, limits.head_bytes, "head", "a head", "RFC 9110 §5.4")
        elif state == _CHUNK_LINE:
            held = held[: limits.chunk_line_bytes + 1]
            chunks.read(ExaminedBytes(held, base, self.lenient), self._chunk)
            if len(held) > limits.chunk_line_bytes:
                raise _too_long(
                    base, limits.chunk_line_bytes, f"chunk {self._chunk}", "a chunk line", "RFC 9112 §7.1.1"
                )
        elif state == _TRAILERS:
            held = held[: limits.trailer_bytes + 1]
            self._trailer_section(held, 0, base)
            if len(held) > limits.trailer_bytes:
                raise _too_long(base, limits.trailer_bytes, "trailer section", "a trailer section", "RFC 9110 §6.5")

    def _read_head(self, data: bytes, pos: int, base: int, events: list[Event]) -> int:
        start = pos
        size = len(data)
        while pos < size and data[pos] in b"\r\n":  # empty lines before a response
            if data[pos] == 13 and pos + 1 == size:
                return -1 if pos == start else pos
            if data[pos] == 13 and data[pos + 1] != 10:
                raise Fault(base + pos, base + pos + 1, "status line", "CR without LF after it", "RFC 9112 §2.2")
            if data[pos] == 10 and not self.lenient:
                raise Fault(base + pos, base + pos + 1, "status line", "LF without CR before it", "RFC 9112 §2.2")
            width = 2 if data[pos] == 13 else 1
            self._blank_line(base + pos, base + pos + width, events)
            pos += width
        if pos > start:
            return pos
        limits = self.limits
        end = data.find(b"\r\n\r\n", pos) + 4
        self._looked += (end if end > 3 else size) - pos
        if 3 < end <= pos + limits.head_bytes:
            raw = data[pos:end]
            found = heads.quick(raw)
            if found is not None and len(found.fields) <= limits.fields:
                self._begin(base + pos, raw, found, events)
                return end
        elif not self.lenient:
            if end > 3:
                self._look_closer(data[pos : pos + limits.head_bytes + 1], base + pos)
            return -1
        raw = data[pos : pos + limits.head_bytes]
        self._looked += len(raw)
        read, length, _ = heads.read(raw, base + pos, limits.fields, self.lenient)
        if read is None:
            return -1
        self._begin(base + pos, raw[:length], read, events)
        return pos + length

    def _blank_line(self, start: int, end: int, events: list[Event]) -> None:
        """An empty line where a status line should be: let pass (RFC 9112 §9.2), but not without end."""
        if start - self._started >= self.limits.head_bytes:
            raise Fault(start, end, "status line", "empty lines without end (netlab's limit)", "RFC 9112 §2.2")
        events.append(Note(start, end, "before the status line", "an empty line, skipped", "RFC 9112 §9.2"))

    def _begin(self, start: int, raw: bytes, read: heads.Read, events: list[Event]) -> None:
        """A head has been read: say so, and decide what comes after it."""
        head, notes = understood(start, raw, read, self._methods[0])
        events += read.notes
        events.append(head)
        events += notes
        self._started = head.end
        framed, kind = head.framing, head.framing.kind
        if head.interim:
            self._interim += 1
            if self._interim > self.limits.interim:
                what = f"more than {self.limits.interim} interim responses (netlab's limit)"
                raise Fault(start, head.end, "status line", what, "RFC 9110 §15.2")
            return
        self._head = head
        if kind == "length" and framed.length:
            self._state, self._left = _FIXED, framed.length
        elif kind == "chunked":
            self._state, self._chunk = _CHUNK_LINE, 1
        elif kind == "close":
            self._state = _UNTIL_CLOSE
        elif kind == "upgrade":
            self._methods.popleft()
            self._state, self.reusable = _RAW, False
            events.append(Upgraded(head.end, head.end))
        else:
            self._finish(head.end, head.end, events)

    def _read_known(self, data: Body, pos: int, base: int, events: list[Event]) -> int:
        """Body bytes of which it is known how many they are."""
        stop = min(pos + self._left, len(data))
        if stop > pos:
            events.append(Data(base + pos, base + stop, memoryview(data)[pos:stop]))
            self._left -= stop - pos
        if not self._left:
            if self._state == _FIXED:
                self._finish(base + stop, base + stop, events)
            else:
                self._state = _CHUNK_END
        return stop

    def _read_chunks(self, data: bytes, pos: int, base: int, events: list[Event]) -> int:
        """As many whole chunks as there are, then the beginning of the next."""
        view, size, quick, append = memoryview(data), len(data), chunks.QUICK.match, events.append
        first = pos
        while pos < size:
            found = quick(data, pos)
            if found is None:
                most = self.limits.chunk_line_bytes
                raw = data[pos : pos + most]
                self._looked += data.find(b"\n", pos, pos + most) + 1 - pos if b"\n" in raw else len(raw)
                examined = ExaminedBytes(raw, base + pos, self.lenient)
                told = chunks.read(examined, self._chunk)
                if told is None:
                    self._looked += pos - first
                    return -1 if pos == first else pos
                length, extension, consumed = told
                end = pos + consumed
                events.extend(examined.notes)
            else:
                length, extension, end = int(found[1], 16), b"", found.end()
            append(ChunkHead(base + pos, base + end, length, extension))
            if not length:
                self._state, self._started = _TRAILERS, base + end
                return end
            stop = end + length
            if stop + 2 > size or data[stop] != 13 or data[stop + 1] != 10:
                self._state, self._left = _CHUNK_DATA, length
                return end
            append(Data(base + end, base + stop, view[end:stop]))
            self._chunk += 1
            pos = stop + 2
        return pos

    def _read_chunk_end(self, data: bytes, pos: int, base: int, events: list[Event]) -> int:
        """CRLF after a chunk's data."""
        after = data[pos : pos + 2]
        if after == b"\r":
            return -1
        if after != b"\r\n":
            where, source = f"chunk {self._chunk}", "RFC 9112 §7.1"
            wrong = pos + 1 if after[0] == 13 else pos
            if after[0] != 10 or not self.lenient:
                what = (
                    "LF without CR before it" if after[0] == 10 else "no CRLF after the chunk's data: its size is wrong"
                )
                raise Fault(base + wrong, base + wrong + 1, where, what, source)
            events.append(Note(base + pos, base + pos + 1, where, "LF without CR before it", "RFC 9112 §2.2", True))
            pos -= 1
        self._state = _CHUNK_LINE
        self._chunk += 1
        return pos + 2

    def _read_trailers(self, data: bytes, pos: int, base: int, events: list[Event]) -> int:
        most = self.limits.trailer_bytes
        if data[pos : pos + 2] == b"\r\n":
            raw, pairs, notes = b"\r\n", [], []
        else:
            self._looked += min(len(data) - pos, most)
            section = self._trailer_section(data[pos : pos + most], 0, base + pos)
            if section.end is None:
                return -1
            raw, pairs, notes = data[pos : pos + section.end], section.fields, section.notes
        start, end = base + pos, base + pos + len(raw)
        events.extend(notes)
        for name, _ in pairs:
            if name.lower() in _NEVER_IN_TRAILERS:
                what = f"{name.decode('ascii')} means nothing in a trailer, and is ignored"
                events.append(Note(start, end, "trailer section", what, "RFC 9110 §6.5.1"))
        events.append(Trailers(start, end, pairs, raw))
        self._finish(end, end, events)
        return pos + len(raw)

    def _trailer_section(self, raw: bytes, pos: int, base: int) -> fields.FieldSection:
        return fields.read(
            raw, pos, base, self.limits.fields, lenient=self.lenient, first="the last chunk", what="trailer line"
        )

    def _read_nothing(self, data: bytes, pos: int, base: int) -> int:
        """No request waits for these bytes. Empty lines are harmless; anything else would be a false response."""
        for at in range(pos, len(data)):
            if data[at] not in b"\r\n":
                reason, source = "the response before them was the last", "RFC 9112 §9.6"
                if self.reusable:
                    reason, source = "no request is waiting for them", "RFC 9112 §9.2"
                what = f"bytes that are no response: {reason}"
                raise Fault(base + at, base + at + 1, "after the response", what, source)
        return len(data)

    def _finish(self, start: int, end: int, events: list[Event]) -> None:
        """The response is complete."""
        head = self._head
        assert head is not None
        if not head.keep_alive:
            self.reusable = False
        self._methods.popleft()
        self._head, self._interim, self._started = None, 0, end
        events.append(End(start, end, self.reusable))
        self._state = _HEAD if self._methods and self.reusable else _IDLE

    def _cut_short(self, state: int, at: int, events: list[Event]) -> None:
        """EOF in the middle of something: say of what, or what is wrong with what there is of it."""
        refused = self.diagnose()
        if refused is not None:
            events.append(refused)
            return
        started, source = self.received - len(self._held.data), "RFC 9112 §8"
        where, what = self.where, "the connection ended here"
        if state == _FIXED:
            started, what = self._started, f"the connection ended {self._left} bytes before the body's end"
        elif state == _CHUNK_DATA:
            what = f"the connection ended {self._left} bytes before the chunk's end"
        elif state == _CHUNK_LINE:
            what = "the connection ended before the last chunk"
        elif state == _IDLE:
            what = f"the connection ended, {len(self._methods)} requests are unanswered"
        elif state == _HEAD and not self._held.data:
            after = " after an interim response" if self._interim else ""
            what = f"the connection ended without a response{after}"
        elif state == _HEAD:
            what = "the connection ended in the middle of the head"
        events.append(Incomplete(started, at, where, what, source))

    def _end_all(self) -> None:
        self._state, self.reusable = _OVER, False
        self._held.data.clear()


def _too_long(base: int, most: int, where: str, what: str, source: str) -> Fault:
    return Fault(base + most, base + most + 1, where, f"{what} of more than {most} bytes (netlab's limit)", source)
