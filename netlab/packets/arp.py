"""ARP for IPv4 over Ethernet (RFC 826): who has this IP address? That MAC address has.

Other pairs of hardware and protocol have addresses of other sizes; of those only the first eight bytes are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from netlab.packets.ethernet import ETHERTYPE
from netlab.packets.field import IPV4, MAC, Field, Layout
from netlab.packets.header import Header, StopError, numbers
from netlab.packets.registries import ETHERTYPES

REQUEST, REPLY = 1, 2


@dataclass(frozen=True, slots=True)
class Arp(Header):
    """A question or an answer."""

    NAME = "ARP"
    SOURCE = "RFC 826"
    NUMBERS = numbers(ethertype=0x0806)
    LAYOUT = Layout(
        Field("hardware", "Hardware Type", 16, "kind of link", names={1: "Ethernet"}),
        Field("protocol", "Protocol Type", 16, "kind of address that is asked for", ETHERTYPE, ETHERTYPES),
        Field("hardware_size", "HW Size", 8, "bytes of a link address"),
        Field("protocol_size", "Proto Size", 8, "bytes of a protocol address"),
        Field("operation", "Operation", 16, "question or answer", names={REQUEST: "request", REPLY: "reply"}),
        Field("sender_mac", "Sender MAC", 48, "who is speaking", MAC),
        Field("sender_ip", "Sender IP", 32, "and at which IP address", IPV4),
        Field("target_mac", "Target MAC", 48, "whose MAC address: zeros in a question, it is what is asked", MAC),
        Field("target_ip", "Target IP", 32, "the IP address asked for", IPV4),
    )
    operation: int
    sender_mac: str
    sender_ip: str
    target_mac: str
    target_ip: str
    hardware: int = 1
    protocol: int = 0x0800
    hardware_size: int = 6
    protocol_size: int = 4

    @classmethod
    def parse(cls, data: bytes) -> tuple[Self, int]:
        """StopError after eight bytes where the addresses are not those of IPv4 over Ethernet."""
        if len(data) >= 8 and (data[4], data[5]) != (6, 4):
            raise StopError(8, f"ARP with addresses of {data[4]} and {data[5]} bytes, not Ethernet's 6 and IPv4's 4")
        cls.need(data, cls.LAYOUT.size)
        return cls(**cls.LAYOUT.unpack(data)), cls.LAYOUT.size

    def summary(self) -> str:
        """Who has, or is at."""
        if self.operation == REPLY:
            return f"{self.sender_ip} is at {self.sender_mac}"
        if self.sender_ip == self.target_ip:
            return f"{self.sender_ip} is at {self.sender_mac} (gratuitous)"
        return f"who has {self.target_ip}? Tell {self.sender_ip}"
