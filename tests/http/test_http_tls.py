"""HTTPS: who is believed, what is counted, and how an end is told from a cut."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from netlab.errors import PeerError, UsageError
from netlab.http.client import Client, ClientPolicy, Hop
from netlab.http.events import Incomplete
from netlab.http.tls import TlsPolicy
from netlab.http.transport import literal
from netlab.http.url import parse
from netlab.http_origin.process import Origin


@pytest.fixture(scope="module")
def secure() -> Iterator[Origin]:
    """An origin with HTTPS."""
    with Origin(tls=True) as origin:
        yield origin


def ask(secure: Origin, page: str, policy: TlsPolicy | None = None) -> Hop:
    """One exchange by a client of its own."""
    with Client(ClientPolicy(tls=policy or TlsPolicy(cacert=secure.cacert))) as client:
        return client.get(parse(secure.url + page))[-1]


def test_a_body_that_ends_with_close_notify_is_whole(secure: Origin) -> None:
    hop = ask(secure, "/close")
    assert hop.response.problem is None and hop.response.body_bytes == 75


def test_a_body_that_ends_without_it_may_have_been_cut(secure: Origin) -> None:
    problem = ask(secure, "/wire/hex/485454502f312e3120323030204f4b0d0a0d0a6869?end=cut").response.problem
    assert isinstance(problem, Incomplete) and problem.source == "RFC 9112 §9.8"


def test_what_was_agreed(secure: Origin) -> None:
    session = ask(secure, "/").connection.tls
    assert session is not None and session.verified and session.version == "TLSv1.3" and session.alpn == "http/1.1"
    assert session.round_trips == 1 and session.handshake_sent > 100 and session.handshake_received > 500
    assert "localhost" in session.chain[0].names and session.chain[0].issuer == session.chain[-1].subject


def test_who_is_believed(secure: Origin) -> None:
    with pytest.raises(PeerError, match="not trusted"):
        ask(secure, "/", TlsPolicy())
    hop = ask(secure, "/", TlsPolicy(verify=False))
    assert hop.connection.tls is not None and not hop.connection.tls.verified
    with pytest.raises(UsageError, match="cacert"):
        ask(secure, "/", TlsPolicy(cacert=Path("/nowhere/at/all")))
    with pytest.raises(UsageError, match="cacert"):
        ask(secure, "/", TlsPolicy(cacert=Path(__file__)))


def test_a_certificate_for_another_name_says_for_whom_it_is(secure: Origin) -> None:
    policy = ClientPolicy(tls=TlsPolicy(cacert=secure.cacert))
    here = literal("127.0.0.1")
    assert here is not None
    with Client(policy, resolve=lambda host, port: [here]) as client, pytest.raises(PeerError) as caught:
        client.get(parse(f"https://www.163.com:{secure.tls_port}/"))
    assert "another name" in caught.value.message and "localhost, 127.0.0.1" in caught.value.message
    assert "--cacert" not in (caught.value.hint or "")


def test_plain_http_where_tls_was_expected(secure: Origin) -> None:
    with Client() as client, pytest.raises(PeerError, match="TLS"):
        client.get(parse(f"https://127.0.0.1:{secure.port}/"))


def test_a_kept_tls_connection_is_used_again(secure: Origin) -> None:
    url = parse(secure.url + "/big/300000")
    with Client(ClientPolicy(tls=TlsPolicy(cacert=secure.cacert))) as client:
        hops = [client.get(url)[-1] for _ in range(3)]
        assert [hop.use for hop in hops] == [1, 2, 3] and client.opened == 1
        assert {hop.response.body_bytes for hop in hops} == {300000}
        assert hops[1].response.phases.tls is None
