"""HTTPS: a chain that verifies by the authority handed out, for this machine's names, and by nothing else."""

from __future__ import annotations

import socket
import ssl
import tempfile
from pathlib import Path

import pytest
from origin_peer import PATIENCE_S, curl, get

from netlab.errors import MachineLacks
from netlab.http_origin import Origin, certificate


def test_the_chain_verifies_for_loopback_names(origin: Origin) -> None:
    assert origin.cacert and origin.tls_port
    context = ssl.create_default_context(cafile=str(origin.cacert))
    context.set_alpn_protocols(["h2", "http/1.1"])
    for name in ("localhost", "127.0.0.1", "::1"):
        with (
            socket.create_connection((origin.host, origin.tls_port), timeout=PATIENCE_S) as raw,
            context.wrap_socket(raw, server_hostname=name, suppress_ragged_eofs=False) as tls,
        ):
            assert tls.selected_alpn_protocol() == "http/1.1" and tls.version() in ("TLSv1.2", "TLSv1.3")
            tls.sendall(b"GET /chunked HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            received = b""
            while data := tls.recv(65536):  # ends with close_notify, or this raises SSLEOFError
                received += data
            assert received.endswith(b"0\r\n\r\n")


@pytest.mark.peers
def test_no_other_name_and_no_other_authority(origin: Origin) -> None:
    there = f"example.com:{origin.tls_port}"
    said = curl("--cacert", str(origin.cacert), "--resolve", f"{there}:127.0.0.1", f"https://{there}/")
    assert said.returncode == 60
    assert curl(origin.url + "/").returncode == 60
    with Origin(tls=True) as other:
        assert curl("--cacert", str(other.cacert), origin.url + "/").returncode == 60


def test_the_authority_is_at_ca_pem(origin: Origin, bare: Origin) -> None:
    assert origin.cacert
    assert get(origin, "/ca.pem")[1].decode() == origin.cacert.read_text()
    assert get(bare, "/ca.pem")[0].status == 404


@pytest.mark.peers
def test_a_connection_is_kept_over_tls(origin: Origin) -> None:
    three = [*[origin.url + "/echo"] * 3, *["--output", "/dev/null"] * 3]
    said = curl("--cacert", str(origin.cacert), "--write-out", "%{num_connects} ", *three)
    assert said.stdout == b"1 0 0 "


@pytest.mark.peers
def test_plain_http_at_the_tls_port_is_hung_up_on(origin: Origin) -> None:
    assert curl(f"http://127.0.0.1:{origin.tls_port}/").returncode in (1, 52, 56)
    assert get(origin, "/endpoints")[0].status == 200


def test_no_key_is_left_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    context, pem = certificate.server_context("127.0.0.1")
    assert context.cert_store_stats()["x509_ca"] == 0 and "PRIVATE" not in pem
    assert list(tmp_path.iterdir()) == []


def test_without_openssl_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(MachineLacks, match="openssl") as error:
        certificate.server_context("127.0.0.1")
    assert error.value.hint and "apt install" in error.value.hint
