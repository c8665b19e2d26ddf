"""The register: what the line's topics say, as tables that can be asked. Rebuilt from the topics at any time.

``pipeline.register.part`` is the process; readers import ``pipeline.register.reader``, which loads no Kafka client.
"""
