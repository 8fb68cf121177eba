"""Packets: bytes to dataclasses and back, with every field's bits and meaning. Pure: no sockets, no files, no clock.

field.py      what a field is: how many bits, what its number means, how it is written
header.py     a header is a dataclass with a layout of fields; `parse` and `encode` follow the layout
ethernet.py arp.py ipv4.py ipv6.py icmp.py icmpv6.py igmp.py udp.py tcp.py gre.py     the protocols, each with its
              table of fields; a new one is a file like these and a name in HEADERS of dissect.py
header_option.py     the kind-length-value options of IPv4 and TCP
checksum.py   the Internet checksum, and what it covers
build.py      headers and payload to bytes, filling in lengths, checksums and what follows
dissect.py    bytes to layers, as far as they can be trusted, and where that ends
payload.py    what is inside: DNS, HTTP, DHCP
diagram.py    the boxes of the RFCs
capture_file.py pcap.py pcapng.py     capture files: what they hold, and their two formats
"""
