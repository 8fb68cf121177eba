"""`netlab http check`: the same bytes read by our parser, by h11 and by http.client; where they differ, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from netlab.errors import PeerError
from netlab.experiment import Experiment
from netlab.experiments.http.body import Body, read_file
from netlab.experiments.http.check_rows import AspectRow
from netlab.experiments.http.exchange_tables import ExchangeTables
from netlab.experiments.http.opinions import Opinion, notes, of_h11, of_http_client, ours
from netlab.experiments.http.options import AnswerTo, Cacert, Insecure, Patience
from netlab.experiments.http.visible import visible
from netlab.http.connection import connect
from netlab.http.limits import Timeouts
from netlab.http.request import Request
from netlab.http.tls import TlsPolicy
from netlab.http.transport import Timeout
from netlab.http.url import Url, parse
from netlab.option import Argument
from netlab.progress import Progress
from netlab.report.phrase import count, listed, say
from netlab.report.quantity import Draft, Measurement
from netlab.report.rows import table_of

_MOST_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Parameters:
    """Bytes (`data`, called `name`), or a URL to get them from."""

    name: Annotated[str, Argument("A URL, a file of bytes, or - for stdin.", "URL|FILE")]
    data: Body | None = None
    method: AnswerTo = "GET"
    insecure: Insecure = False
    cacert: Cacert = None
    timeout_s: Patience = 5.0


def _settle(parameters: Parameters, written: frozenset[str]) -> Parameters:
    name = parameters.name
    page = name.startswith("/") and not Path(name).is_file()
    return parameters if "://" in name or page else replace(parameters, data=read_file(name))


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Read the bytes three times over. Raises NetlabError where there are none."""
    draft, tables = Draft(), ExchangeTables()
    data, ended = (bytes(parameters.data), True) if parameters.data is not None else _fetched(parameters, draft)
    draft.fact("bytes", len(data), "B")
    mine, problem = ours(data, parameters.method, ended=ended)
    others = [of_h11(data, parameters.method, ended=ended), of_http_client(data, parameters.method)]
    if problem is not None:
        tables.add_refusal(1, problem, data, 0)
    noted = notes(data, parameters.method)
    for note in noted:
        tables.add_note(1, note)
    draft.tables.append(table_of(AspectRow, _side_by_side([mine, *others])))
    draft.tables += [table for table in tables.tables() if table.name != "exchanges"]
    for other in others:
        draft.findings += differences(mine, other, [note.what for note in noted])
    agreed = sum(other.verdict == mine.verdict for other in others)
    draft.fact("verdict", _verdict(mine), "")
    draft.answer = say("netlab: {verdict}; of two other parsers {agreed} agree.", verdict=_verdict(mine), agreed=agreed)
    draft.fact("others that agree", agreed, "1")
    if not draft.findings:
        draft.findings.append("All three understand the same.")
    draft.findings += _what_is_left(mine)
    return draft.finish()


def _side_by_side(opinions: Sequence[Opinion]) -> Iterator[AspectRow]:
    """The opinions are those of netlab, h11 and http.client."""
    for (what, mine), (_, h11), (_, http_client) in zip(*(_aspects(each).items() for each in opinions), strict=True):
        yield AspectRow(what, mine, h11, http_client)


def _aspects(opinion: Opinion) -> dict[str, str]:
    """What one parser says of each thing; "–" where it does not say."""
    return {
        "verdict": _verdict(opinion),
        "why": opinion.why or "–",
        "status": "–" if opinion.status is None else str(opinion.status),
        "reason": "–" if opinion.reason is None else visible(opinion.reason),
        "fields": "–" if opinion.fields is None else str(len(opinion.fields)),
        "interim": "–" if opinion.interim is None else str(opinion.interim),
        "body": "–" if opinion.body is None else f"{len(opinion.body)} B",
        "trailers": "–" if opinion.trailers is None else str(len(opinion.trailers)),
        "consumed": "–" if opinion.consumed is None else f"{opinion.consumed} B",
        "left over": "–" if opinion.left_over is None else f"{opinion.left_over} B",
    }


def _verdict(opinion: Opinion) -> str:
    if not opinion.handed_over:
        return opinion.verdict
    return say("{verdict} (no longer HTTP)", verdict=opinion.verdict)


def _what_is_left(mine: Opinion) -> list[str]:
    """What comes after the response, which is no part of it."""
    if not mine.left_over:
        return []
    follow = count(mine.left_over, "1 byte follows", "{n} bytes follow")
    place = say("{follow} the response, from byte {consumed} on", follow=follow, consumed=mine.consumed)
    if mine.handed_over:
        return [say("{place}: no longer HTTP, but of whatever is spoken now.", place=place)]
    text = (
        "{place}: one request has one response, so nobody has asked for this, and a client must not take it for the "
        "next one (RFC 9112 §9.2)."
    )
    return [say(text, place=place)]


def differences(mine: Opinion, other: Opinion, said: Sequence[str]) -> list[str]:
    """Each difference between our reading and another's, in words. `said` is what netlab noted."""
    name = other.parser
    if mine.verdict != other.verdict:
        return [_other_verdict(mine, other, said)]
    if mine.verdict == "refused":
        return []
    found: list[str] = []
    if mine.status != other.status:
        hints = mine.interim and other.status and 100 < other.status < 200
        because = ": it takes an interim response for the final one (RFC 9110 §15.2)" if hints else ""
        text = "{name} has status {status}, netlab {ours}{because}."
        found.append(say(text, name=name, status=other.status, ours=mine.status, because=because))
        if hints:
            return found
    if mine.reason is not None and other.reason is not None and mine.reason != other.reason:
        stripped = " (it strips white space)" if mine.reason.strip() == other.reason.strip() else ""
        text = "{name} has another reason phrase{stripped}: '{reason}'."
        found.append(say(text, name=name, stripped=stripped, reason=visible(other.reason)))
    found += _fields(mine, other)
    if other.interim is not None and mine.interim != other.interim:
        text = "{name} saw {interim} interim responses, netlab {ours}."
        found.append(say(text, name=name, interim=other.interim, ours=mine.interim))
    return found + _body_and_end(mine, other)


def _other_verdict(mine: Opinion, other: Opinion, said: Sequence[str]) -> str:
    name = other.parser
    if mine.verdict == "refused":
        text = "{name} calls it {verdict}; netlab refuses it: {why}."
        return say(text, name=name, verdict=other.verdict, why=mine.why)
    if other.verdict == "refused":
        taken = say("netlab takes it as {verdict}.", verdict=mine.verdict)
        noted = say("netlab takes it, and notes: {said}.", said=listed(said)) if said else taken
        return say("{name} refuses it: {why}. {noted}", name=name, why=other.why, noted=noted)
    text, why = "{name} calls it {verdict}, netlab {ours}: {why}.", mine.why or other.why or _until_close(mine)
    return say(text, name=name, verdict=other.verdict, ours=mine.verdict, why=why)


def _body_and_end(mine: Opinion, other: Opinion) -> list[str]:
    name = other.parser
    found: list[str] = []
    if mine.body is not None and other.body is not None and mine.body != other.body:
        pairs = enumerate(zip(mine.body, other.body, strict=False))
        at = next((n for n, (a, b) in pairs if a != b), min(len(mine.body), len(other.body)))
        text = "{name} has another body: {size} B, netlab {ours} B; they part at byte {at}."
        found.append(say(text, name=name, size=len(other.body), ours=len(mine.body), at=at))
    if other.trailers is not None and mine.trailers != other.trailers:
        found.append(say("{name} has other trailers.", name=name))
    if mine.consumed is not None and other.consumed is not None and mine.consumed != other.consumed:
        text = (
            "{name} ends the response at byte {theirs}, netlab at byte {ours}: so they would begin the next one at "
            "different places."
        )
        found.append(say(text, name=name, theirs=other.consumed, ours=mine.consumed))
    return found


def _until_close(mine: Opinion) -> str:
    return "the body ends with the connection" if mine.verdict == "complete" else "bytes are missing"


def _fields(mine: Opinion, other: Opinion) -> list[str]:
    if mine.fields is None or other.fields is None or mine.fields == other.fields:
        return []
    theirs = list(other.fields)
    found: list[str] = []
    for field in mine.fields:
        if field in theirs:
            theirs.remove(field)
            continue
        same = next((value for name, value in theirs if name == field[0]), None)
        shown = f"{field[0].decode('ascii', 'replace')}: {visible(field[1])}"
        if same is None:
            found.append(say("{parser} has no field '{shown}'.", parser=other.parser, shown=shown))
        elif b"\r" in same or b"\n" in same:
            theirs.remove((field[0], same))
            text = "{parser} keeps the line end of a folded field in its value; netlab has a space: '{shown}'."
            found.append(say(text, parser=other.parser, shown=shown))
        else:
            theirs.remove((field[0], same))
            text = "{parser} reads '{same}' where netlab reads '{shown}'."
            found.append(say(text, parser=other.parser, same=visible(same), shown=shown))
    text = "{parser} has one more field: '{name}: {value}'."
    found += [say(text, parser=other.parser, name=visible(name), value=visible(value)) for name, value in theirs]
    return found


def _fetched(parameters: Parameters, draft: Draft) -> tuple[bytes, bool]:
    """The bytes that a server sends, read to its end whether we like them or not; True where it closed after them."""
    if parameters.name.startswith("/"):
        from netlab.http_origin.process import Origin

        with Origin() as origin:
            draft.fact("built-in origin", origin.url, "", say("there is no file {name}", name=parameters.name))
            return _read(parse(origin.url + parameters.name), parameters)
    return _read(parse(parameters.name), parameters)


def _read(url: Url, parameters: Parameters) -> tuple[bytes, bool]:
    timeouts = Timeouts(parameters.timeout_s, parameters.timeout_s, parameters.timeout_s)
    trust = TlsPolicy(not parameters.insecure, parameters.cacert)
    request = Request.to(url, parameters.method)
    with connect(url, timeouts=timeouts, tls=trust) as connection:
        response = connection.exchange(request, keep_events=True)
        data = bytearray(response.raw)
        if response.problem is None:
            return bytes(data) + connection.surplus, response.head is not None and response.head.framing.kind == "close"
        ended = False
        try:
            while len(data) < _MOST_BYTES:
                more = connection.wire.receive(0.5)
                if not more:
                    ended = True
                    break
                data += more
        except (Timeout, PeerError):
            pass  # it sends no more, and that is all there is to read
        if not data:
            raise PeerError(f"{url}: {response.problem}")
        return bytes(data), ended


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""Read the same response by netlab, by h11 and by http.client, side by side.

    A path that is no file is a page of the built-in origin.
    """,
    examples=(
        "netlab http check /chunked",
        "netlab http check response.bin",
        "printf 'HTTP/1.1 200 OK\\r\\n\\r\\n' | netlab http check -",
    ),
    plots=False,
    settle=_settle,
)
