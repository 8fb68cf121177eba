"""This machine: what it can do, and what has been measured on it."""
