-- Who this database is: its own id names its consumer group, so a fresh database reads everything.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,     -- id, schema_version
    value TEXT NOT NULL
) STRICT;

-- Up to where each partition was read. Written in the transaction that writes the rows: both or none.
CREATE TABLE place (
    topic       TEXT NOT NULL,
    "partition" INTEGER NOT NULL,
    next_offset INTEGER NOT NULL,
    written     INTEGER NOT NULL,   -- when Kafka wrote the latest record read so far, milliseconds since 1970 UTC
    PRIMARY KEY (topic, "partition")
) STRICT, WITHOUT ROWID;

-- One row for each thing that the line said, whatever it is; the newest record of each id.
CREATE TABLE fact (
    kind      TEXT NOT NULL,    -- letter status instruction decided linked noted order receipt reply alert quarantined
    id        TEXT NOT NULL,    -- the record's own id; of a receipt: event id and sink
    number    TEXT NOT NULL,    -- registration number, 16 digits
    letter_id TEXT NOT NULL,    -- empty where the record names none (receipt, status, instruction)
    part      INTEGER NOT NULL, -- 0 where the record is about the letter as a whole
    city      TEXT NOT NULL,
    state     TEXT NOT NULL,    -- decided: kind of decision; order, alert: tag; receipt: outcome; noted: what; else empty
    ref       TEXT NOT NULL,    -- decided: the decision it supersedes; receipt: the order; else empty
    code_hash TEXT NOT NULL,    -- of the query code, where the record carries it
    revision  INTEGER NOT NULL, -- of a letter or an order; else 0
    written   INTEGER NOT NULL, -- when Kafka wrote the record down, milliseconds since 1970 UTC
    "offset"  INTEGER NOT NULL, -- where the record stands in its partition
    record    TEXT NOT NULL,    -- the record as JSON, without contacts and without raw bytes
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX fact_by_number ON fact (number, written);
CREATE INDEX fact_by_state ON fact (kind, state, written);
CREATE INDEX fact_by_ref ON fact (kind, ref) WHERE ref <> '';

-- Who wrote, apart from everything else so that it can be deleted by itself.
CREATE TABLE contact (
    letter_id TEXT PRIMARY KEY,
    city      TEXT NOT NULL,
    name      TEXT NOT NULL,
    phone     TEXT NOT NULL,
    email     TEXT NOT NULL,
    address   TEXT NOT NULL,
    handle    TEXT NOT NULL,
    revision  INTEGER NOT NULL,
    written   INTEGER NOT NULL,
    "offset"  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
