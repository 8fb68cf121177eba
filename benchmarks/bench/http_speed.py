"""HTTP: netlab's parser against h11, its reading of long bodies against plain recv_into, its client against others.

Each round measures all contenders in turn, in another order, for a slice each; ratios are taken within the round.
The server is a child that answers with bytes made beforehand, so that it is hardly measured; it has a CPU to itself.
"""

from __future__ import annotations

import http.client
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import pairwise

import h11

from netlab.errors import NetlabError
from netlab.http.connection import connect
from netlab.http.events import End as OurEnd
from netlab.http.request import Request
from netlab.http.response import ResponseParser
from netlab.http.url import parse

from .processes import RowError
from .ratios import Target, spread, verdict
from .rounds import Placement, Settings
from .table import Result, number

Say = Callable[[str], None]
Slice = Callable[[float], float]
"""Do it for so many seconds; how often (or how many bytes) a second."""

HEAD = (
    b"HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\nServer: nginx/1.22.1\r\n"
    b"Content-Type: text/html; charset=utf-8\r\nLast-Modified: Sat, 21 Nov 2026 08:30:00 GMT\r\n"
    b'ETag: "6560a1f8-264"\r\nCache-Control: public, max-age=3600\r\nExpires: Sun, 22 Nov 2026 13:00:00 GMT\r\n'
    b"Vary: Accept-Encoding\r\nX-Frame-Options: SAMEORIGIN\r\nX-Request-Id: 5f0c9a7e1d2b4c3a\r\n"
    b"Connection: keep-alive\r\n"
)
BATCH = 200
BODY_BYTES = 64 << 20


def by_length(size: int) -> bytes:
    """A response of 12 fields."""
    return HEAD + b"Content-Length: %d\r\n\r\n" % size + b"x" * size


def in_chunks(count: int, size: int) -> bytes:
    """The same in chunks."""
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + (b"%x\r\n%s\r\n" % (size, b"x" * size)) * count + b"0\r\n\r\n"


# Parsing


def pieces(message: bytes) -> list[bytes]:
    """As recv(2) would give it."""
    cuts = [*range(0, len(message), 65536), len(message)]
    return [message[start:end] for start, end in pairwise(cuts)]


def repeated(batch: Callable[[], float], seconds: float) -> float:
    """Batches until the time is over; messages a second. `batch` says how long it took without its preparations."""
    spent, done, until = 0.0, 0, time.perf_counter() + seconds
    while time.perf_counter() < until:
        spent += batch()
        done += BATCH
    return done / spent


def ours(parts: list[bytes]) -> float:
    """Seconds for a batch, each message by a parser of its own that has been told of the request."""
    parsers = [ResponseParser() for _ in range(BATCH)]
    for parser in parsers:
        parser.expect("GET")
    began = time.perf_counter()
    for parser in parsers:
        for part in parts:
            events = parser.feed(part)
    took = time.perf_counter() - began
    assert type(events[-1]) is OurEnd
    return took


def theirs(parts: list[bytes]) -> float:
    """The same by h11."""
    connections = [h11.Connection(h11.CLIENT) for _ in range(BATCH)]
    for connection in connections:
        connection.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
        connection.send(h11.EndOfMessage())
    began = time.perf_counter()
    for connection in connections:
        for part in parts:
            connection.receive_data(part)
            event = connection.next_event()
            while event is not h11.NEED_DATA and type(event) is not h11.EndOfMessage:
                event = connection.next_event()
    took = time.perf_counter() - began
    assert type(event) is h11.EndOfMessage
    return took


def parsing(settings: Settings, placement: Placement, say: Say) -> Result:
    """Responses a second, h11 = 1."""
    result = _result("HTTP parsing: responses a second against h11", "h11 = 1")
    for title, message in (
        ("12 fields, 100 B by length", by_length(100)),
        ("12 fields, 20 chunks of 50 B", in_chunks(20, 50)),
        ("12 fields, 64 chunks of 1 KiB", in_chunks(64, 1024)),
    ):
        parts = pieces(message)
        contenders: dict[str, Slice] = {
            "h11": partial(repeated, partial(theirs, parts)),
            title: partial(repeated, partial(ours, parts)),
        }
        _rows(result, contenders, "h11", {title: (Target("≥ 1.5 × h11", 1.5),)}, settings, placement, say)
    return result


# Bodies


@contextmanager
def canned(placement: Placement) -> Iterator[int]:
    """A server in a child: GET /N is answered with N bytes. Its port."""
    code = (
        "import os, re, socket, sys\n"
        "os.sched_setaffinity(0, {int(sys.argv[1])})\n"
        "head = sys.argv[2].encode()\n"
        "listener = socket.create_server(('127.0.0.1', 0))\n"
        "print(listener.getsockname()[1], flush=True)\n"
        "block, ready = bytes(1 << 20), {}\n"
        "if os.fork() == 0:\n"
        "  while True:\n"
        "    sock, _ = listener.accept()\n"
        "    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)\n"
        "    if os.fork():\n"
        "      sock.close(); continue\n"
        "    listener.close()\n"
        "    while data := sock.recv(65536):\n"
        "      while not data.endswith(b'\\r\\n\\r\\n'): data += sock.recv(65536)\n"
        "      size = int(re.match(rb'GET /(\\d+) ', data)[1])\n"
        "      start = head + b'Content-Length: %d\\r\\n\\r\\n' % size\n"
        "      if size <= len(block): sock.sendall(start + block[:size]); continue\n"
        "      sock.sendall(start)\n"
        "      for _ in range(size >> 20): sock.sendall(block)\n"
        "    os._exit(0)\n"
        "sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(placement.server), HEAD.decode()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout and process.stdin
    try:
        yield int(process.stdout.readline())
    finally:
        os.killpg(process.pid, 9)  # its own group: itself and its children
        process.communicate()


def raw_body(sock: socket.socket, view: memoryview, whole: bool, seconds: float) -> float:
    """Bytes a second by recv_into: into one buffer again and again, or (`whole`) each body into memory of its own."""
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        sock.sendall(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % BODY_BYTES)
        head = b""
        while b"\r\n\r\n" not in head:
            head += sock.recv(65536)
        got = len(head) - head.index(b"\r\n\r\n") - 4
        into = memoryview(bytearray(BODY_BYTES)) if whole else view
        while got < BODY_BYTES:
            got += sock.recv_into(into[got:] if whole else into[: BODY_BYTES - got])
        done += got
    return done / (time.perf_counter() - began)


def our_body(url: str, sink: Callable[[bytes | memoryview], object] | None, seconds: float) -> float:
    """The same by netlab's client: handed over in pieces, or kept whole."""
    target = parse(url)
    done, began = 0, time.perf_counter()
    with connect(target) as connection:
        while time.perf_counter() - began < seconds:
            response = connection.exchange(Request.to(target), sink=sink)
            response.checked()
            done += response.body_bytes
        return done / (time.perf_counter() - began)


def bodies(settings: Settings, placement: Placement, say: Say) -> Result:
    """Bytes a second of a body of 64 MiB, plain recv_into = 1."""
    result = _result("HTTP bodies: 64 MiB by Content-Length against plain recv_into", "recv_into = 1")
    with canned(placement) as port, socket.create_connection(("127.0.0.1", port)) as sock:
        url, view = f"http://127.0.0.1:{port}/{BODY_BYTES}", memoryview(bytearray(256 << 10))
        for title, whole in (("handed over in pieces", False), ("kept whole", True)):
            plain = f"recv_into, {title}"
            contenders: dict[str, Slice] = {
                plain: partial(raw_body, sock, view, whole),
                f"netlab, {title}": partial(our_body, url, None if whole else len),
            }
            targets = {f"netlab, {title}": (Target("≥ 0.8 × recv_into", 0.8),)}
            _rows(result, contenders, plain, targets, settings, placement, say)
    return result


# Requests


def by_netlab(url: str, seconds: float) -> float:
    """Requests a second over one connection; each request is made anew, as the others do."""
    target, done = parse(url), 0
    with connect(target) as connection:
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            response = connection.exchange(Request.to(target))
            assert response.checked().status == 200 and len(response.body) == 100
            done += 1
        return done / (time.perf_counter() - began)


def by_http_client(port: int, seconds: float) -> float:
    """The same by the standard library."""
    connection, done = http.client.HTTPConnection("127.0.0.1", port), 0
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        connection.request("GET", "/100")
        response = connection.getresponse()
        assert response.status == 200 and len(response.read()) == 100
        done += 1
    rate = done / (time.perf_counter() - began)
    connection.close()
    return rate


def by_httpx(url: str, seconds: float) -> float:
    """The same by httpx."""
    import httpx

    done = 0
    with httpx.Client(trust_env=False) as client:
        client.get(url)
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            response = client.get(url)
            assert response.status_code == 200 and len(response.content) == 100
            done += 1
        return done / (time.perf_counter() - began)


def requests(settings: Settings, placement: Placement, say: Say) -> Result:
    """Requests a second, http.client = 1; first with the server on the client's CPU.

    There, what is measured is what the programs do. With a CPU each, half of the time and more is spent waking the
    other up, on a virtual machine above all, and that is the same for all clients.
    """
    result = _result("HTTP requests: one kept-alive connection, 12 fields and 100 B", "http.client = 1")
    shared = Placement(placement.load, placement.load)
    for place, title in ((shared, "one CPU"), (placement, "a CPU each")):
        with canned(place) as port:
            url = f"http://127.0.0.1:{port}/100"
            base, mine, other = (f"{name}, {title}" for name in ("http.client", "netlab", "httpx"))
            contenders: dict[str, Slice] = {base: partial(by_http_client, port), mine: partial(by_netlab, url)}
            try:
                import httpx  # noqa: F401

                contenders[other] = partial(by_httpx, url)
            except ImportError:
                result.rows.append((other, "failed: it is not installed (pip install httpx)"))
            wanted = (Target("≥ 1.3 × http.client", 1.3), Target("≥ 3 × httpx", 3.0, other))
            _rows(result, contenders, base, {mine: wanted if place is shared else ()}, settings, place, say)
    return result


# The table


def _result(title: str, ratio: str) -> Result:
    return Result(title, ("", ratio, "min–max", "rate /s", "target", "met"))


@contextmanager
def _pinned(cpu: int) -> Iterator[None]:
    here = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, here)


def _rows(
    result: Result,
    contenders: dict[str, Slice],
    yardstick: str,
    targets: dict[str, tuple[Target, ...]],
    settings: Settings,
    placement: Placement,
    say: Say,
) -> None:
    """Run the rounds, and add a row for each contender."""
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    with ExitStack() as stack:
        stack.enter_context(_pinned(placement.load))
        try:
            for contender in contenders.values():
                contender(settings.warmup_s)
            for number_of_round in range(settings.rounds):
                names = random.sample(list(contenders), len(contenders))
                for name in names:
                    say(f"{result.title}: {name}, round {number_of_round + 1}/{settings.rounds}")
                    rates[name].append(contenders[name](settings.slice_s))
        except (OSError, NetlabError) as error:
            raise RowError(str(error)) from error
    result.raw.update({name: {"per_second": values} for name, values in rates.items()})
    for name, values in rates.items():

        def against(other: str, values: list[float] = values) -> list[float]:
            return [mine / base for mine, base in zip(values, rates[other], strict=True)]

        found = spread(against(yardstick))
        wanted = [each for each in targets.get(name, ()) if (each.of or yardstick) in rates]
        texts = [f"{each.text}: {spread(against(each.of)).middle:.2f}" if each.of else each.text for each in wanted]
        words = [verdict(spread(against(each.of or yardstick)), each) for each in wanted]
        ratio = (f"{found.middle:.2f}", f"{found.smallest:.2f}–{found.largest:.2f}", number(spread(values).middle))
        result.rows.append((name, *ratio, "\n".join(texts), "\n".join(words)))
