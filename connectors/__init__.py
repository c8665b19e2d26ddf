"""One folder per channel, the same files in each; none has heard of Kafka or of another."""
