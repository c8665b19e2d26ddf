"""Work orders into an SQLite database that the case system reads: one row an order, one row an event.

Settings, as ``[sinks.<instance>]``::

    kind = "sql"
    path = "var/sink/orders.db"  # made if it is not there, its folder too
    busy_timeout_s = 5  # how long another writer may hold the database before we ask again later
    cities = []  # empty: every city's orders

Each event is one transaction: a row in ``inbox`` (its primary key, the event's id, is what makes it once) and the
order as it stands in ``work_order``, where the newest revision stays. The tables are described in ``schema.sql``.
The case system may read at any time (the database is in WAL mode) and should write only to tables of its own.
"""

from sinks.sql.sink import Sql, SqlSettings

__all__ = ["Sql", "SqlSettings"]
