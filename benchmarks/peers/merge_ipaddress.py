"""ipaddress.collapse_addresses of a file of prefixes, a line each: merge_ipaddress.py FILE."""

import ipaddress
import sys

with open(sys.argv[1]) as file:
    merged = ipaddress.collapse_addresses(map(ipaddress.ip_network, file.read().split()))
sys.stdout.writelines(f"{network}\n" for network in merged)
