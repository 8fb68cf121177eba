"""TLS over a Wire by the standard ssl module, through memory: so every byte and every flight of the handshake is ours
to count, and an end without close_notify is told from one with it (RFC 9112 §9.8)."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netlab.errors import PeerError, UsageError
from netlab.http.transport import READ_BYTES, HttpTransport, Timeout, shown
from netlab.http.url import Url


@dataclass(frozen=True, slots=True)
class TlsPolicy:
    """`verify` False takes any certificate. `cacert`: a file of certificates to trust in place of the system's."""

    verify: bool = True
    cacert: Path | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """Of a chain, the server's own first. Times as the certificate writes them."""

    subject: str
    issuer: str
    not_before: str
    not_after: str
    names: str


@dataclass(frozen=True, slots=True)
class TlsSession:
    """What was agreed. `round_trips`: times the handshake waited for the peer. `alpn` None: the peer chose none."""

    version: str
    cipher: str
    bits: int
    alpn: str | None
    verified: bool
    round_trips: int
    handshake_sent: int
    handshake_received: int
    chain: tuple[Certificate, ...] = field(default=())


def context(policy: TlsPolicy) -> ssl.SSLContext:
    """The settings of a client. UsageError where the file of certificates is none."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if policy.cacert else ssl.create_default_context()
    if policy.cacert is not None:
        try:
            made.load_verify_locations(policy.cacert)
        except (ssl.SSLError, OSError) as error:
            why = (
                error.strerror if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else "no PEM file"
            )
            raise UsageError(f"--cacert {policy.cacert}: {why or 'not a file of certificates (PEM)'}") from None
    if not policy.verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    made.set_alpn_protocols(["http/1.1"])
    return made


class TlsWire:
    """A Wire with TLS on it; the same methods."""

    def __init__(self, wire: HttpTransport, url: Url, settings: ssl.SSLContext, wait_s: float) -> None:
        self._wire = wire
        self.local, self.peer, self.sock = wire.local, wire.peer, wire.sock
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = settings.wrap_bio(self._in, self._out, server_hostname=url.host)
        self._sent = self._received = 0
        self._clean = False
        self._ended = False
        try:
            trips = self._handshake(wait_s)
        except Timeout:
            raise PeerError(f"{url}: the TLS handshake took more than {wait_s:g} s") from None
        except ssl.SSLCertVerificationError as error:
            if error.verify_code in _OTHER_NAME:
                names = next((each.names for each in _chain(self._object) if each.names), "") or "no name at all"
                raise PeerError(
                    f"{url}: its certificate is for another name: it is for {names}", "--insecure takes any certificate"
                ) from None
            hint = "--cacert FILE trusts its issuer, --insecure trusts anybody"
            raise PeerError(f"{url}: its certificate is not trusted: {error.verify_message}", hint) from None
        except ssl.SSLError as error:
            raise PeerError(f"{url}: no TLS handshake: {_reason(error)}", "is it http:// that it speaks?") from None
        self.tls = self._session(settings.verify_mode != ssl.CERT_NONE, trips)

    def receive(self, wait_s: float, most: int = READ_BYTES) -> bytes:
        """The next bytes, decrypted; b"" at the end, whether that is clean or not. Raises Timeout, PeerError."""
        while True:
            try:
                data = self._object.read(most)
                if not data:
                    self._clean = True
                return data
            except ssl.SSLWantReadError:
                self._flush(wait_s)
                if self._ended:
                    return b""
                self._pull(wait_s)
            except ssl.SSLZeroReturnError:
                self._clean = True
                return b""
            except ssl.SSLEOFError:
                return b""
            except ssl.SSLError as error:
                raise PeerError(f"{shown(self.peer)}: TLS: {_reason(error)}") from None

    def receive_into(self, view: memoryview, wait_s: float) -> int:
        """As `receive`, into `view`."""
        data = self.receive(wait_s, len(view))
        view[: len(data)] = data
        return len(data)

    def send(self, data: bytes | memoryview, wait_s: float) -> int:
        """Encrypt and send `data`. Raises Timeout, PeerError."""
        view = memoryview(data)
        for start in range(0, len(view), READ_BYTES):
            try:
                self._object.write(view[start : start + READ_BYTES])
            except ssl.SSLError as error:
                raise PeerError(f"{shown(self.peer)}: TLS: {_reason(error)}") from None
            if not self._flush(wait_s):
                return start
        return len(view)

    def stale(self) -> bool:
        """True where the peer has sent something already. New session tickets (TLS 1.3) are no reason."""
        if self._object.pending():
            return True
        while self._wire.stale():
            try:
                self._pull(0.01)
                self._object.read(1)
                return True
            except ssl.SSLWantReadError:
                continue
            except (ssl.SSLError, PeerError, Timeout):
                return True
        return False

    @property
    def clean_eof(self) -> bool:
        """True after close_notify."""
        return self._clean

    def close(self) -> None:
        """Say close_notify, as one must (RFC 8446 §6.1), without waiting for the peer's; close the socket."""
        try:
            self._object.unwrap()
        except (ssl.SSLError, OSError, ValueError):
            pass  # the peer's close_notify has not come, and is not waited for
        try:
            self._flush(0.01)
        except (PeerError, Timeout):
            pass  # nobody there to hear it
        self._wire.close()

    def _handshake(self, wait_s: float) -> int:
        trips = 0
        while True:
            try:
                self._object.do_handshake()
            except ssl.SSLWantReadError:
                trips += self._out.pending > 0  # something was said, and an answer is needed: a round trip
                self._flush(wait_s)
                if self._ended:
                    raise ssl.SSLError(1, "the server closed the connection") from None
                self._pull(wait_s)
                continue
            except ssl.SSLError:
                self._flush(wait_s)  # the alert that says why
                raise
            self._flush(wait_s)
            return trips

    def _pull(self, wait_s: float) -> None:
        data = self._wire.receive(wait_s)
        self._received += len(data)
        if data:
            self._in.write(data)
        else:
            self._in.write_eof()
            self._ended = True

    def _flush(self, wait_s: float) -> bool:
        """Send what TLS has to say; False where the peer began to answer before it had it all."""
        data = self._out.read()
        if not data:
            return True
        sent = self._wire.send(data, wait_s)
        while sent < len(data) and self._wire.stale():
            self._pull(wait_s)  # records must go out whole, so what comes meanwhile is put by
            if self._ended:
                return False
            sent += self._wire.send(data[sent:], wait_s)
        self._sent += sent
        return True

    def _session(self, verified: bool, trips: int) -> TlsSession:
        name, _, bits = self._object.cipher() or ("", "", 0)
        return TlsSession(
            self._object.version() or "",
            name,
            bits,
            self._object.selected_alpn_protocol(),
            verified,
            trips,
            self._sent,
            self._received,
            _chain(self._object),
        )


_OTHER_NAME = (62, 64)
"""X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH of openssl/x509_vfy.h."""


def _chain(secured: ssl.SSLObject) -> tuple[Certificate, ...]:
    """The certificates that the server sent. Where Python has no way to them, the verified one of the server."""
    inner: Any = getattr(secured, "_sslobj", None)
    try:
        sent = inner.get_unverified_chain() or ()
        return tuple(_certificate(each.get_info()) for each in sent)
    except AttributeError:
        own = secured.getpeercert()
        return (_certificate(own),) if own else ()


def _certificate(info: Any) -> Certificate:
    def name(parts: Any) -> str:
        return ", ".join(f"{_SHORT.get(key, key)}={value}" for part in parts for key, value in part)

    names = ", ".join(value for _, value in info.get("subjectAltName", ()))
    return Certificate(
        name(info.get("subject", ())),
        name(info.get("issuer", ())),
        info.get("notBefore", ""),
        info.get("notAfter", ""),
        names,
    )


_SHORT = {"commonName": "CN", "organizationName": "O", "organizationalUnitName": "OU", "countryName": "C"}


def _reason(error: ssl.SSLError) -> str:
    return (error.reason or str(error.args[-1])).lower().replace("_", " ")
