"""Which page answers a request."""

from __future__ import annotations

from netlab.http_origin import files, raw_responses
from netlab.http_origin.endpoints import ENDPOINTS, BadPath, index
from netlab.http_origin.message import OriginAnswer, ReceivedRequest, Replay, text

_READING = ("GET", "HEAD")
_ANY_METHOD = ("/echo", "/status/", "/redirect", "/wire/")  # what a learner may want to send something else to


class Site:
    """The pages, and the folders that some of them serve. `ca_pem`: what /ca.pem answers."""

    def __init__(self, directory: str | None = None, wire_dir: str | None = None, ca_pem: str | None = None) -> None:
        self._directory, self._wire_dir, self._ca_pem = directory, wire_dir, ca_pem

    def answer(self, request: ReceivedRequest) -> OriginAnswer | Replay:
        """The answer to a request; errors of the client are answers too."""
        if request.method not in _READING and not request.path.startswith(_ANY_METHOD):
            status = 200 if request.method == "OPTIONS" else 405  # RFC 9110 §9.3.7, §15.5.6
            return text(f"{request.path[:80]} can be read: GET, HEAD\n", status, ("Allow", "GET, HEAD, OPTIONS"))
        try:
            return self._page(request)
        except BadPath as wrong:
            return text(f"{wrong}\n", 404)

    def _page(self, request: ReceivedRequest) -> OriginAnswer | Replay:
        path = request.path
        if path.startswith(raw_responses.PREFIX):
            return raw_responses.replay(request, path.removeprefix(raw_responses.PREFIX), self._wire_dir)
        if path == "/ca.pem" and self._ca_pem:
            return text(self._ca_pem)
        if path == "/endpoints":
            return index(request, "")
        for endpoint in ENDPOINTS:
            if endpoint.takes(path) and not (path == "/" and self._directory):
                return endpoint.page(request, path.removeprefix(endpoint.prefix))
        if self._directory:
            return files.serve(self._directory, request)
        raise BadPath("there is no such page; / lists them")
