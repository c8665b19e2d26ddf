"""热线转写 (12345 hotline): transcripts and call records, by files in a folder or pushed one by one over HTTP.

Where        a folder for each call centre · ``POST /in/hotline/ACCOUNT``, signed
Peers        call-centre systems, speech recognisers, people who save a table into a folder
Yes means    file: it lies in ``done/`` with a ``….receipt.json`` beside it (a number for every call) · push: 201 with
             the number, 200 when the transcript was known already
Retries      the same transcript again, in a file of another name or pushed, hears the same number; another transcript
             of the same ``call_id`` is a new revision of the same letter, never a second letter
No means     file: ``refused/`` with a ``….reason.json``, nothing of it stored · a row that cannot be read: quarantine,
             with its line; the others are taken · push: 422 with the reason, 401, 413, 415, 503 (come again)

Settings
    [connectors.hotline.accounts]
    wuyang = { city = "wuyang", mailbox = "hotline" }

    [connectors.hotline.drops.evening]                      # only on the node that shall read the folder
    folder = "/srv/hotline"
    account = "wuyang"
    convention = "rename"                                   # rename | manifest | ok-file
    format = "auto"                                         # by the ending, or one of the formats below
    columns = { call_id = "来电编号", text = "来电内容" }      # header map: these must be there
    speakers = { "0" = "agent", "1" = "citizen" }           # side, role or label → who it is

    [connectors.hotline.push.wuyang]
    keys = [{ file = "/run/secrets/hotline" }]              # several while one is being replaced
    format = "json"                                         # unless the address says another
    speakers = { "0" = "agent", "1" = "citizen" }

    Also: poll_s (2), patience_s (600), file_bytes_max (64 MiB) of a drop; body_bytes_max (4 MiB), clock_s_max (300).

Conventions  ``rename``: written under a name that ends in .tmp, .part, .filepart or begins with a dot, then renamed;
             ``manifest``: ``calls.csv`` counts once ``calls.csv.manifest.json`` says {"file", "size_bytes" or "sha256",
             "rows"} and it is so; another number of rows refuses the whole file · ``ok-file``: once ``calls.csv.ok``
             lies beside it. A file stays where it is while nothing can be stored; one that nothing speaks of is
             told once after patience_s. Folders are polled.
Two doors    a lock file (flock) lets one of them read; the other says so in its log and waits.

Formats      ``json`` ours, a call or a list: {"call_id", "turns": [{"seq", "speaker": "agent"|"citizen", "start_ms",
             "end_ms", "text", "confidence", "channel"}]}, and if known "order_no", "phone", "name", "started_at",
             "place", "kind", "subject", "text" (the agent's note) · ``jsonl`` a call a line
             ``csv`` UTF-8 or GB18030, comma, semicolon or tab · ``xlsx`` XLSX, XLS, ODS; one sheet. A row is a call, or,
             with a column 说话人 or 声道, a turn of one. At most 100,000 rows
             ``vtt`` ``srt`` a file is a call, its name is the call's · ``aliyun`` ``tencent`` ``iflytek`` ``funasr``
             results of recognisers; Tencent's callback as its form's text or as JSON
Columns      call_id order_no phone name started_at place kind subject text speaker channel start_ms end_ms seq
             confidence; the usual Chinese headers are known. Columns that nobody mapped are kept in the raw bytes.
Never mended a phone as 1.38E+10, a number of more than 15 digits, formulas, broken characters: the row is quarantined.

Push         headers X-Timestamp, X-Nonce, X-Signature as ``signature`` describes; in the address format, and where the
             body has no room for it call_id, order_no, phone, name, started_at. The answer:
             {"number", "number_shown", "spoken": "4 8 2 1，…", "query_code", "outcome"}. A replayed request hears the
             same answer and makes nothing; after 300 s it is refused.
"""

from connectors.hotline.connector import Hotline

__all__ = ["Hotline"]
