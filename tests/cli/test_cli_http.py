"""`netlab http get`, `check` and `explain` as their user types them."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import forked
import pytest
from rich.cells import cell_len

from netlab.http_origin.process import Origin
from netlab.report import store

Netlab = Callable[..., "subprocess.CompletedProcess[str]"]
BAD = b"HTTP/1.1 200 OK\r\nA: b\r\nContent-Length : 5\r\n\r\nhello"
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    """One origin for all of these."""
    with Origin() as running:
        yield running


def tables(text: str) -> dict[str, list[dict[str, Any]]]:
    """The tables of a --json report."""
    found = json.loads(text)["measurement"]["tables"]
    return {
        table["name"]: [dict(zip((c["name"] for c in table["columns"]), row, strict=True)) for row in table["rows"]]
        for table in found
    }


def facts(text: str) -> dict[str, Any]:
    """The facts of a --json report."""
    return {fact["name"]: fact["value"] for fact in json.loads(text)["measurement"]["facts"]}


def test_bare_get_shows_the_boxes_of_the_course_and_keep_alive(netlab: Netlab) -> None:
    done = netlab("http", "get", "--no-save")
    assert done.returncode == 0, done.stderr
    boxes = ("│ GET    │SP│ /   │SP│ HTTP/1.1 │CR LF│", "│ Host │:│SP│", "the empty line")
    bodies = ("Body: by length", "Body: chunked", "RFC 9112 §6.3 item 4", "the last chunk")
    for said in (*boxes, *bodies, "request number 2", "keep-alive"):
        assert said in done.stdout, said
    assert done.stderr == ""


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_an_exchange_fits_the_terminal(netlab: Netlab, origin: Origin, columns: int) -> None:
    pages = [origin.url + page for page in ("/trailers", "/gzip", "/wire/obs-fold", "/interim")]
    done = netlab(
        "http", "get", *pages, "--no-save", "--timing", "--raw", "-H", f"X-Long: {'y' * 150}", COLUMNS=str(columns)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for line in done.stdout.splitlines():
        assert cell_len(line) <= columns, line


def test_the_byte_map_covers_every_byte(netlab: Netlab, origin: Origin) -> None:
    done = netlab("http", "get", origin.url + "/trailers", "--json", "--no-save", "--data", "a=1", "-X", "GET")
    found = tables(done.stdout)
    (exchange,) = found["exchanges"]
    at = 0
    for row in found["boxes"]:
        if row["message"] == "request":
            assert row["start"] == at
            at = row["end"]
    assert at + len("a=1") == exchange["sent"]
    spans = [(row["start"], row["end"]) for row in found["boxes"] if row["message"] != "request"]
    spans += [(row["start"], row["data end"] + 2 if row["size"] else row["end"]) for row in found["chunks"]]
    spans.sort()
    assert spans[0][0] == 0 and spans[-1][1] == exchange["received"]
    assert all(before[1] == after[0] for before, after in pairwise(spans))
    assert all(row["took"] is None for row in found["phases"] if row["state"] in ("–", "reused"))


def test_what_was_reused_has_no_times(netlab: Netlab, origin: Origin) -> None:
    done = netlab("http", "get", origin.url + "/", origin.url + "/echo", "--json", "--no-save")
    found = tables(done.stdout)
    first, second = found["exchanges"]
    assert first["local"] == second["local"] and (first["use"], second["use"]) == (1, 2)
    states = {(row["exchange"], row["phase"]): row["state"] for row in found["phases"]}
    assert states[1, "connect"] == "measured" and states[2, "connect"] == "reused"
    assert states[1, "TLS"] == states[2, "TLS"] == "–"
    assert {row["took"] for row in found["phases"] if row["state"] == "reused"} == {None}


def test_https_shows_what_was_agreed(netlab: Netlab) -> None:
    done = netlab("http", "get", "/", "--tls", "--json", "--no-save")
    assert done.returncode == 0, done.stderr
    said = facts(done.stdout)
    assert (
        said["TLS version"] == "TLSv1.3" and said["TLS handshake round trips"] == 1 and said["TLS ALPN"] == "http/1.1"
    )
    assert said["TLS verified"] is True
    assert "localhost" in tables(done.stdout)["certificates"][0]["names"]


def test_a_certificate_that_nobody_vouches_for(netlab: Netlab) -> None:
    with Origin(tls=True) as secure:
        done = netlab("http", "get", secure.url, "--no-save")
        assert done.returncode == 4 and "not trusted" in done.stderr and "--cacert" in done.stderr
        done = netlab("http", "get", secure.url, "--insecure", "--no-save")
        assert done.returncode == 0 and "not checked" in done.stdout
        assert netlab("http", "get", secure.url, "--cacert", str(secure.cacert), "--no-save").returncode == 0
        plain = netlab("http", "get", f"https://127.0.0.1:{secure.port}/", "--no-save")
        assert plain.returncode == 4 and "TLS" in plain.stderr


def test_gzip_is_shown_raw_and_decoded_and_written(netlab: Netlab, origin: Origin, tmp_path: Path) -> None:
    file = tmp_path / "body"
    done = netlab("http", "get", origin.url + "/gzip", "--json", "--no-save", "-o", str(file))
    rows = {row["form"]: row for row in tables(done.stdout)["bodies"]}
    assert rows["as sent"]["bytes"] < rows["decoded"]["bytes"] == file.stat().st_size
    assert rows["decoded"]["text"].split("\n")[0] == file.read_text().split("\n")[0]


def test_the_lab_resolves_names_that_exist_nowhere_else(netlab: Netlab) -> None:
    done = netlab("http", "get", "http://www.163.com/", "--resolver", "lab", "--json", "--no-save")
    assert done.returncode == 0, done.stderr
    found = tables(done.stdout)
    assert any(row["part"] == "value" and row["text"] == "www.163.com" for row in found["boxes"])
    assert {row["phase"]: row["state"] for row in found["phases"]}["resolve"] == "measured"
    gone = netlab("http", "get", "http://nope.163.com/", "--resolver", "lab", "--no-save")
    assert gone.returncode == 4 and "NXDOMAIN" in gone.stderr


def test_resolve_says_where_a_host_is(netlab: Netlab, origin: Origin) -> None:
    place = f"www.163.com:{origin.port}:127.0.0.1"
    done = netlab("http", "get", f"http://www.163.com:{origin.port}/echo", "--resolve", place, "--json", "--no-save")
    assert done.returncode == 0, done.stderr
    assert f"www.163.com:{origin.port}" in tables(done.stdout)["bodies"][0]["text"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("/status/404",), 0, "404"),
        (("/wire/nul-in-value",), 4, "NUL"),
        (("/redirect/20", "--max-redirects", "2"), 4, "more than 2 redirections"),
        (("http://127.0.0.1:1/",), 4, "refused"),
        (("ftp://x/",), 2, "ftp"),
        (("http://x/a b",), 2, "space"),
        (("/", "-X", "GE T"), 2, "method"),
        (("/", "-H", "A: b\r\nC: d"), 2, "control character"),
        (("/", "-H", "no colon"), 2, "no field"),
        (("/", "--data", "a", "--json-data", "{}"), 2, "exclude"),
        (("/", "--json-data", "{"), 2, "no JSON"),
        (("/", "--data-file", "/nowhere/at/all"), 2, "No such file"),
        (("/", "--cacert", "/nowhere/at/all", "--tls"), 2, "cacert"),
        (("/", "--resolve", "x"), 2, "HOST:PORT:ADDRESS"),
        (("/", "--resolver", "nobody"), 2, "resolver"),
        (("http://127.0.0.1:1/", "--tls"), 2, "built-in"),
    ],
)
def test_what_it_ends_with(netlab: Netlab, arguments: tuple[str, ...], code: int, says: str) -> None:
    done = netlab("http", "get", *arguments, "--no-save")
    assert done.returncode == code, done.stdout + done.stderr
    assert says in " ".join((done.stdout + done.stderr).split()) and "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 2


def with_stdin(data: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command with these bytes on its stdin."""
    return forked.run_bytes("http", *arguments, "--no-save", given=data)


def test_explain_puts_a_caret_under_the_byte() -> None:
    done = with_stdin(BAD, "explain", "-")
    text = done.stdout.decode()
    assert done.returncode == 4
    assert "byte 37, field line 2: white space before the colon (RFC 9112 §5.1)" in text
    shown, caret = next((a, b) for a, b in zip(text.splitlines(), text.splitlines()[1:], strict=False) if "^" in b)
    assert shown[caret.index("^") :].startswith(" : 5\\r\\n") and shown[: caret.index("^")].endswith("Content-Length")
    assert "│ A │:│SP│ b │CR LF│" in text  # what came before it


def test_explain_lets_pass_what_it_is_told_to() -> None:
    done = with_stdin(BAD, "explain", "-", "--lenient")
    assert done.returncode == 0 and "let pass by --lenient" in " ".join(done.stdout.decode().split())


def test_explain_reads_what_was_pasted() -> None:
    pasted = GOOD.replace(b"\r\n", b"\n")
    refused = with_stdin(pasted, "explain", "-")
    assert refused.returncode == 4 and "--crlf" in refused.stdout.decode()
    assert with_stdin(pasted, "explain", "-", "--crlf").returncode == 0
    assert with_stdin(GOOD + GOOD, "explain", "-", "--responses", "2").returncode == 0
    assert "--responses 2" in with_stdin(GOOD + GOOD, "explain", "-").stdout.decode()
    assert "--responses 3" in with_stdin(GOOD * 3, "explain", "-", "--responses", "2").stdout.decode()
    last = GOOD.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n")
    assert "--responses" not in with_stdin(last + GOOD, "explain", "-", "--responses", "2").stdout.decode()
    assert with_stdin(GOOD[:-2], "explain", "-").returncode == 4
    assert with_stdin(GOOD[:-5], "explain", "-", "--method", "HEAD").returncode == 0


def test_control_characters_of_a_peer_do_not_reach_the_terminal() -> None:
    evil = b"HTTP/1.1 200 \xc2\x9b31mOK\r\nX: \xe2\x80\xae\xff\r\n\r\n\x1b]0;owned\x07\x1b[2J\r\nbye\x00"
    text = with_stdin(evil, "explain", "-", "--raw").stdout.decode()
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text)
    assert "\\xff" in text


def test_check_sets_three_parsers_side_by_side() -> None:
    done = with_stdin(BAD, "check", "-", "--json")
    assert done.returncode == 0
    found = tables(done.stdout.decode())
    verdicts = next(row for row in found["three parsers"] if row["what"] == "verdict")
    assert (verdicts["netlab"], verdicts["h11"], verdicts["http.client"]) == ("refused", "refused", "complete")
    assert any(
        "http.client" in finding["text"] and "byte 37" in finding["text"]
        for finding in json.loads(done.stdout)["measurement"]["findings"]
    )


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (GOOD, "All three understand the same"),
        (b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n", "line end of a folded field"),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n" + GOOD, "interim response for the final one"),
        (b"HTTP/1.1 200 OK\nContent-Length: 0\n\n", "LF without CR"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "second Content-Length"),
        (b"", "incomplete"),
        (b"\x00\xff", "refuse"),
    ],
)
def test_check_explains_each_difference(data: bytes, says: str) -> None:
    done = with_stdin(data, "check", "-")
    assert done.returncode == 0, done.stderr
    assert says in " ".join(done.stdout.decode().split())


def test_check_reads_from_a_server(netlab: Netlab, origin: Origin) -> None:
    assert "All three" in netlab("http", "check", origin.url + "/chunked", "--no-save").stdout
    done = netlab("http", "check", "/close", "--no-save")
    assert "All three" in done.stdout and "there is no file /close" in " ".join(done.stdout.split())
    assert (
        "http.client calls it" in netlab("http", "check", origin.url + "/wire/space-before-colon", "--no-save").stdout
    )


def test_a_record_is_shown_again(netlab: Netlab) -> None:
    first = netlab("http", "get", "/gzip", "--timing")
    again = netlab("runs", "show", "last")
    assert first.returncode == again.returncode == 0
    assert "Body: by length" in again.stdout and "decoded" in again.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("explain", "/nowhere/at/all"), 2), (("check", "/nowhere/at/all"), 0), (("check", "http://127.0.0.1:1/"), 4)],
)
def test_what_cannot_be_read(netlab: Netlab, arguments: tuple[str, ...], code: int) -> None:
    done = netlab("http", *arguments, "--no-save")
    assert done.returncode == code and len(done.stderr.splitlines()) <= 2


@pytest.mark.parametrize(("saved", "records"), [((), 0), (("--save",), 1)])
def test_a_credential_is_not_recorded_unless_asked_for(netlab: Any, saved: tuple[str, ...], records: int) -> None:
    done = netlab("http", "get", "/", "--header", "authorization: Basic c2VjcmV0", *saved)
    assert done.returncode == 0
    assert len(store.ids()) == records
    assert ("this run is not recorded" in done.stderr) is not bool(records)


@pytest.mark.parametrize(
    ("page", "code", "says"),
    [
        ("/wire/short-body", 4, "the response is not complete"),
        ("/wire/chunk-hex-prefix", 4, "what came cannot be read"),
        ("/wire/extra-response", 0, "more came than the response, and nobody asked for it (RFC 9112 §9.2)"),
    ],
)
def test_a_connection_is_not_kept_after_what_went_wrong(
    netlab: Netlab, origin: Origin, page: str, code: int, says: str
) -> None:
    done = netlab("http", "get", origin.url + page, "--no-save")
    text = " ".join(done.stdout.split())
    assert done.returncode == code, text + done.stderr
    assert f"the connection is not used again: {says}" in text and "stays open" not in text


@pytest.mark.parametrize("data", [GOOD[:-2], GOOD + GOOD, GOOD + b"x"])
def test_explain_keeps_no_connection_after_what_is_wrong(data: bytes) -> None:
    text = with_stdin(data, "explain", "-").stdout.decode()
    assert "the connection is not used again" in text and "stays open" not in text


def test_only_the_last_exchange_of_a_connection_is_blamed_for_what_follows(netlab: Netlab, origin: Origin) -> None:
    pages = origin.url + "/", origin.url + "/wire/extra-response"
    done = netlab("http", "get", *pages, "--json", "--no-save")
    first, second = tables(done.stdout)["exchanges"]
    assert second["use"] == 2
    assert (first["connection"], second["connection"]) == ("stays open", "not used again")
    assert len(json.loads(done.stdout)["measurement"]["warnings"]) == 1


@pytest.mark.parametrize(
    ("data", "method", "verdict", "left", "says"),
    [
        (GOOD, "HEAD", "complete", 5, "5 bytes follow the response, from byte 38 on"),
        (GOOD + b"x", "GET", "complete", 1, "1 byte follows the response, from byte 43 on"),
        (b"HTTP/1.1 101 X\r\n\r\nhello", "GET", "complete (no longer HTTP)", 5, "no longer HTTP, but"),
        (b"HTTP/1.1 200 OK\r\n\r\nhello", "CONNECT", "complete (no longer HTTP)", 5, "no longer HTTP, but"),
    ],
)
def test_check_says_what_is_left_over_and_refuses_nothing(
    data: bytes, method: str, verdict: str, left: int, says: str
) -> None:
    done = with_stdin(data, "check", "-", "-X", method)
    text = " ".join(done.stdout.decode().split())
    assert done.returncode == 0 and says in text and "✗" not in text and "incomplete" not in text
    found = with_stdin(data, "check", "-", "-X", method, "--json").stdout.decode()
    rows = {row["what"]: row for row in tables(found)["three parsers"]}
    assert facts(found)["verdict"] == rows["verdict"]["netlab"] == verdict
    assert rows["left over"]["netlab"] == f"{left} B"
    if method == "CONNECT":  # http.client knows of no tunnels
        assert rows["verdict"]["h11"] == verdict and rows["left over"]["http.client"] == "0 B"
    elif method == "HEAD":
        assert rows["left over"]["h11"] == rows["left over"]["http.client"] == "5 B"


@pytest.mark.parametrize("page", ["204-with-body", "extra-response"])
def test_bytes_that_follow_a_response_end_each_command_as_the_page_says(
    netlab: Netlab, origin: Origin, page: str
) -> None:
    url = f"{origin.url}/wire/{page}"
    assert netlab("http", "get", url, "--no-save").returncode == 0
    checked = netlab("http", "check", url, "--no-save")
    assert checked.returncode == 0 and "follow the response" in checked.stdout
    assert with_stdin(b"HTTP/1.1 204 No Content\r\n\r\nhello", "explain", "-").returncode == 4


@pytest.mark.parametrize(
    ("data", "method", "form", "why"),
    [
        (b"HTTP/1.1 101 X\r\nUpgrade: echo\r\n\r\nsome words", "GET", "after the upgrade", "another protocol"),
        (b"HTTP/1.1 200 OK\r\n\r\nsome words", "CONNECT", "through the tunnel", "it is a tunnel"),
    ],
)
def test_a_connection_that_is_handed_over(data: bytes, method: str, form: str, why: str) -> None:
    done = with_stdin(data, "explain", "-", "-X", method)
    text = done.stdout.decode()
    assert done.returncode == 0
    assert f"the connection is handed over: {why}" in " ".join(text.split())
    assert text.count("some words") == 1 and f"{form}, 10 B" in text and "0 B of body" in text


def test_framing_fields_of_ones_own_are_doubted_before_the_wait(netlab: Netlab, origin: Origin) -> None:
    url = origin.url + "/echo"
    done = netlab("http", "get", url, "-H", "Content-Length: 9", "--data", "hello", "--timeout", "0.2", "--no-save")
    assert done.returncode == 4 and "the server will wait for 4 more" in done.stderr
    assert "will wait" not in netlab("http", "get", url, "--data", "hello", "--no-save").stderr


def test_a_file_that_takes_no_more_is_an_output_that_cannot_be_written(netlab: Netlab, origin: Origin) -> None:
    done = netlab("http", "get", origin.url + "/gzip", "-o", "/dev/full", "--no-save")
    assert done.returncode == 74 and "No space left" in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("data", "a_request"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (b"\r\nM-SEARCH * HTTP/1.1\r\n\r\n", True),
        (b"POST /a?b HTTP/1.0\n", True),
        (GOOD.replace(b"HTTP/1.1 ", b"HTTP/2.0 "), False),
        (b"GET /\r\n", False),
        (BAD, False),
    ],
)
def test_explain_knows_a_request_when_it_sees_one(data: bytes, a_request: bool) -> None:
    done = with_stdin(data, "explain", "-")
    assert done.returncode == 4
    assert ("This is a request, not a response" in " ".join(done.stdout.decode().split())) is a_request


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_every_parser_is_named_on_any_terminal(netlab: Netlab, origin: Origin, columns: int) -> None:
    done = netlab("http", "check", origin.url + "/wire/101", "--no-save", COLUMNS=str(columns))
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and all(cell_len(line) <= columns for line in lines)
    table = done.stdout.partition("Findings")[0]
    assert all(name in table for name in ("netlab", "h11", "http.client"))
    verdicts = [line for line in lines if line.strip().startswith("verdict")]
    assert len(verdicts) == (1 if columns >= 80 else 3)


def test_echo_shows_what_the_page_of_the_docs_sends(netlab: Netlab, origin: Origin) -> None:
    sent = "-X", "PUT", "--json-data", '{"news": 1}', "-H", "X-Course: 14"
    done = netlab("http", "get", origin.url + "/echo", *sent, "--no-save")
    lines = [line.strip() for line in done.stdout.partition("← Response")[2].splitlines()]
    assert '["X-Course", "14"],' in lines and any('"body": "{' in line for line in lines) and "]}" in lines
