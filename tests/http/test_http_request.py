"""Requests, URLs, redirections, content codings: the pure parts of the client."""

from __future__ import annotations

import functools
import gzip
import zlib

import pytest
from wire_feeding import fed

from netlab.errors import PeerError, UsageError
from netlab.experiments.http.resolving import entry
from netlab.http.decoding import Decoder, DecodingError, codings, decoded
from netlab.http.events import Head
from netlab.http.redirect import follow
from netlab.http.request import Request, field_from_text
from netlab.http.url import parse


@pytest.mark.parametrize(
    ("text", "scheme", "host", "port", "target", "authority"),
    [
        ("http://163.com", "http", "163.com", 80, "/", "163.com"),
        ("https://A.example:443/x?y=1#z", "https", "a.example", 443, "/x?y=1", "a.example"),
        ("127.0.0.1:8080/a", "http", "127.0.0.1", 8080, "/a", "127.0.0.1:8080"),
        ("http://[::1]:8080?q", "http", "::1", 8080, "/?q", "[::1]:8080"),
        ("http://[0:0::1]/", "http", "::1", 80, "/", "[::1]"),
        ("http://x/%20ä\\", "http", "x", 80, "/%20%C3%A4%5C", "x"),
        ("http://münchen.example/", "http", "xn--mnchen-3ya.example", 80, "/", "xn--mnchen-3ya.example"),
    ],
)
def test_a_url(text: str, scheme: str, host: str, port: int, target: str, authority: str) -> None:
    url = parse(text)
    assert (url.scheme, url.host, url.port, url.target, url.authority) == (scheme, host, port, target, authority)
    assert parse(str(url)) == url


@pytest.mark.parametrize(
    "text",
    ["", "http://", "ftp://x/", "http://u:p@x/", "http://[::g]/", "http:// x/"]
    + [f"http://x:{port}/" for port in ("0", "65536", "99999999999", "a")]
    + [f"http://x{rest}" for rest in ("/a b", "/\r\nX: y", "\x00/", "/\n")],
)
def test_a_url_that_is_none(text: str) -> None:
    with pytest.raises(UsageError):
        parse(text)


@pytest.mark.parametrize(
    "given",
    [{"method": method} for method in ("GET\r\nX: y", "G ET", "", "GÉT")]
    + [{"target": target} for target in ("/\r\nX: y", "/a b", "", "/\x00", "/\x7f")]
    + [{"fields": ((name, b"z"),)} for name in (b"X\r\nY", b"X:", b"")]
    + [{"fields": ((b"X", value),)} for value in (b"a\r\nY: z", b"a\nb", b"a\rb", b"a\x00b", b" a")],
)
def test_nothing_breaks_out_of_its_place(given: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Request(**given)  # type: ignore[arg-type]


def test_what_a_client_says_by_itself() -> None:
    url = parse("http://127.0.0.1:8080/x")
    raw = Request.to(url).to_bytes()
    assert raw.startswith(b"GET /x HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n") and raw.endswith(b"\r\n\r\n")
    assert b"Content-Length" not in raw
    assert Request.to(url, "POST").to_bytes().endswith(b"Content-Length: 0\r\n\r\n")
    assert Request.to(url, "POST", body=b"a=1").to_bytes().endswith(b"Content-Length: 3\r\n\r\na=1")
    own = Request.to(url, fields=[(b"host", b"other"), (b"Accept", b"a/b")]).to_bytes()
    assert own.count(b"ost:") == 1 and b"host: other\r\n" in own and own.count(b"Accept:") == 1
    with pytest.raises(UsageError):
        Request.to(url, "CONNECT")


def test_a_field_from_the_command_line() -> None:
    assert field_from_text("X-A:  b ") == (b"X-A", b"b")
    with pytest.raises(UsageError):
        field_from_text("no colon")


# Redirections.

SECRET = ((b"Authorization", b"Basic eDp5"), (b"Cookie", b"a=b"), (b"X-Mine", b"1"))


def _head(status: int, *places: str) -> Head:
    lines = "".join(f"Location: {place}\r\n" for place in places).encode()
    (head, *_) = fed([b"HTTP/1.1 %d X\r\n" % status + lines + b"Content-Length: 0\r\n\r\n"])[0]
    assert isinstance(head, Head)
    return head


@pytest.mark.parametrize(
    ("target", "goes_along"),
    [
        ("/other", True),
        ("http://h.example/b", True),
        ("http://h.example:80/b", True),
        ("//H.EXAMPLE/b", True),
        ("http://h.example:81/b", False),
        ("https://h.example/b", False),
        ("http://x.h.example/b", False),
        ("http://evil.example/", False),
        ("//evil.example/", False),
    ],
)
def test_credentials_and_cookies_do_not_follow_to_another_origin(target: str, goes_along: bool) -> None:
    url = parse("http://h.example/a")
    followed = follow(Request.to(url, fields=SECRET), url, _head(302, target))
    assert followed is not None
    names = {name for name, _ in followed[0].fields}
    assert (b"Authorization" in names) is goes_along and (b"Cookie" in names) is goes_along
    assert b"X-Mine" in names
    assert dict(followed[0].fields)[b"Host"] == followed[1].authority.encode()


def test_https_to_http_only_if_asked_for() -> None:
    url = parse("https://h.example/a")
    with pytest.raises(PeerError, match="from https to http"):
        follow(Request.to(url), url, _head(302, "http://h.example/"))
    followed = follow(Request.to(url), url, _head(302, "http://h.example/"), allow_downgrade=True)
    assert followed is not None and followed[1].scheme == "http"


@pytest.mark.parametrize(
    ("status", "method", "then", "keeps_body"),
    [
        (301, "POST", "GET", False),
        (302, "POST", "GET", False),
        (303, "POST", "GET", False),
        (303, "PUT", "GET", False),
        (303, "HEAD", "HEAD", False),
        (307, "POST", "POST", True),
        (308, "POST", "POST", True),
        (301, "PUT", "PUT", True),
    ],
)
def test_the_method_after_a_redirection(status: int, method: str, then: str, keeps_body: bool) -> None:
    url = parse("http://h.example/a")
    body = None if method == "HEAD" else b"a=1"
    request = Request.to(url, method, [(b"Content-Type", b"text/plain")], body)
    followed = follow(request, url, _head(status, "/b"))
    assert followed is not None and followed[0].method == then
    assert followed[0].body == (b"a=1" if keeps_body else b"")
    assert (b"Content-Length" in dict(followed[0].fields)) is keeps_body


@pytest.mark.parametrize("place", ["javascript:alert(1)", "ftp://x/", "http://x:99999/", "http://u@x/", "/a b"])
def test_a_location_that_is_no_url_for_us(place: str) -> None:
    url = parse("http://h.example/a")
    with pytest.raises(PeerError):
        follow(Request.to(url), url, _head(302, place))


def test_what_is_no_redirection() -> None:
    url = parse("http://h.example/a")
    for head in (_head(304, "/b"), _head(300, "/b"), _head(302), _head(200, "/b")):
        assert follow(Request.to(url), url, head) is None
    with pytest.raises(PeerError):
        follow(Request.to(url), url, _head(302, "/b", "/c"))


# Content codings.

TEXT = bytes(range(256)) * 40
zipped = functools.partial(gzip.compress, mtime=0)  # the same bytes, and so the same test, in every process
RAW_DEFLATE = zlib.compressobj(wbits=-15)
BARE = RAW_DEFLATE.compress(TEXT) + RAW_DEFLATE.flush()


@pytest.mark.parametrize(
    ("names", "data"),
    [
        (["gzip"], zipped(TEXT)),
        (["x-gzip"], zipped(TEXT[:100]) + zipped(TEXT[100:])),
        (["deflate"], zlib.compress(TEXT)),
        (["deflate"], BARE),
        (["deflate", "gzip"], zipped(zlib.compress(TEXT))),
        ([], TEXT),
    ],
)
def test_a_coding_is_undone(names: list[str], data: bytes) -> None:
    assert decoded(data, names, 1 << 20) == TEXT
    if len(names) == 1:
        decoder = Decoder(names[0], 1 << 20)
        assert b"".join(decoder.feed(data[at : at + 1]) for at in range(len(data))) == TEXT
        decoder.finish()


@pytest.mark.parametrize(
    ("names", "data", "says"),
    [
        (["gzip"], b"no gzip", "not gzip"),
        (["deflate"], b"\xff\xff\xff", "not deflate"),
        (["deflate"], b"\xff", "ends in the middle"),
        (["gzip"], zipped(TEXT)[:-1], "ends in the middle"),
        (["deflate"], zlib.compress(TEXT)[:-5], "ends in the middle"),
        (["gzip"], zipped(TEXT) + b"junk", "not gzip"),
        (["deflate"], zlib.compress(TEXT) + b"junk", "after the end"),
        (["br"], b"x", "not known"),
        (["gzip"] * 5, b"x", "limit"),
    ],
)
def test_a_coding_that_cannot_be_undone(names: list[str], data: bytes, says: str) -> None:
    with pytest.raises(DecodingError, match=says):
        decoded(data, names, 1 << 20)


def test_a_bomb_is_stopped_early() -> None:
    bomb = gzip.compress(bytes(20 << 20), 1)
    decoder = Decoder("gzip", 1 << 20)
    with pytest.raises(DecodingError, match="more than 1048576"):
        decoder.feed(bomb)
    assert decoder.made <= 3 << 20
    nested = gzip.compress(bomb)
    with pytest.raises(DecodingError, match="limit"):
        decoded(nested, ["gzip", "gzip"], 1 << 20)


def test_the_names_of_codings() -> None:
    assert codings([b"GZIP , identity", b"deflate"]) == ["gzip", "deflate"]


# --resolve.


def test_an_entry_of_resolve() -> None:
    (where, addresses) = entry("www.163.com:80:127.0.0.1,[::1]")
    assert where == ("www.163.com", 80) and [address.text for address in addresses] == ["127.0.0.1", "::1"]
    assert entry("X:*:127.0.0.1")[0] == ("x", None)
    for wrong in ("x", "x:80", "x:80:", "x:80:name", "x:a:127.0.0.1", ":80:127.0.0.1", "x:99999:127.0.0.1"):
        with pytest.raises(UsageError):
            entry(wrong)
