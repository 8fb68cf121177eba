"""Each page of the origin by h11, http.client and curl: it does what it says it provokes."""

from __future__ import annotations

import gzip
import json
import zlib

import h11
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from origin_peer import body_of, by_h11, connected, curl, get, raw, until_end

from netlab.http_origin import Origin
from netlab.http_origin.endpoints import ENDPOINTS
from netlab.http_origin.representation import PATTERN

ANY = {"Accept-Encoding": "*"}  # http.client would say identity
FIVE = b"".join(f"line {n} of five\n".encode() for n in range(1, 6))


def test_the_first_page_lists_every_page(bare: Origin) -> None:
    _, body = get(bare, "/")
    for endpoint in ENDPOINTS:
        assert endpoint.shape.encode() in body


@pytest.mark.parametrize("path", [endpoint.shape.replace("N", "204") for endpoint in ENDPOINTS])
def test_h11_and_http_client_take_every_page_and_its_head(bare: Origin, path: str) -> None:
    response, body = get(bare, path, fields=ANY)
    if path == "/interim":  # http.client takes 102 and 103 for the response itself
        body = body_of(by_h11(bare, path))
    if path == "/echo":
        body = b"}\n"  # each client sends other fields
    assert body_of(by_h11(bare, path)).endswith(body)
    if path in ("/echo", "/interim"):
        return
    head, no_body = get(bare, path, "HEAD", ANY)
    assert (head.status, no_body) == (response.status, b"")
    ignored = ("Date", "Transfer-Encoding")
    assert [f for f in head.getheaders() if f[0] not in ignored] == [
        f for f in response.getheaders() if f[0] not in ignored
    ]


@pytest.mark.peers
@pytest.mark.parametrize("path", [endpoint.shape.replace("N", "204") for endpoint in ENDPOINTS])
def test_curl_takes_every_page(bare: Origin, path: str) -> None:
    body = body_of(by_h11(bare, path))
    if path == "/echo":
        body = b"}\n"  # each client sends other fields
    said = curl(bare.url + path)
    assert said.returncode == 0 and said.stdout.endswith(body)


def test_chunks_come_as_they_are_made(bare: Origin) -> None:
    received = raw(bare, b"GET /chunked HTTP/1.1\r\nHost: x\r\n\r\n")
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in head
    assert body == b"".join(b"f\r\nline %d of five\n\r\n" % n for n in range(1, 6)) + b"0\r\n\r\n"


def test_close_has_neither_length_nor_chunks_and_ends(bare: Origin) -> None:
    with connected(bare) as sock:
        sock.sendall(b"GET /close HTTP/1.1\r\nHost: x\r\n\r\n")
        head, _, body = until_end(sock).partition(b"\r\n\r\n")
    assert b"Content-Length" not in head and b"Transfer-Encoding" not in head and body == FIVE


def test_content_codings(bare: Origin) -> None:
    for page, unpack, window in (("/gzip", gzip.decompress, 31), ("/deflate", zlib.decompress, 15)):
        response, body = get(bare, page, fields=ANY)
        assert response.getheader("Content-Encoding") == page[1:]
        assert unpack(body) == zlib.decompress(body, window) and b"blank line" in unpack(body)


@pytest.mark.peers
def test_curl_decodes_the_content_codings(bare: Origin) -> None:
    for page, unpack in (("/gzip", gzip.decompress), ("/deflate", zlib.decompress)):
        assert curl("--compressed", bare.url + page).stdout == unpack(get(bare, page, fields=ANY)[1])


@pytest.mark.parametrize(
    ("accepts", "encoded"),
    [("identity", False), ("", False), ("gzip;q=0", False), ("*;q=0.0", False), ("br, GZIP;q=0.5", True), ("*", True)],
)
def test_a_content_coding_is_not_forced_on_anybody(bare: Origin, accepts: str, encoded: bool) -> None:
    response, body = get(bare, "/gzip", fields={"Accept-Encoding": accepts})
    assert response.getheader("Vary") == "Accept-Encoding"
    assert response.getheader("Content-Encoding") == ("gzip" if encoded else None)
    assert b"blank line" in (gzip.decompress(body) if encoded else body)


def test_trailers_are_announced_and_true(bare: Origin) -> None:
    *_, end = events = by_h11(bare, "/trailers")
    assert isinstance(end, h11.EndOfMessage)
    assert dict(end.headers.raw_items()) == {b"X-Lines": b"5", b"X-Crc32": b"%08x" % zlib.crc32(body_of(events))}


def test_interim_responses_come_first(bare: Origin) -> None:
    statuses = [event.status_code for event in by_h11(bare, "/interim") if hasattr(event, "status_code")]
    assert statuses == [100, 102, 103, 200]


@pytest.mark.parametrize("code", [200, 204, 299, 304, 404, 418, 500, 503, 599])
def test_any_status(bare: Origin, code: int) -> None:
    for method in ("GET", "HEAD", "DELETE"):
        response, body = get(bare, f"/status/{code}", method)
        assert response.status == code
        assert bool(body) == (method != "HEAD" and code not in (204, 304))


@pytest.mark.peers
def test_redirects_count_down(bare: Origin) -> None:
    said = curl("--location", "--write-out", "%{num_redirects} %{num_connects}", bare.url + "/redirect/7")
    assert said.stdout.endswith(b"7 1")


def test_a_redirect_leads_to_what_was_asked_for(bare: Origin) -> None:
    response, _ = get(bare, "/redirect-to?url=http%3A%2F%2Fexample.com%2F&status=307")
    assert (response.status, response.getheader("Location")) == (307, "http://example.com/")
    assert get(bare, "/redirect-to?url=%20/x%20")[0].getheader("Location") == "/x"


NOWHERE = """/redirect-to?status=200 /redirect/x /nope /redirect/-1 /redirect/1001 /status/199 /status/600
        /status/ /big/99999999999999 /slow?gap=x /wire/nope /wire/hex/0 /wire/hex/00?end=x /wire/hex/00?piece=0
        /wire/file/mine /%00 /big/%D9%A5 /chunkedx //""".split()


@pytest.mark.parametrize(
    ("target", "status"), [("/redirect-to?url=/%0d%0aX:%201", 400), *((target, 404) for target in NOWHERE)]
)
def test_what_is_asked_for_wrongly_is_the_clients_error(bare: Origin, target: str, status: int) -> None:
    response, body = get(bare, target)
    assert response.status == status and body and "X" not in response.headers


@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "REPORT"]),
    st.binary(max_size=3000),
    st.booleans(),
    st.dictionaries(
        st.from_regex(r"\AX-[a-z0-9]{1,8}\Z"), st.from_regex(r"\A([!-~]([ -~]{0,20}[!-~])?)?\Z"), max_size=5
    ),
)
@examples(40)
def test_echo_says_what_it_was_sent(
    bare: Origin, method: str, body: bytes, chunks: bool, fields: dict[str, str]
) -> None:
    lines = [f"{method} /echo?x HTTP/1.1", "Host: x", *(f"{name}: {value}" for name, value in fields.items())]
    lines.append("Transfer-Encoding: chunked" if chunks else f"Content-Length: {len(body)}")
    wire = b"%x\r\n%s\r\n" % (len(body), body) if body else b""
    sent = "\r\n".join([*lines, "", ""]).encode() + (wire + b"0\r\n\r\n" if chunks else body)
    received = raw(bare, sent, [len(sent) // 3, len(sent) // 2])
    said = json.loads(received.partition(b"\r\n\r\n")[2])
    assert (said["method"], said["target"], said["body"].encode("latin-1")) == (method, "/echo?x", body)
    assert {name: value for name, value in said["fields"] if name.startswith("X-")} == fields


@pytest.mark.peers
def test_expect_100_continue(bare: Origin) -> None:
    said = curl("--verbose", "--header", "Expect: 100-continue", "--data", "x=1", bare.url + "/echo")
    assert b"100 Continue" in said.stderr and json.loads(said.stdout)["body"] == "x=1"


def test_a_page_that_one_has_is_not_sent_again(bare: Origin) -> None:
    response, _ = get(bare, "/")
    tag = response.getheader("ETag") or ""
    for condition, status in ((tag, 304), (f'"x", W/{tag}', 304), ("*", 304), ('"x"', 200)):
        again, body = get(bare, "/", fields={"If-None-Match": condition})
        assert again.status == status and bool(body) == (status == 200)
        assert again.getheader("ETag") == tag


@given(st.integers(0, 200_000), st.integers(0, 210_000), st.integers(0, 210_000), st.sampled_from("abc"))
@examples(40)
def test_ranges_of_the_pattern(bare: Origin, length: int, one: int, other: int, form: str) -> None:
    whole = (PATTERN * 5)[:length]
    start, last = min(one, other), max(one, other)
    asked = {"a": f"bytes={start}-{last}", "b": f"bytes={start}-", "c": f"bytes=-{last}"}[form]
    part = {"a": whole[start : last + 1], "b": whole[start:], "c": whole[-last:] if last else b""}[form]
    response, body = get(bare, f"/big/{length}", fields={"Range": asked})
    if part:
        first = whole.index(part) if form == "c" and last >= length else (start if form != "c" else length - len(part))
        assert (response.status, body) == (206, part)
        assert response.getheader("Content-Range") == f"bytes {first}-{first + len(part) - 1}/{length}"
    else:
        assert response.status == 416 and response.getheader("Content-Range") == f"bytes */{length}"


@pytest.mark.parametrize("field", ["bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=0-1,4-5", "bytes", "bytes=-"])
def test_a_range_that_cannot_be_read_is_ignored(bare: Origin, field: str) -> None:
    response, body = get(bare, "/big/10", fields={"Range": field})
    assert (response.status, len(body)) == (200, 10)


def test_if_range(bare: Origin) -> None:
    tag = get(bare, "/big/10")[0].getheader("ETag") or ""
    assert get(bare, "/big/10", fields={"Range": "bytes=0-1", "If-Range": tag})[0].status == 206
    assert get(bare, "/big/10", fields={"Range": "bytes=0-1", "If-Range": '"other"'})[0].status == 200


@pytest.mark.peers
def test_a_hundred_megabytes_by_length_and_in_chunks(bare: Origin) -> None:
    for query in ("", "?chunked=1"):
        said = curl("--output", "/dev/null", "--write-out", "%{size_download}", f"{bare.url}/big/100000000{query}")
        assert said.stdout == b"100000000"


def test_a_connection_is_kept_and_requests_may_be_sent_ahead(bare: Origin) -> None:
    wanted = b"GET /chunked HTTP/1.1\r\nHost: x\r\n\r\n" * 20 + b"GET /close HTTP/1.1\r\nHost: x\r\n\r\n"
    received = raw(bare, wanted)
    assert received.count(b"HTTP/1.1 200 OK") == 21 and received.count(b"0\r\n\r\n") == 20 and received.endswith(FIVE)


def test_http_1_0_gets_no_chunks_and_is_closed(bare: Origin) -> None:
    with connected(bare) as sock:
        sock.sendall(b"GET /chunked HTTP/1.0\r\n\r\n")
        head, _, body = until_end(sock).partition(b"\r\n\r\n")
    assert b"chunked" not in head and body == FIVE


@pytest.mark.parametrize("method", ["POST", "DELETE", "X"])
def test_a_page_is_only_read(bare: Origin, method: str) -> None:
    response, _ = get(bare, "/", method)
    assert response.status == 405 and "GET" in (response.getheader("Allow") or "")


@pytest.mark.parametrize("target", ["http://x/status/418", "http://x:1/status/418?a", "/status/418#x"])
def test_absolute_form(bare: Origin, target: str) -> None:
    """RFC 9112 §3.2.2: a server must take it. A fragment is never sent, and so belongs to no path."""
    received = raw(bare, f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert received.startswith(b"HTTP/1.1 404" if "#" in target else b"HTTP/1.1 418")
