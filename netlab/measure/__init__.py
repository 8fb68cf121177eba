"""What a number is, where it comes from, and how many numbers become one."""
