"""A database that cannot be used is found at start-up, and the message says why."""

import sqlite3

import pytest

from app.durable.inspection import require_usable
from app.durable.location import locate, lock_file
from app.durable.tables import VERSION
from app.failures import ServiceError


def refuse(url: str) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        require_usable(locate(url))
    return caught.value


def fill(path, *statements: str) -> str:
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
    return f"sqlite:///{path}"


def test_a_new_database_and_one_of_ours_are_usable(database):
    require_usable(locate(database))
    require_usable(locate(database))


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "junk.db").write_bytes(b"\xff" * 20_000)
    refused = refuse(f"sqlite:///{tmp_path}/junk.db")
    assert refused.code == "settings-invalid"
    assert "junk.db` cannot be used: file is not a database" in refused.detail


def test_a_folder_is_no_database(tmp_path):
    refused = refuse(f"sqlite:///{tmp_path}")
    assert (refused.code, "cannot be opened" in refused.detail) == ("settings-invalid", True)


def test_other_tables_of_our_names_are_refused(tmp_path):
    url = fill(tmp_path / "other.db", "CREATE TABLE modulo_runs (x)")
    assert "no such column" in refuse(url).detail


def test_tables_of_a_newer_program_are_refused(tmp_path):
    made = "CREATE TABLE modulo_schema (version INTEGER PRIMARY KEY)"
    url = fill(tmp_path / "new.db", made, "INSERT INTO modulo_schema VALUES (99)")
    assert f"reads {VERSION}" in refuse(url).detail


def test_a_server_that_is_not_there_is_named_without_its_password():
    refused = refuse("postgresql://someone:secret@127.0.0.1:1/runs")
    assert "127.0.0.1/runs` cannot be used" in refused.detail
    assert "secret" not in refused.detail


def test_a_url_with_a_strange_port_is_no_url():
    assert "no database URL" in refuse("postgresql://someone@127.0.0.1:port/runs").detail


def test_another_name_for_a_file_is_the_same_file(tmp_path):
    (tmp_path / "link.db").symlink_to(tmp_path / "runs.db")
    unlock = lock_file(locate(f"sqlite:///{tmp_path}/runs.db").path)
    assert refuse(f"sqlite:///{tmp_path}/link.db").code == "database-in-use"
    unlock()
    require_usable(locate(f"sqlite:///{tmp_path}/link.db"))
