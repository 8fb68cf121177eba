"""Sockets, and nothing but: DNS over UDP and TCP. Only this package imports `socket`.

listening.py, connection.py, batch.py   servers: an address and port, a client by TCP, datagrams by the batch
asking.py                               those who ask
volley.py                               how fast a server answers
"""

from netlab.dns.transport.asking import Upstream
from netlab.dns.transport.connection import SendReply, Service, Where
from netlab.dns.transport.listening import DnsPortInUse, Listener, shown
from netlab.dns.transport.volley import Volley, volley

__all__ = ["DnsPortInUse", "Listener", "SendReply", "Service", "Upstream", "Volley", "Where", "shown", "volley"]
