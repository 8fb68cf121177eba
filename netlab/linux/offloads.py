"""Offloads, by the ethtool ioctl (netdevice(7), <linux/ethtool.h>).

A host leaves checksums and the cutting of large segments to its network card. A veth pair has no card, and does neither
while a packet stays within the kernel. netlab's wire takes packets out of it: with these on they would carry
no checksum, and the receiver would drop every one.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import socket
import struct

_ETHTOOL = 0x8946  # SIOCETHTOOL
# ETHTOOL_SRXCSUM, STXCSUM, SSG, STSO, SGSO, SGRO
_SWITCHES = {"rx-checksum": 0x15, "tx-checksum": 0x17, "sg": 0x19, "tso": 0x1F, "gso": 0x24, "gro": 0x2C}


def offloads_off(name: str) -> None:
    """Packets of `name` leave as they would on a wire. Raises OSError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for command in _SWITCHES.values():
            value = ctypes.create_string_buffer(struct.pack("=II", command, 0))  # struct ethtool_value
            request = struct.pack("16sP16x", name.encode(), ctypes.addressof(value))
            try:
                fcntl.ioctl(sock, _ETHTOOL, request)
            except OSError as error:
                if error.errno != errno.EOPNOTSUPP:  # what this interface cannot do needs no turning off
                    raise
