"""What Linux says of this machine and of a network namespace. Asks and makes; judges nothing.

netlink.py                            netlink(7), the one client; its users:
  rtnetlink.py, routes.py, neighbours.py, diag.py     create interfaces, ask for routes and neighbours, list sockets
tcp_info.py, tcp_info_layout.py, tcp_states.py        what the kernel knows of one connection
tcp_sockets.py                        the states of all connections
tap.py, ring.py, filters.py           frames: AF_PACKET sockets, and which frames one wants
network_counters.py                   /proc/net/snmp
meminfo.py, cgroup.py, kernel_memory.py               memory: of the machine, left by cgroups, taken by the kernel
process.py, others.py                 CPU time and memory of a tree of processes, and of everybody else
machine.py, interfaces.py             limits and features; interfaces with their addresses
"""
