"""Delivery: hands every order event to every sink instance, once, and writes a receipt for each."""

from pipeline.delivery.part import run_delivery

__all__ = ["run_delivery"]
