"""Record sets: all records of one name and type (RFC 2181 §5), their data as it is sent, uncompressed.

Data stay bytes until somebody wants to read them; `data_text` is dnspython's.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import NamedTuple

import dns.exception
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from netlab.dns.names import Name, to_wire
from netlab.errors import UsageError

IN = 1
A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV, DNAME, OPT = 1, 2, 5, 6, 12, 15, 16, 28, 33, 39, 41
IXFR, AXFR, ANY = 251, 252, 255
ADDRESSES = (A, AAAA)

NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, YXDOMAIN, NOTAUTH = 0, 1, 2, 3, 4, 5, 6, 9
BADVERS = 16  # RFC 6891 §6.1.3
RCODES = {
    NOERROR: "NOERROR",
    FORMERR: "FORMERR",
    SERVFAIL: "SERVFAIL",
    NXDOMAIN: "NXDOMAIN",
    NOTIMP: "NOTIMP",
    REFUSED: "REFUSED",
    YXDOMAIN: "YXDOMAIN",
    NOTAUTH: "NOTAUTH",
    BADVERS: "BADVERS",
}


class RRset(NamedTuple):
    """Records of one owner and type. `ttl` in seconds; `data` in wire form, without compression."""

    owner: Name
    rtype: int
    ttl: int
    data: tuple[bytes, ...]

    def texts(self) -> list[str]:
        """Each record's data as a master file would have it."""
        return [data_text(self.rtype, data) for data in self.data]

    def targets(self) -> list[Name]:
        """The names that NS, CNAME, PTR and DNAME records hold."""
        return [name_at(data) for data in self.data]


class Soa(NamedTuple):
    """A zone's start of authority (RFC 1035 §3.3.13); times in seconds."""

    mname: Name
    rname: Name
    serial: int
    refresh: int
    retry: int
    expire: int
    minimum: int

    def to_wire(self) -> bytes:
        """The record's data."""
        numbers = (self.serial, self.refresh, self.retry, self.expire, self.minimum)
        return to_wire(self.mname) + to_wire(self.rname) + b"".join(n.to_bytes(4, "big") for n in numbers)


@lru_cache(maxsize=4096)
def name_at(data: bytes, at: int = 0) -> Name:
    """The uncompressed name in record data from `at`; IndexError or ValueError where there is none."""
    labels = []
    while length := data[at]:
        if length > 63:
            raise ValueError("a compressed name in record data")
        labels.append(data[at + 1 : at + 1 + length].lower())
        at += 1 + length
    return tuple(labels)


def soa(data: bytes) -> Soa:
    """SOA data, read."""
    mname = name_at(data)
    rname = name_at(data, len(to_wire(mname)))
    numbers = [int.from_bytes(data[at : at + 4], "big") for at in range(len(data) - 20, len(data), 4)]
    return Soa(mname, rname, *numbers)


@lru_cache(maxsize=4096)
def address_text(data: bytes) -> str:
    """A or AAAA data as an address."""
    return str(ipaddress.ip_address(data))


@lru_cache(maxsize=4096)
def data_text(rtype: int, data: bytes) -> str:
    """Record data as a master file would have them; what no parser accepts in the form of RFC 3597."""
    try:
        return str(
            dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.RdataType.make(rtype), data, 0, len(data)).to_text()
        )
    except (dns.exception.DNSException, ValueError, IndexError):
        return f"\\# {len(data)} {data.hex()}"


@lru_cache(maxsize=1024)
def type_text(rtype: int) -> str:
    """ "A", "AAAA", "TYPE65280"."""
    return str(dns.rdatatype.to_text(dns.rdatatype.RdataType.make(rtype)))


def type_from_text(text: str) -> int:
    """The number of a record type that one can ask for; UsageError for others."""
    try:
        rtype = int(dns.rdatatype.from_text(text))
    except (dns.exception.DNSException, ValueError):
        raise UsageError(
            f"'{text[:40]}' is no record type", "A, AAAA, NS, CNAME, MX, TXT, SOA, PTR, ANY, TYPE65280"
        ) from None
    if rtype in (0, OPT) or re.fullmatch(r"(?i)[AI]XFR", text):
        raise UsageError(f"{text.upper()} cannot be asked of a resolver", "netlab dns transfer ZONE transfers zones")
    return rtype


def rcode_text(rcode: int) -> str:
    """ "NXDOMAIN", "RCODE11"."""
    return RCODES.get(rcode, f"RCODE{rcode}")
