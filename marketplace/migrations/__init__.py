"""The shape of the database through time: run by `alembic upgrade head`, by the commands themselves, and by the tests."""
