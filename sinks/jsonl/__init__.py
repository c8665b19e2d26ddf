"""Work orders as lines of JSON in one growing file, for whoever reads files.

Settings, as ``[sinks.<instance>]``::

    kind = "jsonl"
    path = "var/sink/orders.jsonl"  # made if it is not there, its folder too
    known_ids_max = 100000  # events that are known again after a restart; about 150 bytes of memory each
    cities = []  # empty: every city's orders

A line is ``{"topic", "partition", "offset", "event"}``; ``event`` is the order event with the full order as it stands
after it. A line is fsynced before its receipt is written. At the start a torn last line is cut off and the ids of the
tail are read, so a re-delivery after a crash writes nothing twice. An event older than ``known_ids_max`` others that
is delivered once more (somebody reset the consumer group) is written again: a reader keeps the first of each
``event.id``. One process at a time writes the file; nobody rotates it under us.
"""

from sinks.jsonl.sink import Jsonl, JsonlSettings

__all__ = ["Jsonl", "JsonlSettings"]
