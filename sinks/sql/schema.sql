-- Every event that came, once. A case system that wants each change reads this by rowid.
CREATE TABLE inbox (
    event_id    TEXT PRIMARY KEY,   -- id of the order event: the same event again changes nothing
    kind        TEXT NOT NULL,      -- opened, appended, reminded, withdrawn
    order_id    TEXT NOT NULL,
    revision    INTEGER NOT NULL,   -- of the order as it stood after the event
    received    TEXT NOT NULL,      -- when this row was written, UTC, ISO 8601
    topic       TEXT NOT NULL,      -- where the event stands on Kafka
    "partition" INTEGER NOT NULL,
    "offset"    INTEGER NOT NULL,
    json        TEXT NOT NULL       -- the whole event
) STRICT;
CREATE INDEX inbox_by_order ON inbox (order_id, revision);

-- Every order as it stands: the newest revision that came, whatever came after it.
CREATE TABLE work_order (
    order_id        TEXT PRIMARY KEY,
    number          TEXT NOT NULL,      -- registration number, 16 digits
    part            INTEGER NOT NULL,   -- which matter of the letter, from 1
    revision        INTEGER NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('open', 'withdrawn')),
    city            TEXT NOT NULL,
    mailbox         TEXT NOT NULL,
    channel         TEXT NOT NULL,
    kind            TEXT NOT NULL,      -- 咨询 求助 投诉 举报 建议 表扬 其他
    topic           TEXT NOT NULL,
    title           TEXT NOT NULL,
    body            TEXT NOT NULL,
    place           TEXT NOT NULL,      -- where the matter is, as the sender said
    unit            TEXT NOT NULL,      -- who is to work on it
    received_at     TEXT NOT NULL,      -- UTC, ISO 8601
    due_at          TEXT NOT NULL,      -- UTC, ISO 8601
    due_provisional INTEGER NOT NULL,   -- 1: the holiday calendar of that year was not known yet
    urgency         TEXT NOT NULL,      -- 一般 紧急 特急
    dispatch_mode   TEXT NOT NULL,      -- 属地 归口 双重
    confidential    INTEGER NOT NULL,
    sender_ref      TEXT NOT NULL,      -- stands for the person; no contact is in an order
    letter_ids      TEXT NOT NULL,      -- JSON array
    attachments     TEXT NOT NULL,      -- JSON array of name, media_type, size_bytes, sha256
    contact_name    TEXT,               -- only where this sink may be told
    contact_phone   TEXT,
    contact_address TEXT,
    last_event_id   TEXT NOT NULL REFERENCES inbox (event_id),
    changed         TEXT NOT NULL,      -- when this row was written, UTC, ISO 8601
    units           TEXT NOT NULL DEFAULT '[]',  -- JSON array of units that may be right: unit, score, why
    territory       TEXT NOT NULL DEFAULT '',    -- division code of the matter's place
    incident_id     TEXT,                        -- the same for orders of many people about one matter
    marks           TEXT NOT NULL DEFAULT '[]',  -- JSON array: 催办, 复发, 回访复核 …
    reminders       INTEGER NOT NULL DEFAULT 0,  -- how often the sender pressed for it
    publication     TEXT NOT NULL DEFAULT 'no',   -- may letter and answer be made public: no, reviewed (after a review),
                                                  -- with_opinion (only with one on it), as_asked (as the sender asks)
    answered_by     TEXT NOT NULL DEFAULT 'unit'  -- who answers the sender: unit, or office after the unit reported back
) STRICT;
CREATE INDEX work_order_by_number ON work_order (number, part);
CREATE INDEX work_order_by_due ON work_order (state, due_at);
CREATE INDEX work_order_by_incident ON work_order (incident_id) WHERE incident_id IS NOT NULL;
