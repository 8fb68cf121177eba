"""What a URL says: which scheme, which server, and what the request line is to ask for (RFC 3986, RFC 9110 §4.2)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from netlab.errors import UsageError

PORTS = {"http": 80, "https": 443}
_URL = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*)://)?([^/?#]*)([^#]*)(#.*)?", re.DOTALL)
_AUTHORITY = re.compile(r"(?:\[([^\]]*)\]|([^:\[\]]*))(?::([0-9]*))?")
_NOT_ALLOWED = re.compile(r"[\x00-\x20\x7f]")
_UNQUOTED = re.compile(r'[^\x21-\x7e]|["<>\\^`{|}]')


@dataclass(frozen=True, slots=True)
class Url:
    """`host` is a name or an address without brackets; `target` is path and query, and begins with /."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """What must be the same for credentials to go along (RFC 9110 §4.3.1)."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """As in the Host field: the port only where it is not the scheme's own (RFC 9110 §7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def parse(text: str) -> Url:
    """The URL that `text` is; http:// is what it begins with if it has no scheme. UsageError."""
    wrong = _NOT_ALLOWED.search(text)
    if wrong:
        raise UsageError(f"a URL has no {_named(wrong[0])} in it: {text!r}", "write a space as %20")
    match = _URL.fullmatch(text)
    assert match is not None
    scheme = (match[1] or "http").lower()
    if scheme not in PORTS:
        raise UsageError(f"{scheme}: is not spoken here, only http: and https:")
    if "@" in match[2]:
        raise UsageError("no user name or password in a URL (RFC 9110 §4.2.4)", "--header 'Authorization: …'")
    authority = _AUTHORITY.fullmatch(match[2])
    if authority is None or not (authority[1] or authority[2]):
        raise UsageError(f"'{text}' has no host", "a URL is like http://127.0.0.1:8080/path?query")
    port = int(authority[3]) if authority[3] and len(authority[3]) < 6 else PORTS[scheme] if not authority[3] else 0
    if not 0 < port < 65536:
        raise UsageError(f"'{authority[3]}' is no port: 1 to 65535")
    target = match[3] if match[3].startswith("/") else f"/{match[3]}"
    target = _UNQUOTED.sub(
        lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace")), target
    )
    return Url(scheme, _host(authority[1], authority[2]), port, target)


def _host(literal: str | None, name: str | None) -> str:
    if literal is not None:
        try:
            return str(ipaddress.IPv6Address(literal))
        except ValueError:
            raise UsageError(f"[{literal}] is no IPv6 address") from None
    assert name is not None
    try:
        host = name.lower() if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        raise UsageError(f"'{name}' is no host name") from None
    if len(host) > 255 or not re.fullmatch(r"[0-9a-z_.%~!$&'()*+,;=-]+", host):
        raise UsageError(f"'{name}' is no host name")
    return host


def _named(character: str) -> str:
    return {" ": "space", "\r": "CR", "\n": "LF"}.get(character, f"0x{ord(character):02X}")
