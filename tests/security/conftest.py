"""The committee's world, for tests of what must hold for every page in it."""

from tests.unit.app.conftest import empty_app, finished_world, world

__all__ = ["empty_app", "finished_world", "world"]
