"""Each case whole, at every split point, byte by byte, and with a next response behind it: always the same events."""

from __future__ import annotations

import pytest
from response_cases import BAD_CHUNKS, BAD_FRAMING, BAD_LINES, CASES, CUT, GOOD, OK, TE, UNASKED, Case
from wire_feeding import body, bytewise, fed, notes, refusal, said

from netlab.http.events import ChunkHead, Data, End, Head, Incomplete, Refused, Trailers, Upgraded
from netlab.http.heads import field_lines
from netlab.http.limits import HeadLimits
from netlab.http.response import ResponseParser

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
NEXT = b"HTTP/1.1 404 Next\r\nContent-Length: 2\r\n\r\nno"


@every_case
def test_the_verdict(case: Case) -> None:
    events, parser = fed([case.data], case.methods, ended=True)
    last = events[-1]
    if case.verdict == "refused":
        assert isinstance(last, Refused)
        assert last.start == case.place
        assert last.source.startswith(case.source)
        assert last.end > last.start
    elif case.verdict == "incomplete":
        assert isinstance(last, Incomplete)
        assert last.end == len(case.data) and last.source == case.source
        assert case.where in last.where
    else:
        assert isinstance(last, End) and refusal(events) is None
        assert sum(isinstance(event, End) for event in events) == len(case.methods)
        assert last.reusable is case.reusable
    assert body(events) == case.body
    if case.noted:
        assert any(case.noted in note.what for note in notes(events))
    assert parser.reusable is False  # it has ended


@every_case
def test_it_is_the_same_however_it_is_cut(case: Case) -> None:
    data = case.data
    whole = said(fed([data], case.methods, ended=True)[0])
    assert said(fed(bytewise(data), case.methods, ended=True)[0]) == whole
    step = max(len(data) // 300, 1)
    for at in range(1, len(data), step):
        assert said(fed([data[:at], data[at:]], case.methods, ended=True)[0]) == whole, at


@every_case
def test_lenient_is_the_same_however_it_is_cut_and_says_what_it_let_pass(case: Case) -> None:
    data = case.data
    events = fed([data], case.methods, ended=True, lenient=True)[0]
    assert said(fed(bytewise(data), case.methods, ended=True, lenient=True)[0]) == said(events)
    wanted = case.lenient or case.verdict
    if wanted == "complete":
        assert refusal(events) is None and isinstance(events[-1], End)
    else:
        assert isinstance(events[-1], Refused if wanted == "refused" else Incomplete)
    assert any(note.lenient for note in notes(events)) is bool(case.lenient)


@pytest.mark.parametrize("case", [case for case in GOOD if case.reusable], ids=lambda case: case.name)
def test_the_next_response_is_not_touched(case: Case) -> None:
    data = case.data + NEXT
    methods = (*case.methods, "GET")
    whole = fed([data], methods)[0]
    assert isinstance(whole[-1], End) and whole[-1].end == len(data)
    heads = [event for event in whole if isinstance(event, Head)]
    assert (heads[-1].status, heads[-1].reason) == (404, b"Next")
    assert body(whole) == case.body + b"no"
    assert said(fed(bytewise(data), methods)[0]) == said(whole)


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_every_byte_is_in_exactly_one_event(case: Case) -> None:
    events = fed([case.data], case.methods, ended=True)[0]
    spans = [(e.start, e.end) for e in events if isinstance(e, (Head, ChunkHead, Data, Trailers))]
    spans += [(note.start, note.end) for note in notes(events) if "empty line" in note.what]
    covered = bytearray(len(case.data))
    for start, end in spans:
        for at in range(start, end):
            covered[at] += 1
    left = bytes(byte for byte, count in zip(case.data, covered, strict=True) if not count)
    assert max(covered, default=1) <= 1
    assert left == b"\r\n" * (len(left) // 2), "only the line ends after chunk data belong to no event"


def test_the_events_of_a_chunked_response_are_where_they_are() -> None:
    data = OK + b"Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n"
    head, chunk, piece, last, trailers, end = fed([data])[0]
    assert isinstance(head, Head) and isinstance(chunk, ChunkHead) and isinstance(piece, Data)
    assert isinstance(last, ChunkHead) and isinstance(trailers, Trailers) and isinstance(end, End)
    assert data[head.start : head.end].endswith(b"\r\n\r\n")
    assert data[chunk.start : chunk.end] == b"5;a=b\r\n" and (chunk.size, chunk.extension) == (5, b";a=b")
    assert data[piece.start : piece.end] == b"hello" == bytes(piece.data)
    assert data[last.start : last.end] == b"0\r\n" and last.size == 0
    assert data[trailers.start : trailers.end] == b"X: y\r\n\r\n" and trailers.fields == [(b"X", b"y")]
    assert end.end == len(data)


def test_a_field_knows_its_place() -> None:
    data = OK + b"A:  b \r\nX: c\r\n  d\r\nContent-Length: 0\r\n\r\n"
    head = next(event for event in fed([b"\r\n" + data])[0] if isinstance(event, Head))
    assert head.start == 2
    stream = b"\r\n" + data
    shown = [tuple(stream[start:end] for start, end in line) for line in field_lines(head.raw, head.start)]
    assert shown[0] == (b"A:  b \r\n", b"A", b"b")
    assert shown[1] == (b"X: c\r\n  d\r\n", b"X", b"c\r\n  d")
    assert head.values("x") == [b"c d"]


def test_101_ends_http() -> None:
    data = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nContent-Length: 4\r\n\r\nHTTP/1.1 no longer"
    events, parser = fed([data])
    assert [type(event) for event in events] == [Head, Upgraded, Data]
    assert body(events) == b"HTTP/1.1 no longer" and not parser.reusable
    assert parser.feed_eof() == []


def test_a_tunnel_has_no_body() -> None:
    events, _ = fed([OK + b"Content-Length: 4\r\n\r\nraw"], ("CONNECT",))
    assert [type(event) for event in events] == [Head, Upgraded, Data]
    events, _ = fed([b"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno"], ("CONNECT",))
    assert isinstance(events[-1], End) and body(events) == b"no"


def test_tls_that_ends_without_close_notify_may_have_been_cut() -> None:
    events = fed([OK + b"\r\nhalf"], ended=True, clean=False)[0]
    assert isinstance(events[-1], Incomplete) and events[-1].source == "RFC 9112 §9.8"
    assert isinstance(fed([OK + b"Content-Length: 1\r\n\r\nx"], ended=True, clean=False)[0][-1], End)


def test_bytes_without_a_request_are_no_response() -> None:
    parser = ResponseParser()
    (refused,) = parser.feed(OK + b"\r\n")
    assert isinstance(refused, Refused) and (refused.start, refused.source) == (0, "RFC 9112 §9.2")
    assert parser.feed(b"more") == [] and parser.feed_eof() == [] and not parser.reusable


def test_a_peer_that_stops_in_the_middle_of_a_mistake_is_diagnosed() -> None:
    parser = ResponseParser()
    parser.expect("GET")
    assert parser.feed(OK + b"A: b\r\nBad name: x\r\n") == []
    told = parser.diagnose()
    assert told is not None and told.start == len(OK) + 6 + 3
    assert parser.where == "field line 2"


# Limits: the same whatever the pieces.

TIGHT = HeadLimits(head_bytes=100, fields=3, interim=2, chunk_line_bytes=20, trailer_bytes=30)
LIMITED = [
    ("a head without end", OK + b"A: " + b"x" * 200, 100),
    ("a head that ends too late", OK + b"A: " + b"x" * 80 + b"\r\n\r\n", 100),
    ("too many fields", OK + b"A: 1\r\n" * 3 + b"B: 2\r\n\r\n", len(OK) + 18),
    ("too many 1xx", b"HTTP/1.1 100 C\r\n\r\n" * 3 + OK + b"\r\n", 36),
    ("a chunk line without end", TE + b"5;" + b"a" * 50, len(TE) + 20),
    ("a long chunk line", TE + b"5;" + b"a" * 30 + b"\r\nhello\r\n0\r\n\r\n", len(TE) + 20),
    ("too many digits", TE + b"00000000000000005\r\nhello\r\n", len(TE)),
    ("trailers without end", TE + b"0\r\nA: " + b"x" * 60, len(TE) + 3 + 30),
    ("trailers that end too late", TE + b"0\r\nA: " + b"x" * 30 + b"\r\n\r\n", len(TE) + 3 + 30),
    ("too many trailers", TE + b"0\r\n" + b"A: 1\r\n" * 4 + b"\r\n", len(TE) + 3 + 18),
    ("empty lines without end", b"\r\n" * 100, 100),
    ("a mistake before the limit wins", OK + b"A : " + b"x" * 200, len(OK) + 1),
]


@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize(("name", "data", "at"), LIMITED, ids=[name for name, _, _ in LIMITED])
def test_a_limit_is_the_same_whatever_the_pieces(name: str, data: bytes, at: int, lenient: bool) -> None:
    whole = fed([data], limits=TIGHT, lenient=lenient)[0]
    told = refusal(whole)
    assert told is not None
    if not (lenient and "mistake" in name):
        assert told.start == at
    for pieces in (bytewise(data), [data[n : n + 7] for n in range(0, len(data), 7)], [data[:-1], data[-1:]]):
        assert said(fed(pieces, limits=TIGHT, lenient=lenient)[0]) == said(whole)


def test_each_response_has_its_own_interim_ones() -> None:
    one = b"HTTP/1.1 100 C\r\n\r\n" * 2 + OK + b"Content-Length: 0\r\n\r\n"
    assert isinstance(fed([one + one], ("GET", "GET"), limits=TIGHT)[0][-1], End)


def test_a_head_of_exactly_the_limit_passes() -> None:
    data = OK + b"A: " + b"x" * (100 - len(OK) - 3 - 4) + b"\r\n\r\n"
    assert len(data) == 100
    for pieces in ([data], bytewise(data)):
        assert isinstance(fed(pieces, ("HEAD",), limits=TIGHT)[0][-1], End)


# Linear time: the work is counted, not the clock.

LONG = [
    ("a head of short lines", OK + b"A: b\r\n" * 200 + b"\r\n"),
    ("a head of one line", OK + b"A: " + b"x" * 30_000 + b"\r\n\r\n"),
    ("a value of spaces", OK + b"A: x" + b" " * 30_000 + b"x\r\n\r\n"),
    ("a name without a colon", OK + b"x" * 30_000 + b"\r\n\r\n"),
    ("chunk extensions", TE + b"1;" + b"a" * 3000 + b"\r\nx\r\n0\r\n\r\n"),
    ("many chunks", TE + b"1\r\nx\r\n" * 3000 + b"0\r\n\r\n"),
    ("trailers", TE + b"0\r\n" + b"A: b\r\n" * 200 + b"\r\n"),
    ("line feeds", b"HTTP/1.1 200 OK\n" + b"a:b\n" * 7000 + b"\n"),
    ("folded lines", OK + b" a\r\n" + b"A: b\r\n c\r\n" * 200 + b"\r\n"),
    ("folded trailers", TE + b"0\r\n" + b"A: b\r\n c\r\n" * 200 + b"\r\n"),
    ("an endless head", OK + b"A: b\r\n" * 9000),
]


@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize("piece", [1, 2, 7, 1000, 1 << 20])
@pytest.mark.parametrize(("name", "data"), LONG, ids=[name for name, _ in LONG])
def test_the_work_is_linear(name: str, data: bytes, piece: int, lenient: bool) -> None:
    _, parser = fed([data[n : n + piece] for n in range(0, len(data), piece)], lenient=lenient)
    assert parser.looked <= 6 * len(data) + 1000


def test_the_cases_are_enough() -> None:
    assert len(GOOD) >= 50 and len(BAD_LINES) >= 30 and len(BAD_FRAMING) >= 15 and len(BAD_CHUNKS) >= 20
    assert len(UNASKED) >= 5 and len(CUT) >= 12
    assert len({case.name for case in CASES}) == len(CASES)
