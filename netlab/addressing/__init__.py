"""Addresses as numbers: IPv4, IPv6, prefixes and sets of them, MAC addresses. Pure: no sockets, no files but
data.
"""
