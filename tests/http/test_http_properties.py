"""What holds for every response: what is built is what is read, and no bytes at all make the parser fail."""

from __future__ import annotations

from dataclasses import dataclass

from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from response_cases import CASES
from wire_feeding import body, fed, refusal, said

from netlab.experiments.http.opinions import of_h11, of_http_client, ours
from netlab.http.events import Data, End, Event, Head, Incomplete, Refused, Trailers
from netlab.http.heads import field_lines
from netlab.http.request import Request

TOKEN = st.text(
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=12
)
# h11 and http.client know some fields' meaning; a generated one must not be one of those.
NAME = TOKEN.map(lambda text: b"X-" + text.encode())
VALUE = st.binary(max_size=30).map(lambda raw: bytes(b for b in raw if b in b"\t " or 0x21 <= b < 0x7F).strip())
FIELDS = st.lists(st.tuples(NAME, VALUE), max_size=6)
EXTENSION = st.one_of(st.just(b""), st.tuples(TOKEN, TOKEN).map(lambda pair: f";{pair[0]}={pair[1]}".encode()))
PIECES = st.lists(st.integers(1, 40), min_size=1, max_size=30)


@dataclass(frozen=True)
class Built:
    """A valid response and what must be understood of it."""

    wire: bytes
    status: int
    fields: list[tuple[bytes, bytes]]
    body: bytes
    trailers: list[tuple[bytes, bytes]]
    interim: int
    ended: bool


@st.composite
def responses(draw: st.DrawFn) -> Built:
    """A valid response, framed in one of the ways there are."""
    status = draw(st.sampled_from((200, 201, 404, 500, 299)))
    fields, trailers = draw(FIELDS), []
    parts = draw(st.lists(st.binary(min_size=1, max_size=50), max_size=5))
    framing = draw(st.sampled_from(("length", "chunked", "close")))
    interim = draw(st.integers(0, 3))
    wire = b"".join(b"HTTP/1.1 100 Continue\r\nLink: </x>\r\n\r\n" for _ in range(interim))
    own = []
    if framing == "length":
        own = [(b"Content-Length", b"%d" % sum(map(len, parts)))]
        payload = b"".join(parts)
    elif framing == "close":
        payload = b"".join(parts)
    else:
        own = [(b"Transfer-Encoding", b"chunked")]
        trailers = draw(FIELDS)
        chunks = [b"%x%b\r\n%b\r\n" % (len(part), draw(EXTENSION), part) for part in parts]
        payload = b"".join(chunks) + b"0\r\n" + b"".join(b"%b: %b\r\n" % field for field in trailers) + b"\r\n"
    at = draw(st.integers(0, len(fields)))
    fields = fields[:at] + own + fields[at:]
    padding = draw(st.sampled_from((b" ", b"", b"\t", b"  ")))
    head = (
        b"HTTP/1.1 %d Whatever\r\n" % status + b"".join(b"%b:%b%b\r\n" % (n, padding, v) for n, v in fields) + b"\r\n"
    )
    return Built(wire + head + payload, status, fields, b"".join(parts), trailers, interim, framing == "close")


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    """`data` in pieces of these sizes, over and over."""
    pieces, at, turn = [], 0, 0
    while at < len(data):
        pieces.append(data[at : at + sizes[turn % len(sizes)]])
        at += sizes[turn % len(sizes)]
        turn += 1
    return pieces


@examples(80)
@given(responses(), PIECES)
def test_what_is_built_is_what_is_read(built: Built, sizes: list[int]) -> None:
    events = fed(cut(built.wire, sizes), ended=built.ended)[0]
    heads = [event for event in events if isinstance(event, Head)]
    trailers = [field for event in events if isinstance(event, Trailers) for field in event.fields]
    assert (heads[-1].status, heads[-1].fields, body(events)) == (built.status, built.fields, built.body)
    assert len(heads) == built.interim + 1 and trailers == built.trailers
    assert isinstance(events[-1], End) and events[-1].end == len(built.wire)
    for event in events:
        if isinstance(event, Data):
            assert built.wire[event.start : event.end] == bytes(event.data)
        if isinstance(event, Head):
            assert built.wire[event.start : event.end] == event.raw
            for line, (name, value) in zip(field_lines(event.raw, event.start), event.fields, strict=True):
                assert built.wire[slice(*line.name)] == name and built.wire[slice(*line.value)] == value


@examples(60)
@given(responses())
def test_others_understand_the_same(built: Built) -> None:
    mine, problem = ours(built.wire, "GET", ended=built.ended)
    assert problem is None and mine.verdict == "complete"
    for other in (of_h11(built.wire, "GET", ended=built.ended), of_http_client(built.wire, "GET")):
        assert (other.verdict, other.status, other.body) == ("complete", mine.status, mine.body), other
        assert other.trailers in (None, mine.trailers)
        assert other.fields == mine.fields


PARTS = (
    b"HTTP/1.1 200 OK\r\n|Content-Length: 5\r\n|Transfer-Encoding: chunked\r\n|Connection: close\r\n|A: b\r\n| a\r\n"
)
BITS = [*PARTS.split(b"|"), *b'\r\n|\n|\r| |:|;|"|\x00|\xff|5\r\nhello\r\n|0\r\n|100'.split(b"|")]
ALMOST = st.lists(st.one_of(st.sampled_from(BITS), st.binary(max_size=5)), max_size=14).map(b"".join)


@st.composite
def mutants(draw: st.DrawFn) -> bytes:
    """A case with a byte changed, left out or put in."""
    data = bytearray(draw(st.sampled_from(CASES)).data[:400])
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 2))] = draw(st.sampled_from((*BITS, b"")))
    return bytes(data)


@examples(250)
@given(
    st.one_of(mutants(), ALMOST.map(lambda rest: b"HTTP/1.1 200 OK\r\n" + rest), st.binary(max_size=60)),
    PIECES,
    st.booleans(),
    st.sampled_from(("GET", "HEAD", "CONNECT")),
)
def test_any_bytes_make_events_and_the_pieces_do_not_matter(
    data: bytes, sizes: list[int], lenient: bool, method: str
) -> None:
    methods = (method, "GET")
    whole: list[Event] = fed([data], methods, ended=True, lenient=lenient)[0]
    assert said(fed(cut(data, sizes), methods, ended=True, lenient=lenient)[0]) == said(whole)
    for event in whole:
        assert 0 <= event.start <= event.end <= len(data)
    last = [event for event in whole if isinstance(event, (Refused, Incomplete))]
    assert len(last) <= 1 and (not last or whole[-1] is last[0])
    told = refusal(whole)
    assert told is None or told.start < len(data)


@examples(100)
@given(st.one_of(mutants(), ALMOST.map(lambda rest: b"HTTP/1.1 200 OK\r\n" + rest)))
def test_lenient_is_never_stricter(data: bytes) -> None:
    if refusal(fed([data], ended=True)[0]) is None:
        assert refusal(fed([data], ended=True, lenient=True)[0]) is None


@examples(60)
@given(TOKEN, FIELDS, st.binary(max_size=40), st.integers(0, 1000))
def test_a_requests_boxes_are_its_bytes(
    method: str, fields: list[tuple[bytes, bytes]], payload: bytes, base: int
) -> None:
    request = Request(method, "/a?b", tuple(fields), payload)
    head = request.head()
    assert request.to_bytes() == head + payload
    boxes = request.boxes(base)
    assert [box.start for box in boxes] == [base, *(box.end for box in boxes[:-1])]
    assert boxes[-1].end == base + len(head)
    texts = {box.part: head[box.start - base : box.end - base] for box in boxes if box.line == 0}
    assert (texts["method"], texts["target"], texts["version"]) == (method.encode(), b"/a?b", b"HTTP/1.1")
    values = [head[box.start - base : box.end - base] for box in boxes if box.part == "name"]
    assert values == [name for name, _ in fields]
