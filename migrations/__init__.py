"""Alembic migrations; run by `survey_app.migrate`."""
