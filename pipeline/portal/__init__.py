"""The tracking page: number and query code in, where the letter stands out. It only asks; it knows no Kafka, no SQL."""
