"""Where runs are kept, and the one quiet way into mlflow.

Without ``MLFLOW_TRACKING_URI`` everything lies in the working folder: the database
``.cadrage/mlflow.db`` and the files ``.cadrage/artifacts``. Both addresses are absolute, as mlflow
stores them: a working folder that is moved keeps its figures but loses the way to its files.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from classifier.errors import MissingExtraError, UsageError

FOLDER = ".cadrage"
DATABASE = "mlflow.db"
ARTIFACTS = "artifacts"
_SQLITE = "sqlite:///"
# Behind these the server (or mlflow itself) decides where files go.
_SERVERS = {"", "file", "http", "https", "databricks", "databricks-uc", "uc"}

# Read by mlflow when it is imported; a value that the user has set stays.
_DEFAULTS = {
    "MLFLOW_LOGGING_LEVEL": "WARNING",  # "Creating initial MLflow database tables..."
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # the runner and test-tube lines
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_DISABLE_AGENT_HINT": "true",
    "MLFLOW_UV_AUTO_DETECT": "false",  # would copy a uv.lock of the working folder into models
}
# Warnings of mlflow's own modules that say nothing to our users.
_MUTED: tuple[tuple[str, type[Warning]], ...] = (
    # mlflow.types.responses describes its own chat classes with Any while it is imported.
    (r"[^A]*Any type hint is inferred as AnyType", UserWarning),
    # mlflow's own tables, configured on first use, under SQLAlchemy 2.1.
    (r"The ``noload`` loader strategy is deprecated", DeprecationWarning),
    # mlflow compares the columns of an input example with a range, under pandas 3.
    (r"Operation with range is deprecated", DeprecationWarning),
)


@dataclass(frozen=True, slots=True)
class StoreLocation:
    """Where runs are kept.

    Attributes:
        tracking_uri: what ``MLFLOW_TRACKING_URI`` must hold for ``mlflow ui`` or ``mlflow models``.
        artifacts: absolute URI under which new experiments keep files; None where a server decides.
        database: the SQLite file; None for anything else.
    """

    tracking_uri: str
    artifacts: str | None
    database: Path | None


def store_location() -> StoreLocation:
    """Return where runs are kept, from ``MLFLOW_TRACKING_URI`` or the working folder.

    Of a SQLite address set by the user, the files lie in ``artifacts`` beside the database.
    Nothing is created and mlflow is not imported.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI", "").strip()
    folder = Path.cwd() / FOLDER
    if not uri:
        return _sqlite(folder / DATABASE)
    if uri.startswith(_SQLITE):
        path = uri.removeprefix(_SQLITE).partition("?")[0]
        if path and path != ":memory:":
            return _sqlite(Path(path).absolute(), uri.partition("?")[2])
        return StoreLocation(uri, (folder / ARTIFACTS).as_uri(), None)
    if urlsplit(uri).scheme in _SERVERS or uri in _SERVERS:
        return StoreLocation(uri, None, None)
    return StoreLocation(uri, (folder / ARTIFACTS).as_uri(), None)


def import_mlflow() -> Any:
    """Import mlflow with telemetry off and its chatter silenced.

    Raises:
        MissingExtraError: mlflow is not installed.
    """
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    try:
        with muted():
            import mlflow
            import mlflow.pyfunc
            from mlflow.telemetry import get_telemetry_client, set_telemetry_client
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mlflow":
            raise
        raise MissingExtraError("Tracking runs", "train") from None
    # Somebody may have imported mlflow before the switch was set.
    if get_telemetry_client() is not None:
        set_telemetry_client()
    return mlflow


@contextlib.contextmanager
def muted() -> Iterator[None]:
    """Hide the known, harmless warnings of mlflow and no other."""
    with warnings.catch_warnings():
        for message, category in _MUTED:
            warnings.filterwarnings("ignore", message=message, category=category)
        yield


def connect() -> Any:
    """Return an ``MlflowClient`` of the store; a missing SQLite database is created.

    Everything goes through a client and nothing through ``mlflow.set_tracking_uri``, which writes
    ``MLFLOW_TRACKING_URI`` into the environment and would pin the store for the whole process.

    Raises:
        MissingExtraError: mlflow is not installed.
        UsageError: the address in ``MLFLOW_TRACKING_URI`` cannot be used.
    """
    mlflow = import_mlflow()
    location = store_location()
    with store_errors(location), muted():
        if location.database is not None and not location.database.exists():
            _create_database(location.database, str(location.artifacts))
        client = mlflow.MlflowClient(tracking_uri=location.tracking_uri)
        with _impatience():
            client.search_experiments(max_results=1)
    return client


def connect_existing() -> Any | None:
    """Return a client, or None where the SQLite database does not exist yet; creates nothing."""
    database = store_location().database
    return None if database is not None and not database.exists() else connect()


@contextlib.contextmanager
def store_errors(location: StoreLocation) -> Iterator[None]:
    """Tell the user which store failed, and why, instead of a page of mlflow's traceback."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError, ImportError) as error:
        where = "MLFLOW_TRACKING_URI" if os.environ.get("MLFLOW_TRACKING_URI") else FOLDER
        reason = str(error).strip().partition("\n")[0]
        found = re.sub(r"//[^/@\s]*@", "//…@", f"{location.tracking_uri}: {reason}")  # no password
        raise UsageError(
            where,
            found,
            "the address of an MLflow store that can be read and written",
        ) from error


def find_experiment(client: Any, name: str) -> str:
    """Return the id of the experiment called ``name``; created, with its own folder, if new.

    Raises:
        UsageError: the experiment was deleted in mlflow and not restored.
    """
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        root = store_location().artifacts
        slug = re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII).strip("-.")[:80] or "experiment"
        try:
            return str(client.create_experiment(name, f"{root}/{slug}" if root else None))
        except MlflowException:
            found = client.get_experiment_by_name(name)  # another process was faster
            if found is None:
                raise
    if found.lifecycle_stage != "active":
        raise UsageError(
            f"experiment {name!r}",
            "an experiment deleted in MLflow",
            "an active one, or another name",
            f"Restore it with: mlflow experiments restore --experiment-id {found.experiment_id}",
        )
    return str(found.experiment_id)


def find_commit() -> str | None:
    """Return the commit of the code, ``-dirty`` behind it if files differ; None outside git.

    Asks git about the folder that holds the package, and only if that folder is the top of a
    repository: a package installed in a virtual environment must not report its host's commit.
    """
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    command = ["git", "--no-optional-locks", "describe"]
    command += ["--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return (done.stdout.strip() or None) if done.returncode == 0 else None


def _sqlite(database: Path, query: str = "") -> StoreLocation:
    uri = f"{_SQLITE}{database.as_posix()}" + (f"?{query}" if query else "")
    return StoreLocation(uri, (database.parent / ARTIFACTS).as_uri(), database)


@contextlib.contextmanager
def _impatience() -> Iterator[None]:
    """Give up on an unreachable server within seconds; by default mlflow tries for four minutes.

    For the first contact only: a server that goes away during a run gets all the patience.
    """
    name = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
    if name in os.environ:
        yield
        return
    os.environ[name] = "2"
    try:
        yield
    finally:
        del os.environ[name]


def _create_database(database: Path, artifacts: str) -> None:
    """Create the database whole or not at all.

    A creation broken off leaves tables that mlflow refuses forever ("out-of-date database
    schema"), and two processes that start together break each other's. So it grows under a
    name of its own. Done here, mlflow's default experiment does not point to ``./mlruns`` either.
    """
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    database.parent.mkdir(parents=True, exist_ok=True)
    draft = database.with_name(f".{database.name}.{os.getpid()}")
    try:
        SqlAlchemyStore(f"{_SQLITE}{draft.as_posix()}", artifacts).engine.dispose()
        try:
            os.link(draft, database)
        except FileExistsError:
            return
        except OSError:  # a file system without hard links
            draft.replace(database)
    finally:
        draft.unlink(missing_ok=True)
