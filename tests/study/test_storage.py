"""Addresses of storages: what they mean, what is missing, and that no password is shown."""

from __future__ import annotations

import traceback
from pathlib import Path

import optuna
import pytest
from optuna.storages import InMemoryStorage, JournalStorage
from sqlalchemy.exc import OperationalError

from bnngen.base.errors import BnngenError, MissingPackageError, UsageError
from bnngen.study import storage
from bnngen.study.storage import Store, opened

pytestmark = pytest.mark.train


def refused(address: str) -> str:
    """The message, once it and what --debug shows have been searched for the password."""
    with pytest.raises(BnngenError) as caught, opened(address):
        pass
    assert "sesame" not in "".join(traceback.format_exception(caught.value))
    assert "sesame" not in str(caught.value)
    return str(caught.value)


def test_without_an_address_it_is_in_memory() -> None:
    with opened(None) as store:
        assert isinstance(store.storage, InMemoryStorage)


@pytest.mark.parametrize("form", ["{}.log", "{}.journal", "journal:{}", "journal:{}.db"])
def test_journal_files(form: str, tmp_path: Path) -> None:
    with opened(form.format(tmp_path / "shared")) as store:
        assert isinstance(store.storage, JournalStorage)
        optuna.create_study(storage=store.storage)
    (path,) = tmp_path.iterdir()
    assert path.name.startswith("shared")


def test_a_journal_file_is_found_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with opened("shared.log") as store:
        (tmp_path / "other").mkdir()
        monkeypatch.chdir(tmp_path / "other")
        optuna.create_study(storage=store.storage)
    assert (tmp_path / "shared.log").stat().st_size > 0


def test_a_database(tmp_path: Path) -> None:
    for _ in range(2):  # made, and found
        with opened(f"sqlite:///{tmp_path / 'shared.db'}") as store:
            optuna.create_study(storage=store.storage, study_name="s", load_if_exists=True)
    assert (tmp_path / "shared.db").is_file()


@pytest.mark.parametrize(
    "address", ["shared.db", "", "journal:", ".", "http://host/x", "redis://a:sesame@host"]
)
def test_unknown_addresses(address: str) -> None:
    message = refused(address)
    assert message.startswith("unknown storage '")
    assert "accepted is a journal file (PATH.log, PATH.journal or journal:PATH), a database" in message


@pytest.mark.parametrize(
    "address", ["grpc://host", "grpc://", "grpc://:13000", "grpc://a:sesame@host:1", "grpc://h:1/x"]
)
def test_addresses_of_proxies_that_are_not_whole(address: str) -> None:
    assert refused(address).endswith("': a gRPC proxy is grpc://HOST:PORT")


@pytest.mark.parametrize(
    "address", ["grpc://host:http", "grpc://host:99999", "postgresql://a:sesame@host:x/db"]
)
def test_addresses_that_are_none(address: str) -> None:
    assert refused(address).startswith("can't open the storage '")


@pytest.mark.parametrize(
    ("address", "package"),
    [
        ("grpc://host:13000", "grpcio"),
        ("postgresql://ali:sesame@host/db", "psycopg2-binary"),
        ("mysql://ali:sesame@host/db?charset=utf8", "pymysql"),
    ],
)
def test_missing_packages(address: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*arguments: object) -> None:
        raise ImportError(f"no driver for {address}")

    monkeypatch.setattr("bnngen.study.storage.find_spec", lambda name: None)
    monkeypatch.setattr("optuna.storages.RDBStorage", missing)
    with pytest.raises(MissingPackageError), opened(address):
        pass
    assert refused(address).endswith(f"needs a package that is not installed: pip install {package}")


def test_a_database_that_can_not_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "PAUSES", (0.0,))
    message = refused(f"sqlite:///{tmp_path}/none/shared.db")
    assert message.startswith("can't open the storage 'sqlite:///")
    assert "unable to open database file" in message
    assert "shared.db?password=***'" in refused(f"sqlite:///{tmp_path}/shared.db?password=sesame")


def test_what_fails_later_names_no_password() -> None:
    def lost(address: str) -> None:
        try:
            raise OperationalError(f"lost {address}", None, Exception("gone"))
        except OperationalError as error:
            raise optuna.exceptions.StorageInternalError("while committing") from error

    store = Store(InMemoryStorage(), "postgresql://ali:***@host/db", lambda: None)
    with pytest.raises(UsageError) as caught, store.failures():
        lost("postgresql://ali:sesame@host/db")
    message = str(caught.value)
    assert message.startswith("can't use the storage 'postgresql://ali:***@host/db': ")
    assert message.endswith("; the same command goes on where it stopped")
    assert "gone" in message
    assert "sesame" not in "".join(traceback.format_exception(caught.value))


def test_other_errors_are_no_failures_of_the_storage() -> None:
    store = Store(InMemoryStorage(), "memory", lambda: None)
    for error in (ZeroDivisionError(), UsageError("x"), optuna.exceptions.UpdateFinishedTrialError()):
        with pytest.raises(type(error)) as caught, store.failures():
            raise error
        assert caught.value is error


def test_errors_of_grpc() -> None:
    class RpcError(Exception):
        """As grpc's own, by its name."""

        def details(self) -> str:
            return "Connection refused"

    class UnavailableError(RpcError):
        """One of them."""

    store = Store(InMemoryStorage(), "grpc://host:13000", lambda: None)
    with (
        pytest.raises(UsageError, match=r"can't use the storage 'grpc://host:13000': Connection refused;"),
        store.failures(),
    ):
        raise UnavailableError
