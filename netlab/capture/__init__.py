"""Looking at what the kernel does, without changing anything: frames, states of connections, counters.

tap.py        every frame of an interface (AF_PACKET)
tcp_info.py   what the kernel knows of one connection (TCP_INFO)
diag.py       all sockets of a network namespace (inet_diag)
counters.py   /proc/net/snmp and /proc/net/netstat
filters.py    which frames one wants to see: "tcp and port 80"
"""
