"""A packet socket whose frames come by a ring of slots that program and kernel share (packet(7), PACKET_RX_RING).

With recv(2), a frame waits in a buffer that net.core.rmem_max limits: on many machines to some 200 frames, 5 ms at
40,000 a second, and a program that is not run for that long has lost some. The ring is not so limited: SLOTS
frames. And taking a frame is no system call: the kernel copies it into the next slot and sets the first word of
the slot to "yours"; who has read it sets it back. The layout is TPACKET_V2 of <linux/if_packet.h>:

    word 0  tp_status    1: the program's, 0: the kernel's
    word 1  tp_len       length of the frame
    word 2  tp_snaplen   how much of it is in the slot
    word 3  tp_mac       where in the slot it begins (the lower 16 bits)

The kernel writes the status last. Leaves out: a memory barrier between reading it and reading the frame, which Python
has not got; processors of the x86 family need none, and elsewhere the many instructions between make up for it.
"""

from __future__ import annotations

import mmap
import socket
import struct
import sys

SLOTS = 4096
_ALL = 0x0003  # ETH_P_ALL
_SOL_PACKET = 263
_RX_RING, _STATISTICS, _VERSION, _IGNORE_OUTGOING = 5, 6, 10, 23
_TPACKET_V2 = 1
_HEAD = 128  # more than what precedes a frame in its slot: tpacket2_hdr, sockaddr_ll, alignment
_BLOCK = 1 << 16  # of memory that the kernel allocates at once; holds whole slots


def open_ring(interface: str, mtu: int = 1500) -> socket.socket:
    """A packet socket at `interface` of the calling thread's namespace: it receives everything, promiscuously.

    It has a ring with slots for frames of `mtu`; the process that reads it maps it with `Ring`. Raises OSError.
    """
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    try:
        sock.setsockopt(_SOL_PACKET, _IGNORE_OUTGOING, 1)  # not what we ourselves put in
        sock.setsockopt(_SOL_PACKET, _VERSION, _TPACKET_V2)
        slot = _slot_bytes(mtu)
        request = struct.pack("=4I", _BLOCK, SLOTS * slot // _BLOCK, slot, SLOTS)  # struct tpacket_req
        sock.setsockopt(_SOL_PACKET, _RX_RING, request)
        sock.bind((interface, _ALL))
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


def _slot_bytes(mtu: int) -> int:
    """A power of two with room for a frame of `mtu`, its Ethernet header, and what the kernel puts before it."""
    return int(max(1 << (mtu + 14 + _HEAD - 1).bit_length(), 2048))


class Ring:
    """The ring of a socket that `opened` made, as its reader sees it."""

    def __init__(self, sock: socket.socket, mtu: int = 1500) -> None:
        self._sock = sock
        self._slot = _slot_bytes(mtu)
        self._memory = memoryview(mmap.mmap(sock.fileno(), SLOTS * self._slot))
        self._words = self._memory.cast("I")
        self._next = 0
        self._lost = 0

    def take(self) -> bytes | None:
        """The next frame; None: there is none."""
        words, at = self._words, self._next * self._slot // 4
        if not words[at] & 1:
            return None
        start = self._next * self._slot + (words[at + 3] & 0xFFFF if sys.byteorder == "little" else words[at + 3] >> 16)
        frame = bytes(self._memory[start : start + words[at + 2]])
        words[at] = 0
        self._next = (self._next + 1) % SLOTS
        return frame

    def lost(self) -> int:
        """How many frames there was no slot for, so far."""
        counted = self._sock.getsockopt(_SOL_PACKET, _STATISTICS, 8)  # which sets it to 0
        self._lost += struct.unpack("=II", counted)[1]
        return self._lost
