"""Where a matter goes: kind of appeal, topic, territory, units, urgency, way of dispatch."""
