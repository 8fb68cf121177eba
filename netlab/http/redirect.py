"""Where a redirection leads, and what may go along (RFC 9110 §15.4). Pure: a response in, the next request out."""

from __future__ import annotations

from urllib.parse import urljoin

from netlab.errors import PeerError, UsageError
from netlab.http.events import Head
from netlab.http.request import Request
from netlab.http.url import Url, parse

STATUSES = (301, 302, 303, 307, 308)
SECRETS = frozenset((b"authorization", b"cookie", b"cookie2", b"proxy-authorization"))
"""Never shown to another origin: whoever can redirect a client could collect them."""
_ABOUT_THE_BODY = frozenset(
    b"content-length content-type content-encoding content-language content-location"
    b" transfer-encoding digest last-modified".split()
)


def follow(request: Request, url: Url, head: Head, *, allow_downgrade: bool = False) -> tuple[Request, Url] | None:
    """The next request and its URL; None where `head` redirects nowhere. Raises PeerError where it must not lead."""
    if head.status not in STATUSES:
        return None
    places = head.values("Location")
    if not places:
        return None
    if len(set(places)) > 1:
        raise PeerError(f"{url} redirects to {len(places)} places at once (RFC 9110 §10.2.2)")
    try:
        target = parse(urljoin(str(url), places[0].decode("utf-8")))
    except (UsageError, ValueError) as error:
        raise PeerError(f"{url} redirects to what is no URL for us: {error}") from None
    if url.scheme == "https" and target.scheme == "http" and not allow_downgrade:
        raise PeerError(
            f"{url} redirects to {target}: from https to http, where anybody can read along",
            "--allow-downgrade follows it all the same",
        )
    method, body = request.method, request.body
    if (head.status == 303 and method != "HEAD") or (head.status in (301, 302) and method == "POST"):
        method, body = "GET", b""
    kept = [
        (name, value)
        for name, value in request.fields
        if name.lower() != b"host"
        and not (target.origin != url.origin and name.lower() in SECRETS)
        and not (method != request.method and name.lower() in _ABOUT_THE_BODY)
    ]
    return Request.to(target, method, kept, body or None), target
