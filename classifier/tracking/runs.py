"""One tracked run: what goes in, how it ends, and the list of those that were."""

from __future__ import annotations

import contextlib
import math
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

import classifier
from classifier.schema import load_schema
from classifier.tracking import registry, store

STATE = "cadrage.state"
UNDEFINED = "undefined."
_LONGEST_PARAM = 6000  # beyond it mlflow cuts in silence
_LONGEST_DIGEST = 36  # mlflow's column for the digest of a data set


class Run:
    """An open run; made by :func:`track`, never by hand.

    Attributes:
        id: mlflow's identifier.
        experiment_id: the experiment it belongs to.
    """

    def __init__(self, client: Any, run_id: str, experiment_id: str) -> None:
        self.id = run_id
        self.experiment_id = experiment_id
        self._client = client
        self._params: dict[str, str] = {}
        self._latest: dict[str, tuple[float, int, int]] = {}  # figure, time, step
        self._undefined: dict[str, str] = {}

    def params(self, values: Mapping[str, Any]) -> None:
        """Log the configuration; nested tables become ``table.key``, values that are not text JSON.

        A value over 6000 characters is cut and says so.
        """
        from mlflow.entities import Param

        flat = {key: _param(value) for key, value in _flatten(values)}
        self._client.log_batch(self.id, params=[Param(key, text) for key, text in flat.items()])
        self._params.update(flat)

    def tags(self, values: Mapping[str, Any]) -> None:
        """Set tags; a tag that exists is overwritten."""
        from mlflow.entities import RunTag

        self._client.log_batch(
            self.id, tags=[RunTag(key, str(value)) for key, value in values.items()]
        )

    def metrics(
        self,
        values: Mapping[str, float],
        step: int | None = None,
        *,
        reasons: Mapping[str, str] | None = None,
    ) -> None:
        """Log figures.

        An undefined figure is NaN: mlflow keeps and shows it as NaN, and the tag
        ``undefined.<name>`` holds the reason. An infinite one is treated so too, for mlflow's
        database would turn it into 1.8e308.

        Args:
            values: name → figure.
            step: epoch or batch; without it the figure describes the whole run.
            reasons: name → why the figure is undefined.
        """
        now = time.time_ns() // 1_000_000
        undefined: dict[str, str] = {}
        for name, value in values.items():
            number = float(value)
            if not math.isfinite(number):
                why = "reason not stated" if math.isnan(number) else "infinite"
                undefined[name] = (reasons or {}).get(name, why)
                number = math.nan
            self._latest[name] = (number, now, step or 0)
        self._undefined.update(undefined)
        self._send(list(values))
        if undefined:
            self.tags({UNDEFINED + name: why for name, why in undefined.items()})

    def figure(self, figure: Any, path: str) -> None:
        """Log a matplotlib figure; the suffix of ``path`` decides the format."""
        self._client.log_figure(self.id, figure, path)

    def text(self, text: str, path: str) -> None:
        """Log a text file, UTF-8."""
        self._client.log_text(self.id, text, path)

    def json(self, value: Any, path: str) -> None:
        """Log a JSON file; dataclasses, sets, dates and numpy values are fine, NaN becomes null."""
        encoded = msgspec.json.encode(value, enc_hook=_plain)
        self.text(msgspec.json.format(encoded, indent=2).decode() + "\n", path)

    def file(self, path: Path, folder: str | None = None) -> None:
        """Log a file, or a folder with all it holds, under ``folder``."""
        if path.is_dir():
            inside = f"{folder}/{path.name}" if folder else path.name
            self._client.log_artifacts(self.id, str(path), inside)
        else:
            self._client.log_artifact(self.id, str(path), folder)

    def dataset(self, name: str, sha256: str, *, rows: int, source: str, context: str) -> None:
        """Record which data went in, by a hash of all of it.

        mlflow's own digest looks at the first rows only, and its column holds 36 characters: it
        gets the first 36 of ours. All 64 stand in the tag ``data.<context>.<name>`` of the run, in
        the tag ``sha256`` of the input and in its profile, beside the number of rows.

        Args:
            name: what the data set is called.
            sha256: of its bytes, 64 hexadecimal digits.
            rows: how many rows (or sentences).
            source: path or address.
            context: what it was used for: ``train``, ``validation``, ``test``.

        Raises:
            ValueError: ``sha256`` is no SHA-256.
        """
        from mlflow.entities import Dataset, DatasetInput, InputTag

        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise ValueError(f"found {sha256!r} as hash of {name}; expected 64 hexadecimal digits")
        online = source.startswith(("http://", "https://"))
        data = Dataset(
            name=name,
            digest=sha256[:_LONGEST_DIGEST],
            source_type="http" if online else "local",
            source=_json({"url" if online else "uri": source}),
            profile=_json({"rows": rows, "sha256": sha256}),
        )
        marks = [InputTag("mlflow.data.context", context), InputTag("sha256", sha256)]
        self._client.log_inputs(self.id, datasets=[DatasetInput(data, marks)])
        self.tags({f"data.{context}.{name}": sha256})

    def model(
        self,
        directory: Path,
        *,
        name: str,
        metrics: Mapping[str, float] | None = None,
        input_example: str = registry.INPUT_EXAMPLE,
        requirements: tuple[str, ...] | None = None,
        registered_name: str | None = None,
        alias: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> registry.TrackedModel:
        """Log a model directory as a LoggedModel that mlflow can serve.

        Args:
            directory: as written by the model store; copied whole.
            name: of the logged model within the run: ``runs:/<run>/<name>``.
            metrics: figures to link to the model; all of this run's when not given. They become
                figures of the run too. Undefined ones are not linked (mlflow would keep 0 for
                NaN there): they stand in the model's tags ``undefined.<name>``.
            input_example: a text for the serving example.
            requirements: of pip; what :func:`registry.scoring_requirements` says when not given.
            registered_name: registers a version under this name.
            alias: points to that version.
            tags: of the model and of its version.

        Raises:
            ModelError: there is no such directory, or it is damaged.
            UsageError: ``alias`` without ``registered_name``.
        """
        logged = registry.log_model(
            self._client,
            directory,
            name=name,
            run_id=self.id,
            experiment_id=self.experiment_id,
            params=self._params,
            tags=dict(tags or {}),
            input_example=input_example,
            requirements=requirements,
            registered_name=registered_name,
            alias=alias,
        )
        names = list(self._latest if metrics is None else metrics)
        fresh = {
            key: value
            for key, value in (metrics or {}).items()
            if key not in self._latest or self._latest[key][0] != float(value)
        }
        self.metrics(fresh)
        self._send([key for key in names if not self._is_nan(key)], logged.id)
        undefined = {UNDEFINED + key: self._undefined[key] for key in names if self._is_nan(key)}
        if undefined:
            self._client.set_logged_model_tags(logged.id, undefined)
        return logged

    def _is_nan(self, name: str) -> bool:
        return math.isnan(self._latest[name][0])

    def _send(self, names: list[str], model_id: str | None = None) -> None:
        """Send the latest figures of these names; a second time with the same time stamp, so that
        linking a figure to a model adds no second point to the run's curve.
        """
        from mlflow.entities import Metric

        batch = [
            Metric(key, *self._latest[key], model_id=model_id, run_id=self.id) for key in names
        ]
        self._client.log_batch(self.id, metrics=batch)


@contextlib.contextmanager
def track(
    experiment: str,
    name: str,
    *,
    params: Mapping[str, Any] | None = None,
    tags: Mapping[str, Any] | None = None,
) -> Iterator[Run]:
    """Open a run, and close it as what it became.

    The tag ``cadrage.state`` is ``started``, then ``completed``, ``failed`` (an exception; its
    type and message in ``cadrage.error``) or ``killed`` (interrupted from the keyboard). A run
    found ``started`` whose process is gone was killed from outside. Schema fingerprint, package
    version and, where the code lies in a git repository, its commit are recorded.

    Args:
        experiment: name of the mlflow experiment; created when new.
        name: of the run.
        params: the configuration, may be nested.
        tags: more tags.

    Raises:
        MissingExtraError: mlflow is not installed.
        UsageError: the store in ``MLFLOW_TRACKING_URI`` cannot be used.
    """
    client = store.connect()
    with store.store_errors(store.store_location()):
        experiment_id = store.find_experiment(client, experiment)
        opened = client.create_run(
            experiment_id,
            run_name=name,
            tags={
                **{key: str(value) for key, value in (tags or {}).items()},
                STATE: "started",
                "cadrage.version": classifier.__version__,
                "cadrage.schema": load_schema().fingerprint,
                **_commit_tags(),
            },
        )
    run = Run(client, str(opened.info.run_id), experiment_id)
    try:
        if params:
            run.params(params)
        yield run
    except BaseException as error:
        killed = isinstance(error, KeyboardInterrupt)
        told = f"{type(error).__name__}: {error}"[:4000]
        try:
            run.tags({STATE: "killed" if killed else "failed", "cadrage.error": told})
            client.set_terminated(run.id, "KILLED" if killed else "FAILED")
        except Exception as second:  # the store is gone too; the first error matters
            error.add_note(f"The end of run {run.id} could not be recorded: {second}")
        raise
    run.tags({STATE: "completed"})
    client.set_terminated(run.id, "FINISHED")


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as it stands in the store; undefined figures are NaN."""

    id: str
    name: str
    state: str
    started: datetime
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]


def runs(experiment: str) -> list[RunRecord]:
    """Return the runs of an experiment, newest first; none if it does not exist.

    Raises:
        MissingExtraError: mlflow is not installed.
        UsageError: the store in ``MLFLOW_TRACKING_URI`` cannot be used.
    """
    client = store.connect_existing()
    if client is None:
        return []
    with store.store_errors(store.store_location()):
        found = client.get_experiment_by_name(experiment)
        if found is None:
            return []
        records: list[RunRecord] = []
        token: str | None = None
        while True:
            page = client.search_runs(
                [found.experiment_id], order_by=["attributes.start_time DESC"], page_token=token
            )
            records.extend(_record(entry) for entry in page)
            token = page.token
            if not token:
                return records


def _record(run: Any) -> RunRecord:
    return RunRecord(
        id=run.info.run_id,
        name=run.info.run_name,
        state=run.data.tags.get(STATE, str(run.info.status).lower()),
        started=datetime.fromtimestamp(run.info.start_time / 1000, UTC),
        params=dict(run.data.params),
        metrics=dict(run.data.metrics),
        tags={key: text for key, text in run.data.tags.items() if not key.startswith("mlflow.")},
    )


def _commit_tags() -> dict[str, str]:
    commit = store.find_commit()
    if commit is None:
        return {}
    return {
        "cadrage.commit": commit,
        "mlflow.source.git.commit": commit.removesuffix("-dirty"),  # shown by mlflow's pages
    }


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _param(value: Any) -> str:
    text = value if isinstance(value, str) else _json(value)
    if len(text) <= _LONGEST_PARAM:
        return text
    return f"{text[: _LONGEST_PARAM - 40]}… (cut, {len(text)} characters)"


def _json(value: Any) -> str:
    return msgspec.json.encode(value, enc_hook=_plain).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return value.as_posix()
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "tolist"):  # numpy, without importing it
        return value.tolist()
    raise TypeError(f"found a {type(value).__name__}; expected a value that JSON can hold")
