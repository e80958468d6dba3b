"""The database comes into its present shape by migrations alone, forwards and back, on both kinds of database."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect

from survey_app.database import STORE_FILES, build_engine
from survey_app.migrate import downgrade, newest_revision, upgrade
from survey_app.models import Base


def test_migrations_lead_to_the_shape_of_the_models(either_database: Engine):
    with either_database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_schemas": True})
        assert compare_metadata(context, Base.metadata) == []
        assert context.get_current_revision() == newest_revision()


def test_the_way_back_leaves_nothing_and_the_way_forward_works_again(either_database: Engine):
    url = either_database.url.render_as_string(hide_password=False)
    assert downgrade(url, "base")[1] is None
    assert tables_of(either_database) <= {"alembic_version"}
    assert upgrade(url) == (None, newest_revision())
    assert set(Base.metadata.tables) <= tables_of(build_engine(url))


def tables_of(engine: Engine) -> set[str]:
    found = inspect(engine)
    boxed = {
        f"{box}.{table}"
        for box in STORE_FILES
        if box in found.get_schema_names()
        for table in found.get_table_names(schema=box)
    }
    return set(found.get_table_names()) | boxed


def test_a_second_upgrade_changes_nothing(sqlite_url: str):
    assert upgrade(sqlite_url) == (newest_revision(), newest_revision())


def test_ballots_and_codes_have_no_row_numbers_and_no_moment_in_time(engine: Engine):
    with engine.connect() as connection:
        for box, table in (("ballot_box", "ballot"), ("issue_box", "invitation")):
            sql = connection.exec_driver_sql(f"select sql from {box}.sqlite_master where name = '{table}'").scalar_one()
            assert "WITHOUT ROWID" in sql
            assert "DATE" not in sql.upper()
            assert "TIME" not in sql.upper()
