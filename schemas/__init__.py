"""The ground: every noun and every contract of Xinshu. No I/O; imports nothing else of ours."""
