"""The part that decides: the inbox of its cities in, decisions and orders out, exactly once inside Kafka."""

from pipeline.desk.part import run_desk

__all__ = ["run_desk"]
