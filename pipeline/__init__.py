"""The line: the only package that starts things, and the only one that knows Kafka."""
