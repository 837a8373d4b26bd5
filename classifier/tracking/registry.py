"""Model directories as mlflow's logged models; versions and aliases of the registry."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import classifier
from classifier.errors import ModelError, UsageError
from classifier.models.families import EXTRAS
from classifier.models.store import open_model
from classifier.tracking import store

INPUT_EXAMPLE = "Selon Le Monde, citant une source proche du dossier, l'accord serait menacé."
# Columns of an article that a caller may send beside its text.
OPTIONAL_COLUMNS = ("id", "title", "heading", "publisher")
_ARTIFACT = "model"
_PACKAGE = re.compile(r"[\w.-]+")


@dataclass(frozen=True, slots=True)
class TrackedModel:
    """A model that mlflow keeps.

    Attributes:
        id: of the LoggedModel; ``models:/<id>`` is its address.
        name, version: of the registered model; empty and None when it was not registered.
    """

    id: str
    name: str = ""
    version: int | None = None

    @property
    def uri(self) -> str:
        return f"models:/{self.name}/{self.version}" if self.name else f"models:/{self.id}"


def log_model(
    client: Any,
    directory: Path,
    *,
    name: str,
    run_id: str,
    experiment_id: str,
    params: Mapping[str, str],
    tags: dict[str, str],
    input_example: str,
    requirements: tuple[str, ...] | None,
    registered_name: str | None,
    alias: str | None,
) -> TrackedModel:
    """Log, and register if asked; the engine of :meth:`Run.model`, which documents the arguments.

    Does what ``mlflow.pyfunc.log_model`` does, step by step on one client. That function works on
    mlflow's process-wide state (tracking address, active run), reads git, prints to stderr, loads
    the model to predict its example, and copies the run's figures with 0 for NaN.
    """
    if not directory.is_dir():
        raise ModelError(str(directory), "no such folder", "a model directory")
    if alias and not registered_name:
        raise UsageError(f"alias {alias!r}", "no registered name", "the name that it belongs to")
    from mlflow.entities import LoggedModelOutput

    model = client.create_logged_model(experiment_id, name, run_id, tags or None, dict(params))
    try:
        with tempfile.TemporaryDirectory(prefix="cadrage-") as folder:
            target = Path(folder) / _ARTIFACT
            _save(target, directory, model, run_id, input_example, requirements)
            client.log_model_artifacts(model.model_id, str(target))
        client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])
    except BaseException:
        with contextlib.suppress(Exception):
            client.finalize_logged_model(model.model_id, "FAILED")
        raise
    client.finalize_logged_model(model.model_id, "READY")
    if not registered_name:
        return TrackedModel(model.model_id)
    version = _register(client, model, registered_name, run_id, tags)
    if alias:
        client.set_registered_model_alias(registered_name, alias, str(version))
    return TrackedModel(model.model_id, registered_name, version)


def set_alias(name: str, version: int, alias: str) -> None:
    """Point ``models:/<name>@<alias>`` to a version, away from any other.

    Raises:
        MissingExtraError: mlflow is not installed.
        ModelError: there is no such version, or the alias is not a valid one.
        UsageError: the store in ``MLFLOW_TRACKING_URI`` cannot be used.
    """
    client = store.connect()
    from mlflow.exceptions import MlflowException

    try:
        client.set_registered_model_alias(name, alias, str(version))
    except MlflowException as error:
        raise _unknown(f"models:/{name}/{version}", error) from error


def find_alias(name: str, alias: str) -> int | None:
    """Return the version that an alias points to; None without such a model or alias.

    Raises:
        MissingExtraError: mlflow is not installed.
        UsageError: the store in ``MLFLOW_TRACKING_URI`` cannot be used.
    """
    client = store.connect_existing()
    if client is None:
        return None
    from mlflow.exceptions import MlflowException

    try:
        return int(client.get_model_version_by_alias(name, alias).version)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise _unknown(f"models:/{name}@{alias}", error) from error


def load_model_directory(uri: str) -> Path:
    """Return the model directory behind an address of mlflow, on this machine.

    Knows ``models:/<name>@<alias>``, ``models:/<name>/<version>``, ``models:/<model id>``,
    ``runs:/<run>/<name>`` and, for a run with one model, ``runs:/<run>``. Files of the embedded
    store are used where they lie; others are brought once into ``.cadrage/models``.
    The model store checks what they hold when it loads them.

    Raises:
        MissingExtraError: mlflow is not installed.
        ModelError: the address is malformed, or nothing of ours lies behind it.
        UsageError: the store in ``MLFLOW_TRACKING_URI`` cannot be used.
    """
    if not re.fullmatch(r"models:/[^/@]+(/\d+|@[\w-]+)?|runs:/\w+(/[^/]+)?", uri):
        raise ModelError(
            uri,
            "an address of another form",
            "models:/NAME@ALIAS, models:/NAME/VERSION, models:/MODEL-ID or runs:/RUN/NAME",
        )
    client = store.connect_existing()
    if client is None:
        raise ModelError(
            uri,
            f"no store in {store.store_location().database}",
            "a store that holds the model",
            "Run from the folder where it was trained, or set MLFLOW_TRACKING_URI.",
        )
    from mlflow.exceptions import MlflowException
    from mlflow.models import Model

    try:
        local = _bring(_find_files(client, uri))
        flavor = Model.load(str(local)).flavors["python_function"]
        directory = local / str(flavor["artifacts"][_ARTIFACT]["path"])
    except MlflowException as error:
        raise _unknown(uri, error) from error
    except KeyError as error:
        raise ModelError(uri, "a model that cadrage did not log", "one that it did") from error
    if not directory.is_dir():
        raise ModelError(uri, f"no folder {directory}", "the files of the model, where it was kept")
    return directory


def scoring_requirements(directory: Path) -> tuple[str, ...]:
    """Return what pip has to install to score with a model directory.

    This version of cadrage, with the extra of the model's family, and those of the extra's packages
    (numpy for all) that the model's manifest names, in the versions that it was made with.

    Raises:
        ModelError: the directory is damaged, or of another schema.
    """
    manifest = open_model(directory).manifest
    extra = EXTRAS.get(manifest.family)
    needed = {"numpy"}
    for line in metadata.requires("cadrage") or ():
        package = _PACKAGE.match(line)
        if package and extra and re.search(rf"extra\s*==\s*['\"]{extra}['\"]", line):
            needed.add(package[0].lower())
    # A build's own mark (torch 2.13.0+cpu) is no version that an index has.
    pinned = [
        f"{name}=={has.partition('+')[0]}"
        for name, has in manifest.versions.items()
        if name in needed
    ]
    own = f"cadrage[{extra}]" if extra else "cadrage"
    return f"{own}=={classifier.__version__}", *pinned


def _save(
    target: Path,
    directory: Path,
    model: Any,
    run_id: str,
    input_example: str,
    requirements: tuple[str, ...] | None,
) -> None:
    mlflow = store.import_mlflow()
    import pandas
    from mlflow.models import Model, ModelSignature
    from mlflow.types import ColSpec, DataType, Schema

    columns = [ColSpec(DataType.string, "text")]
    columns += [ColSpec(DataType.string, column, required=False) for column in OPTIONAL_COLUMNS]
    signature = ModelSignature(Schema(columns), Schema([ColSpec(DataType.string)]))
    if requirements is None:
        requirements = scoring_requirements(directory)
    with store.muted():
        mlflow.pyfunc.save_model(
            path=str(target),
            python_model=str(Path(__file__).with_name("pyfunc_model.py")),
            artifacts={_ARTIFACT: str(directory.resolve())},
            signature=signature,
            input_example=pandas.DataFrame({"text": [input_example]}),
            pip_requirements=[f"mlflow=={mlflow.__version__}", *requirements],
            mlflow_model=Model(
                artifact_path=model.artifact_location,
                run_id=run_id,
                model_id=model.model_id,
                model_uuid=model.model_id,
            ),
        )
    for cache in target.rglob("__pycache__"):
        shutil.rmtree(cache, ignore_errors=True)


def _register(client: Any, model: Any, name: str, run_id: str, tags: dict[str, str]) -> int:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    # The source is the folder itself: models:/<id> would be looked up in mlflow's process-wide
    # tracking address instead of this client's.
    version = client.create_model_version(
        name, model.artifact_location, run_id, tags=tags or None, model_id=model.model_id
    ).version
    # A server notes the version on the logged model by itself; a database does not.
    if "mlflow.modelVersions" not in client.get_logged_model(model.model_id).tags:
        noted = json.dumps([{"name": name, "version": version}])
        client.set_logged_model_tags(model.model_id, {"mlflow.modelVersions": noted})
    return int(version)


def _find_files(client: Any, uri: str) -> str:
    """Return the location of the logged model that an address means."""
    scheme, _, rest = uri.partition(":/")
    if scheme == "models":
        name, at, alias = rest.partition("@")
        name, slash, number = name.partition("/")
        if at:
            number = str(client.get_model_version_by_alias(name, alias).version)
        elif not slash:
            return str(client.get_logged_model(name).artifact_location)
        return str(client.get_model_version_download_uri(name, number))
    run_id, _, name = rest.partition("/")
    outputs = client.get_run(run_id).outputs
    models = [
        client.get_logged_model(output.model_id)
        for output in (outputs.model_outputs if outputs else [])
    ]
    found = [model for model in models if not name or model.name == name]
    if not found or (len(found) > 1 and not name):
        names = ", ".join(sorted({model.name for model in models})) or "none"
        raise ModelError(uri, f"models of this run: {names}", "the name of one of them")
    return str(max(found, key=lambda model: model.creation_timestamp).artifact_location)


def _bring(location: str) -> Path:
    """Return the folder of a logged model, downloaded unless it lies on this machine."""
    parts = urlsplit(location)
    if parts.scheme == "file":
        return Path(url2pathname(parts.path))
    from mlflow.artifacts import download_artifacts

    kept = Path.cwd() / store.FOLDER / "models" / sha256(location.encode()).hexdigest()[:16]
    if not kept.is_dir():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as draft:
            whole = download_artifacts(
                artifact_uri=location,
                dst_path=str(Path(draft) / _ARTIFACT),
                tracking_uri=store.store_location().tracking_uri,
            )
            try:
                Path(whole).rename(kept)
            except OSError:
                if not kept.is_dir():  # else another process was faster
                    raise
    return kept


def _unknown(uri: str, error: Exception) -> ModelError:
    reason = str(error).strip().partition("\n")[0]
    return ModelError(uri, reason, "a model, version or alias that the store knows")
