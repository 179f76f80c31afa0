"""Servers for the tests of components."""

from tests.memory.conftest import redis_port

__all__ = ["redis_port"]
