"""/wire/…: bytes come as they are, in the pieces asked for, and the connection ends as asked for."""

from __future__ import annotations

import socket

import pytest
from origin_peer import connected, curl, get, raw, until_end

from netlab.http_origin import Origin
from netlab.http_origin.hostile import ATTACKS
from netlab.http_origin.message import CLOSE, CUT, KEEP
from netlab.http_origin.wire_cases import CASES, Case


def asked(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def test_the_names_are_unique_and_listed(bare: Origin) -> None:
    listing = get(bare, "/wire/")[1].decode()
    names = [case.name for case in CASES] + [attack.name for attack in ATTACKS]
    assert len(set(names)) == len(names) and all(f"/wire/{name} " in listing for name in names)


@pytest.mark.parametrize("case", [case for case in CASES if case.end in (CLOSE, KEEP, CUT)], ids=lambda case: case.name)
def test_a_case_is_replayed_to_the_byte(bare: Origin, case: Case) -> None:
    assert raw(bare, asked(f"/wire/{case.name}")) == case.data
    assert raw(bare, asked(f"/wire/{case.name}?piece={max(1, len(case.data) // 50)}")) == case.data


def test_the_users_own_bytes(origin: Origin, bare: Origin) -> None:
    assert raw(bare, asked("/wire/hex/48690D0a00ff")) == b"Hi\r\n\0\xff"
    assert b"299 Mine" in raw(origin, asked("/wire/file/mine"))
    for name in ("../mine", "%2e%2e/mine", "", "nope", ".", "/etc/passwd", "%00"):
        assert raw(origin, asked("/wire/file/" + name)).startswith(b"HTTP/1.1 404 ")


def test_a_connection_that_is_kept_takes_the_next_request(bare: Origin) -> None:
    hello = next(case.data for case in CASES if case.name == "hello")
    assert raw(bare, asked("/wire/hello") * 3 + asked("/wire/hex/00")) == hello * 3 + b"\0"


def test_a_reset_is_a_reset(bare: Origin) -> None:
    with connected(bare) as sock:
        sock.sendall(asked("/wire/hex/00?end=reset"))
        with pytest.raises(ConnectionResetError):
            until_end(sock)


def test_silence_is_silence_and_ends_with_the_client(bare: Origin) -> None:
    with connected(bare) as sock:
        sock.sendall(asked("/wire/hex/00?end=stall"))
        assert sock.recv(10) == b"\0"
        sock.settimeout(0.3)
        with pytest.raises(TimeoutError):
            sock.recv(10)


@pytest.mark.parametrize("name", [attack.name for attack in ATTACKS])
def test_a_hostile_peer_stops_when_its_victim_has_gone(bare: Origin, name: str) -> None:
    with connected(bare) as sock:
        sock.sendall(asked(f"/wire/{name}"))
        if name != "silence":
            assert sock.recv(1000)
        sock.shutdown(socket.SHUT_RDWR)


@pytest.mark.peers
def test_a_replay_over_tls_may_end_without_close_notify(origin: Origin) -> None:
    whole = curl("--cacert", str(origin.cacert), f"{origin.url}/wire/cut?end=close")
    assert whole.returncode == 0 and whole.stdout == b"hello"
    assert curl("--cacert", str(origin.cacert), f"{origin.url}/wire/cut").returncode in (0, 18, 56)  # curl's affair
