"""How many connections one machine can hold (lecture 13)."""
