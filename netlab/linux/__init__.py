"""What Linux says of this machine and of a network namespace. Asks and makes; judges nothing.

netlink.py, rtnetlink.py, diag.py     netlink(7): routes, neighbours, interfaces, sockets
tcp_info.py, tcp_states.py            what the kernel knows of one connection
tap.py, ring.py, filters.py           frames: AF_PACKET sockets, and which frames one wants
counters.py, kernel_memory.py         /proc/net/snmp, /proc/meminfo
process.py, others.py                 CPU time and memory of a tree of processes, and of everybody else
machine.py, interfaces.py             limits and features; interfaces with their addresses
"""
