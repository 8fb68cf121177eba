"""--directory: files as they are, and nothing outside of the folder, whatever the path."""

from __future__ import annotations

import os
import time
from email.utils import formatdate
from pathlib import Path

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from origin_peer import PATIENCE_S, curl, get, raw

from netlab.http_origin import Origin


def test_files_are_served_with_their_type(origin: Origin, folder: Path) -> None:
    for name, kind in (("page.html", "text/html"), ("digits.bin", "application/octet-stream"), ("empty", "octet")):
        response, body = get(origin, f"/{name}")
        assert (response.status, body) == (200, (folder / name).read_bytes())
        assert kind in (response.getheader("Content-Type") or "")
        assert response.getheader("Content-Length") == str(len(body))
    assert get(origin, "/inside")[1] == b"<p>page</p>\n"  # a link that stays inside


def test_odd_names(origin: Origin) -> None:
    listing = get(origin, "/")[1].decode()
    assert "./a%20b%3Fc%23%25%26%3C%C3%A9%3E.txt" in listing and "a b?c#%&amp;&lt;é&gt;.txt" in listing
    assert get(origin, "/a%20b%3Fc%23%25%26%3C%C3%A9%3E.txt")[1] == b"odd name"


def test_folders(origin: Origin) -> None:
    moved, _ = get(origin, "/sub")
    assert (moved.status, moved.getheader("Location")) == (301, "/sub/")
    assert get(origin, "/sub/")[1] == b"index of sub"
    assert b"&lt;b&gt;.txt" in get(origin, "/list/")[1]
    assert get(origin, "//sub")[0].getheader("Location") == "/sub/"  # "//sub/" would be another host's


OUTSIDE = """/../secret.txt /%2e%2e/secret.txt /..%2fsecret.txt /sub/../../secret.txt /out-file /out-folder/
    /out-folder/secret.txt /to-sibling/secret.txt /dangling /fifo /page.html/ /page.html/x /:///page.html
    /%2fetc/passwd /sub/../page.html //etc/passwd /page.html%00.txt /nope /\\..\\secret.txt /proc/self/environ
    /.%2e/secret.txt /sub/%2e%2e/%2e%2e/secret.txt""".split()


@pytest.mark.parametrize("path", [*OUTSIDE, "/" + "a" * 300, "/" + "a/" * 3000])
def test_nothing_else_is_served(origin: Origin, path: str) -> None:
    received = raw(origin, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert received.startswith(b"HTTP/1.1 404 "), received[:200]
    assert b"secret" not in received.partition(b"\r\n\r\n")[2]


@given(st.text(alphabet="./%2eEfF\\~a:", min_size=1, max_size=40))
@examples(60)
def test_no_path_leads_out(origin: Origin, path: str) -> None:
    received = raw(origin, f"GET /{path}/secret.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert received.startswith(b"HTTP/1.1 404 ")


def test_conditions_and_ranges(origin: Origin, folder: Path) -> None:
    whole = (folder / "digits.bin").read_bytes()
    response, _ = get(origin, "/digits.bin")
    tag, date = response.getheader("ETag") or "", response.getheader("Last-Modified") or ""
    assert get(origin, "/digits.bin", fields={"If-None-Match": tag})[0].status == 304
    assert get(origin, "/digits.bin", fields={"If-Modified-Since": date})[0].status == 304
    assert get(origin, "/digits.bin", fields={"If-Modified-Since": formatdate(0, usegmt=True)})[0].status == 200
    assert get(origin, "/digits.bin", fields={"If-Modified-Since": "yesterday"})[0].status == 200
    both = {"If-None-Match": '"other"', "If-Modified-Since": date}  # the first alone decides: RFC 9110 §13.2.2
    assert get(origin, "/digits.bin", fields=both)[0].status == 200
    assert get(origin, "/digits.bin", fields={"Range": "bytes=300-70000"})[1] == whole[300:70001]


@pytest.mark.peers
def test_curl_continues_where_it_was_cut_off(origin: Origin, folder: Path, tmp_path: Path) -> None:
    whole = (folder / "digits.bin").read_bytes()
    half = tmp_path / "half"
    half.write_bytes(whole[:5000])
    assert curl("--continue-at", "-", "--output", str(half), f"{origin.plain_url}/digits.bin").returncode == 0
    assert half.read_bytes() == whole


def test_a_file_that_changes_is_another(origin: Origin, folder: Path) -> None:
    file = folder / "changing"
    file.write_text("one")
    before = get(origin, "/changing")[0].getheader("ETag")
    file.write_text("two")
    os.utime(file, ns=(0, 1))
    response, body = get(origin, "/changing", fields={"If-None-Match": before or ""})
    assert (response.status, body) == (200, b"two")


def test_the_pages_are_there_beside_the_files(origin: Origin) -> None:
    assert b"/chunked" in get(origin, "/endpoints")[1] and get(origin, "/status/418")[0].status == 418


def test_descriptors_are_given_back(origin: Origin) -> None:
    def open_now() -> int:
        return len(list(Path(f"/proc/{origin.pid}/fd").iterdir()))

    before = open_now()  # at most one too many, a connection of the test before
    for path in ("/digits.bin", "/sub/", "/list/", "/sub", "/out-file", "/fifo"):
        for fields in ({}, {"Range": "bytes=0-1"}, {"Range": "bytes=900000-"}, {"If-None-Match": "*"}):
            for method in ("GET", "HEAD"):
                get(origin, path, method, fields)
    deadline_s = time.monotonic() + PATIENCE_S
    while open_now() > before:  # a connection or two may be about to be closed
        assert time.monotonic() < deadline_s, "descriptors are left over"
        time.sleep(0.02)
