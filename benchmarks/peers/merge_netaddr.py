"""netaddr.cidr_merge of a file of prefixes, a line each: merge_netaddr.py FILE."""

import sys

import netaddr

with open(sys.argv[1]) as file:
    merged = netaddr.cidr_merge(file.read().split())
sys.stdout.writelines(f"{network}\n" for network in merged)
