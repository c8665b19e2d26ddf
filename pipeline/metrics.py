"""What Prometheus sees. Labels are channels, partitions and sinks, never a person or a number."""

from prometheus_client import Counter, Gauge, Histogram

ACCEPTED = Counter("xinshu_accepted_total", "Pieces whose sender heard yes", ["channel"])
REFUSED = Counter(
    "xinshu_refused_total", "Pieces refused because they could not be stored", ["channel", "reason"]
)
LIMITED = Counter(
    "xinshu_limited_total", "Requests refused because one address or sender sent too many", ["channel", "by"]
)
ACCEPT_SECONDS = Histogram(
    "xinshu_accept_seconds", "From the last byte read to the answer", ["channel"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)  # fmt: skip
FSYNC_SECONDS = Histogram(
    "xinshu_spool_commit_seconds", "One group commit of the spool, fsync included",
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5),
)  # fmt: skip
RELAYED = Counter(
    "xinshu_relayed_total", "Letters, statuses and instructions that Kafka acknowledged", ["channel"]
)
RELAYED_AGAIN = Counter(
    "xinshu_relayed_again_total", "Records sent again because no decision came back", ["reason"]
)
QUARANTINED = Counter(
    "xinshu_quarantined_total", "Letters nobody could read, kept with their bytes", ["channel"]
)
FILES = Counter(
    "xinshu_files_total", "Tries to fetch files that peers hold: kept, later, lost", ["channel", "outcome"]
)
DECIDED = Counter("xinshu_decided_total", "Decisions committed", ["channel", "decision"])
ORDERED = Counter("xinshu_ordered_total", "Order events committed", ["channel", "kind"])
DELIVERED = Counter("xinshu_delivered_total", "Order events a sink has taken", ["sink", "outcome"])
UNREADABLE = Counter("xinshu_unreadable_total", "Records of our topics that could not be decoded", ["topic"])
SPOOL_DEPTH = Gauge("xinshu_spool_depth", "Rows not yet finished")
SPOOL_AGE_SECONDS = Gauge("xinshu_spool_age_seconds", "Age of the oldest row not yet relayed")
SPOOL_FREE_BYTES = Gauge("xinshu_spool_free_bytes", "Free bytes on the spool's disk")
DESK_LAG = Gauge("xinshu_desk_lag_records", "Inbox records not yet decided", ["partition"])
UNACCOUNTED = Gauge("xinshu_unaccounted", "Accepted, passed by the desk, and undecided for 15 minutes")
WORKER_KILLED = Counter("xinshu_worker_killed_total", "Parser workers killed at a limit", ["reason"])
