"""Numbers and their names, as far as netlab meets them (IANA's registries)."""

from __future__ import annotations

ETHERTYPES = {
    0x0800: "IPv4",
    0x0806: "ARP",
    0x6558: "Ethernet bridging",
    0x8035: "RARP",
    0x8100: "802.1Q VLAN",
    0x86DD: "IPv6",
    0x8847: "MPLS",
    0x8863: "PPPoE Discovery",
    0x8864: "PPPoE Stage",
    0x888E: "802.1X",
    0x88A8: "802.1ad VLAN",
    0x88CC: "LLDP",
}

IP_PROTOCOLS = {
    0: "Hop-by-Hop Options",
    1: "ICMP",
    2: "IGMP",
    4: "IPv4 in IP",
    6: "TCP",
    17: "UDP",
    33: "DCCP",
    41: "IPv6",
    43: "Routing",
    44: "Fragment",
    47: "GRE",
    50: "ESP",
    51: "AH",
    58: "ICMPv6",
    59: "nothing",
    60: "Destination Options",
    89: "OSPF",
    112: "VRRP",
    132: "SCTP",
    136: "UDP-Lite",
}

PORTS = {
    7: "echo",
    20: "ftp-data",
    21: "ftp",
    22: "ssh",
    23: "telnet",
    25: "smtp",
    53: "domain",
    67: "dhcp server",
    68: "dhcp client",
    69: "tftp",
    80: "http",
    110: "pop3",
    123: "ntp",
    143: "imap",
    161: "snmp",
    443: "https",
    853: "domain-s",
    993: "imaps",
    5353: "mdns",
    8080: "http-alt",
}
