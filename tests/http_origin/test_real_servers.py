"""netlab's client against servers that others have written: what they send is understood, and connections are kept."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from real_servers import SERVERS, Running, running

from netlab.experiments.http.keepalive import Parameters, measure
from netlab.experiments.http.keepalive_report import AHEAD, ONE
from netlab.http.client import Client, ClientPolicy, Hop
from netlab.http.request import Request
from netlab.http.tls import TlsPolicy
from netlab.http.url import parse
from netlab.progress import silent

pytestmark = pytest.mark.peers


@pytest.fixture(scope="module", params=list(SERVERS))
def server(request: pytest.FixtureRequest) -> Iterator[Running]:
    """Each server in turn."""
    with running(request.param) as one:
        yield one


@pytest.fixture(params=["http", "https"])
def client(request: pytest.FixtureRequest, server: Running) -> Iterator[tuple[Client, str]]:
    """A client with nothing kept, and the address it is to use."""
    base = f"http://127.0.0.1:{server.port}"
    if request.param == "https" and server.tls_port is not None:  # http.server of Python 3.11 has none
        base = f"https://127.0.0.1:{server.tls_port}"
    with Client(ClientPolicy(tls=TlsPolicy(cacert=server.cacert))) as one:
        yield one, base


def ask(client: Client, url: str, method: str = "GET", **fields: str) -> Hop:
    """One exchange that must be complete."""
    pairs = tuple((name.replace("_", "-").encode(), value.encode()) for name, value in fields.items())
    target = parse(url)
    hop = client.once(target, Request.to(target, method, pairs))
    assert hop.response.problem is None and not any(note.lenient for note in hop.response.notes)
    return hop


def value(hop: Hop, name: str) -> str:
    assert hop.response.head
    return b", ".join(hop.response.head.values(name)).decode()


def status(hop: Hop) -> int:
    assert hop.response.head
    return hop.response.head.status


def test_keep_alive(server: Running, client: tuple[Client, str]) -> None:
    """Different pages one after the other: if one were misframed, the next would not be understood."""
    one, base = client
    pages = [("page.txt", "GET"), ("page.txt", "HEAD"), ("nope", "GET"), ("empty.txt", "GET")]
    pages += [("big.bin", "GET"), ("nope", "HEAD"), ("page.txt", "GET")]
    for page, method in pages:
        hop = ask(one, f"{base}/{page}", method, Accept_Encoding="identity")
        file = server.files / page
        assert status(hop) == (200 if file.exists() else 404)
        if method == "HEAD":
            assert hop.response.body_bytes == 0
        elif file.exists():
            assert bytes(hop.response.body) == file.read_bytes()
    assert one.opened == (1 if server.keeps else len(pages))


def test_gzip_and_chunks(server: Running, client: tuple[Client, str]) -> None:
    one, base = client
    if not server.gzips:
        assert value(ask(one, f"{base}/page.txt", Accept_Encoding="gzip"), "Content-Encoding") == ""
        return
    for _ in range(2):
        hop = ask(one, f"{base}/page.txt", Accept_Encoding="gzip")
        assert value(hop, "Content-Encoding") == "gzip"
        assert gzip.decompress(bytes(hop.response.body)) == (server.files / "page.txt").read_bytes()
        if server.name in ("nginx", "caddy", "haproxy"):  # they compress as they send, so they know no length
            assert value(hop, "Transfer-Encoding") == "chunked"
    assert one.opened == 1


def test_not_modified(server: Running, client: tuple[Client, str]) -> None:
    one, base = client
    first = ask(one, f"{base}/page.txt", Accept_Encoding="identity")
    conditions = {"If_Modified_Since": value(first, "Last-Modified")}
    if server.tags:
        conditions = {"If_None_Match": value(first, "ETag")}
    again = ask(one, f"{base}/page.txt", Accept_Encoding="identity", **conditions)
    assert (status(again), again.response.body_bytes) == (304, 0)
    assert status(ask(one, f"{base}/empty.txt")) == 200  # the 304 has left nothing behind
    assert one.opened == (1 if server.keeps else 3)


def test_ranges(server: Running, client: tuple[Client, str]) -> None:
    one, base = client
    whole = (server.files / "big.bin").read_bytes()
    if not server.ranges:  # it may ignore them (RFC 9110 §14.2)
        assert bytes(ask(one, f"{base}/big.bin", Range="bytes=1-2").response.body) == whole
        return
    hop = ask(one, f"{base}/big.bin", Range="bytes=1000000-1999999", Accept_Encoding="identity")
    assert (status(hop), bytes(hop.response.body)) == (206, whole[1_000_000:2_000_000])
    assert value(hop, "Content-Range") == f"bytes 1000000-1999999/{len(whole)}"
    assert status(ask(one, f"{base}/big.bin", Range=f"bytes={len(whole)}-", Accept_Encoding="identity")) == 416
    assert one.opened == 1


def test_close(server: Running, client: tuple[Client, str]) -> None:
    one, base = client
    hop = ask(one, f"{base}/page.txt", Connection="close")
    assert hop.response.body_bytes and not hop.connection.reusable
    ask(one, f"{base}/page.txt")
    assert one.opened == 2


def test_the_keepalive_experiment(server: Running) -> None:
    found = measure(Parameters(f"http://127.0.0.1:{server.port}/page.txt", 10, 1, 4), silent)
    assert found.passed
    cost = next(table for table in found.tables if table.name.startswith("What"))
    connections = {row[0]: row[cost.column("connections")] for row in cost.rows}
    if server.keeps:
        assert connections[ONE] == 1 and connections["new, client closes"] == connections["new, server closes"] == 10
        assert found.fact("status").value == "200"
    else:
        assert connections[ONE] == 10 and "closes after each response" in " ".join(found.findings)
    assert connections[AHEAD] in (1, 10) or not server.keeps
