"""`netlab http get`: one or more exchanges, byte by byte, with the times of their phases.

A URL that is only a path ("/chunked") is asked of the built-in origin, which is started for the call.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from netlab.errors import NetlabError, PeerError, UsageError
from netlab.experiment import Experiment
from netlab.experiments.http.body import Body, body_of
from netlab.experiments.http.exchange_tables import ExchangeTables
from netlab.experiments.http.get_rows import CertificateRow
from netlab.experiments.http.options import REQUEST, SHOW, WAY, Cacert, Insecure, Lenient, Patience, Raw, Tls
from netlab.experiments.http.resolving import resolving
from netlab.http.client import Client, ClientPolicy, Hop, Interrupted, Lost
from netlab.http.limits import HeadLimits, Timeouts
from netlab.http.request import Request, field_from_text
from netlab.http.tls import TlsPolicy, TlsSession
from netlab.http.url import Url, parse
from netlab.option import Argument, Option
from netlab.progress import Progress
from netlab.report.phrase import count, say
from netlab.report.quantity import Draft, Measurement
from netlab.report.rows import table_of

BARE = ("/", "/chunked")


@dataclass(frozen=True, slots=True)
class Parameters:
    """What to ask whom. `data` None: no body. `timeout_s`: without a byte from the server."""

    urls: Annotated[
        tuple[str, ...], Argument("http://…, https://…; a path: the built-in origin's.", "[URL]...", shown="")
    ] = BARE
    method: Annotated[str | None, Option("GET, HEAD, POST, …", "NAME", panel=REQUEST, short="-X")] = None
    header: Annotated[tuple[str, ...], Option("A field; repeatable.", "'N: V'", panel=REQUEST, short="-H")] = ()
    data_text: Annotated[str | None, Option("A body.", "TEXT", panel=REQUEST, name="--data", recorded=False)] = None
    data_file: Annotated[Path | None, Option("A body; - is stdin.", "FILE", panel=REQUEST, recorded=False)] = None
    json_data: Annotated[str | None, Option("A body of JSON.", "JSON", panel=REQUEST, recorded=False)] = None
    data: Body | None = None
    content_type: str | None = None
    resolve: Annotated[tuple[str, ...], Option("Where a host is.", "HOST:PORT:IP", panel=WAY)] = ()
    resolver: Annotated[str, Option("system, or lab: netlab's own DNS.", "NAME", panel=WAY)] = "system"
    max_redirects: Annotated[int, Option("0: follow none.", "N", 0, 100, panel=WAY)] = 10
    allow_downgrade: Annotated[bool, Option("Follow from https to http, too.", panel=WAY)] = False
    timeout_s: Patience = 10.0
    max_time_s: Annotated[float, Option("For an exchange in all.", "S", 0.01, panel=WAY)] = 60.0
    tls: Tls = False
    insecure: Insecure = False
    cacert: Cacert = None
    lenient: Lenient = False
    raw: Raw = False
    timing: Annotated[bool, Option("When each phase was.", panel=SHOW)] = False
    output: Annotated[Path | None, Option("Write the body there.", "FILE", panel=SHOW, short="-o")] = None


def _settle(parameters: Parameters, written: frozenset[str]) -> Parameters:
    body, content_type = body_of(parameters.data_text, parameters.data_file, parameters.json_data)
    return replace(parameters, data=body, content_type=content_type)


def _exit_code(found: Measurement) -> int:
    if found.interrupted:
        return 0  # what came is shown, and that it is not all is nobody's mistake
    refused = any(fact.name in ("problem", "failed") and fact.value for fact in found.facts)
    return PeerError.exit_code if refused else 0


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Ask. Raises NetlabError where there is no exchange to tell of."""
    draft, tables = Draft(), ExchangeTables()
    fields = tuple(field_from_text(text) for text in parameters.header)
    if parameters.content_type and not any(name.lower() == b"content-type" for name, _ in fields):
        fields += ((b"Content-Type", parameters.content_type.encode()),)
    method = parameters.method or ("POST" if parameters.data is not None else "GET")
    hops: list[Hop] = []
    lost: NetlabError | None = None
    with (
        _origin(parameters, draft) as (urls, policy, stand_in),
        resolving(parameters.resolver, parameters.resolve, stand_in, draft.findings) as resolve,
    ):
        requests = [(url, Request.to(url, method, fields, parameters.data)) for url in urls]
        with Client(policy, resolve=resolve) as client:
            try:
                for number, (url, request) in enumerate(requests):
                    progress(number / len(requests), f"asking {url}")
                    hops += client.get(url, request, keep_events=True)
            except Lost as error:
                hops += error.hops
                lost = error
                if not hops:
                    raise
            except Interrupted as error:
                hops += error.hops
                draft.interrupted = True
            except KeyboardInterrupt:
                if not hops:
                    raise
                draft.interrupted = True
            _report(draft, tables, hops, parameters, client.opened)
    if lost is not None:
        draft.warnings.append(say("It ended there: {message}.", message=lost.message))
        draft.fact("failed", lost.message, "")
    if parameters.output is not None and hops and lost is None:
        _write(parameters.output, hops[-1], draft, policy.limits)
    return draft.finish()


@contextmanager
def _origin(parameters: Parameters, draft: Draft) -> Iterator[tuple[list[Url], ClientPolicy, int | None]]:
    """The URLs, with the built-in origin behind those that are only paths; how to ask; the origin's port."""
    connect_s = min(parameters.timeout_s, 5.0)
    limits, timeouts = HeadLimits(), Timeouts(connect_s, connect_s, parameters.timeout_s, parameters.max_time_s)
    secure = any(text.startswith("https://") for text in parameters.urls)
    own = any(text.startswith("/") for text in parameters.urls)

    def policy(cacert: Path | None) -> ClientPolicy:
        trust = TlsPolicy(not parameters.insecure, cacert)
        redirects = parameters.max_redirects, parameters.allow_downgrade
        return ClientPolicy(timeouts, limits, trust, parameters.lenient, *redirects)

    if not own and parameters.resolver != "lab":
        if parameters.tls:
            built_in = "pages of the built-in origin, such as /chunked"
            raise UsageError(f"--tls is for {built_in}", "https:// says it otherwise")
        yield [parse(text) for text in parameters.urls], policy(parameters.cacert), None
        return
    from netlab.http_origin.process import Origin

    with Origin(tls=parameters.tls or (secure and parameters.resolver == "lab")) as origin:
        draft.fact("built-in origin", origin.url, "", "netlab http serve keeps one up")
        urls = [parse(origin.url + text if text.startswith("/") else text) for text in parameters.urls]
        stand_in = origin.tls_port if secure else origin.port
        yield urls, policy(parameters.cacert or origin.cacert), stand_in


def _report(draft: Draft, tables: ExchangeTables, hops: list[Hop], parameters: Parameters, opened: int) -> None:
    unasked = {id(hop.connection): (number, hop.connection.unasked()) for number, hop in enumerate(hops, 1)}
    for number, hop in enumerate(hops, 1):
        final, found = unasked[id(hop.connection)]  # what nobody asked for comes after the last exchange only
        extra = found if number == final else None
        tables.add_hop(number, hop, extra, HeadLimits().decoded_bytes, parameters.raw)
        if extra is not None:
            draft.warnings.append(say("{url}: {extra}.", url=str(hop.url), extra=str(extra)))
    if parameters.timing:
        draft.show(timing=True)
    draft.fact("exchanges", len(hops), "1")
    draft.fact("connections opened", opened, "1")
    if hops:
        last = hops[-1].response
        draft.fact("status", last.head.status if last.head else None, "1")
        if last.head is not None:
            size = count(last.body_bytes, "one byte", "{n:,} bytes")
            text = "{url} answered {status} with {size}."
            draft.answer = say(text, url=str(hops[-1].url), status=last.head.status, size=size)
        draft.fact("problem", str(last.problem) if last.problem else "", "")
        _tls(draft, hops[-1].connection.tls)
    for hop in hops:
        if hop.use == 1:
            text = "{tried}; then the next address was tried."
            draft.warnings += [say(text, tried=tried) for tried in hop.connection.tried]
        if hop.repeated:
            text = "{url}: the kept connection had been closed, so the request was sent again."
            draft.finding(say(text, url=str(hop.url)))
    draft.tables += tables.tables()
    draft.warnings += tables.warnings
    if len(hops) > 1 and opened < len(hops):
        ports = count(opened, "one connection", "{n} connections")
        text = "{hops} requests over {ports}: keep-alive (RFC 9112 §9.3; course, lecture 14)."
        draft.finding(say(text, hops=len(hops), ports=ports))


def _tls(draft: Draft, session: TlsSession | None) -> None:
    if session is None:
        return
    draft.fact("TLS version", session.version, "")
    draft.fact("TLS cipher", f"{session.cipher}, {session.bits} bits", "")
    draft.fact("TLS ALPN", session.alpn or "none", "")
    draft.fact("TLS handshake round trips", session.round_trips, "1")
    draft.fact("TLS handshake sent", session.handshake_sent, "B")
    draft.fact("TLS handshake received", session.handshake_received, "B")
    draft.fact("TLS verified", session.verified, "")
    rows = [
        CertificateRow(each.subject, each.issuer, each.not_before, each.not_after, each.names) for each in session.chain
    ]
    draft.tables.append(table_of(CertificateRow, rows))
    if not session.verified:
        draft.warnings.append("Nobody vouches for this server: its certificate was not checked (--insecure).")


def _write(path: Path, hop: Hop, draft: Draft, limits: HeadLimits) -> None:
    """The body, decoded, into a file: whole, or not at all."""
    from netlab.http import decoding

    response = hop.response
    if response.problem is not None or response.head is None:
        draft.warnings.append(say("{path} was not written: the response is not complete.", path=str(path)))
        return
    if len(response.body) < response.body_bytes:
        raise UsageError(f"{response.body_bytes} bytes are more than netlab keeps ({limits.kept_body_bytes})")
    try:
        names = decoding.codings(response.head.values("Content-Encoding"))
        body = decoding.decoded(bytes(response.body), names, limits.decoded_bytes)
        path.write_bytes(body)
    except decoding.DecodingError as error:
        draft.warnings.append(say("{path} was not written: {error}.", path=str(path), error=str(error)))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
            raise  # not the user's mistake: EX_IOERR, as for any output
        raise UsageError(f"--output {path}: {error.strerror}") from None
    else:
        draft.fact("written", len(body), "B", str(path))


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="Ask for a URL, and show every byte of it: what was sent, what came, and why.",
    examples=(
        "netlab http get",
        "netlab http get /chunked --tls --timing",
        "netlab http get http://127.0.0.1:8080/ -X HEAD",
    ),
    plots=False,
    settle=_settle,
    exit_code=_exit_code,
)
