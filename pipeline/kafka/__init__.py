"""Kafka: clients, topics, the local broker."""
