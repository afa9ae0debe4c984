"""Where a study is kept: in memory, in a journal file, in a database, or behind a gRPC proxy."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import optuna
from optuna.storages import BaseStorage
from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError

from bnngen.base.errors import BnngenError, MissingPackageError, UsageError
from bnngen.base.text import without_password
from bnngen.study.journal import open_journal

ACCEPTED = (
    "a journal file (PATH.log, PATH.journal or journal:PATH), a database (sqlite:///PATH, postgresql://..., "
    "mysql://...) or a gRPC proxy (grpc://HOST:PORT)"
)
JOURNAL, ENDINGS, PROXY = "journal:", (".log", ".journal"), "grpc://"
DRIVERS = {"postgresql": "psycopg2-binary", "mysql": "pymysql"}
"""The package of a database whose address names no driver; mysql's then takes ``mysql+pymysql``."""
PATIENCE = 60.0
"""For so many seconds a worker waits for others that write to the same SQLite file."""
PROXY_PATIENCE = 10.0
"""For so many seconds one waits for the proxy at the beginning."""
PAUSES = (0.5, 2.0)
"""In seconds, between tries to open a database: workers that begin at once may all make its tables."""


@dataclass(frozen=True)
class Store:
    """An open storage; ``name`` is its address without the password."""

    storage: BaseStorage
    name: str
    close: Callable[[], None]

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Inside, what goes wrong with the storage raises UsageError, which does not show the password."""
        try:
            yield
        except (BnngenError, optuna.exceptions.UpdateFinishedTrialError):
            raise
        except Exception as error:
            if not _is_of_storage(error):
                raise
            # an address may stand in the texts of the errors behind it, which --debug would show
            problem = f"can't use the storage '{self.name}': {_told(error)}"
        else:
            return
        raise UsageError(f"{problem}; the same command goes on where it stopped") from None


@contextmanager
def opened(address: str | None) -> Iterator[Store]:
    """The storage at ``address``, as `ACCEPTED` says; None is in memory. It is closed at the end.

    Raises UsageError if the address means nothing or the storage can't be used, and MissingPackageError.
    """
    store = _open(address)
    try:
        yield store
    finally:
        store.close()


def _open(address: str | None) -> Store:
    if address is None:
        return Store(optuna.storages.InMemoryStorage(), "memory", _nothing)
    name = without_password(address)
    try:
        return _found(address, name)
    except BnngenError:
        raise
    except NoSuchModuleError:
        problem: BnngenError = UsageError(f"unknown storage '{name}': accepted is {ACCEPTED}")
    except ImportError:
        problem = _missing(address, name)
    except Exception as error:  # of drivers, which have errors of their own
        problem = UsageError(
            f"can't open the storage '{name}': {_told(error)}; check the address, and that its server runs"
        )
    raise problem from None


def _found(address: str, name: str) -> Store:
    if address.startswith(PROXY):
        return _proxy(address, name)
    if "://" in address:
        return _database(address, name)
    path = address.removeprefix(JOURNAL)
    if path and (path != address or path.endswith(ENDINGS)):
        return Store(open_journal(Path(path)), name, _nothing)
    raise UsageError(f"unknown storage '{name}': accepted is {ACCEPTED}")


def _database(address: str, name: str) -> Store:
    waits = {"connect_args": {"timeout": PATIENCE}} if address.startswith("sqlite") else {}
    storage = _again(lambda: optuna.storages.RDBStorage(address, {"pool_pre_ping": True, **waits}))

    def close() -> None:
        storage.remove_session()
        storage.engine.dispose()

    return Store(optuna.storages.get_storage(storage), name, close)


def _again(make: Callable[[], optuna.storages.RDBStorage]) -> optuna.storages.RDBStorage:
    for pause in PAUSES:
        try:
            return make()
        except NoSuchModuleError:
            raise
        except SQLAlchemyError:
            time.sleep(pause)
    return make()


def _proxy(address: str, name: str) -> Store:
    parts = urlsplit(address)
    if not parts.hostname or parts.port is None or parts.path.strip("/") or parts.username is not None:
        raise UsageError(f"unknown storage '{name}': a gRPC proxy is grpc://HOST:PORT")
    if find_spec("grpc") is None:
        raise ImportError
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        proxy = optuna.storages.GrpcStorageProxy(host=parts.hostname, port=parts.port)
    proxy.wait_server_ready(timeout=PROXY_PATIENCE)
    return Store(proxy, name, proxy.close)


def _missing(address: str, name: str) -> MissingPackageError:
    scheme = address.partition("://")[0]
    package = "grpcio" if address.startswith(PROXY) else DRIVERS.get(scheme, "")
    how = f"pip install {package}" if package else f"the Python package of the driver in '{scheme}'"
    return MissingPackageError(f"the storage '{name}' needs a package that is not installed: {how}")


def _nothing() -> None:
    """What has nothing to close."""


def _is_of_storage(error: Exception) -> bool:
    """Whether a storage, or what is below it, has raised this."""
    known = (optuna.exceptions.StorageInternalError, SQLAlchemyError, OSError, json.JSONDecodeError)
    # grpc may not be there to be imported
    return isinstance(error, known) or any(kind.__name__ == "RpcError" for kind in type(error).__mro__)


def _told(error: BaseException) -> str:
    """What is wrong, in a line: what lies behind it says more than what Optuna makes of it."""
    while isinstance(error, optuna.exceptions.StorageInternalError) and error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    lines = str(getattr(error, "details", lambda: None)() or error).splitlines()
    return without_password(lines[0] if lines and lines[0] else type(error).__name__)
