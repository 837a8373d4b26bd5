"""The same directory from a small Ray cluster, one node of which is killed at work."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from classifier.article.resemblance import ResemblanceScorer
from classifier.batch import read_rows, run_batch
from classifier.errors import DataError
from tests.batch.samples import contents, make_resemblance, make_rows, write_rows

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'cadrage[ray]'")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

_STORE = 100 << 20


@pytest.fixture
def cluster(monkeypatch):
    """A head that computes nothing and two nodes of one CPU."""
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    head = {"num_cpus": 0, "object_store_memory": _STORE, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    nodes = [cluster.add_node(num_cpus=1, object_store_memory=_STORE) for _ in range(2)]
    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
    yield cluster, nodes
    ray.shutdown()
    cluster.shutdown()


def actors_of(node) -> list[str]:
    """Return the processes of a node in which chunks are scored."""
    found = []
    for raylet in node.all_processes["raylet"]:
        parent = raylet.process.pid
        for task in Path(f"/proc/{parent}/task").iterdir():
            for child in (task / "children").read_text().split():
                name = Path(f"/proc/{child}/cmdline").read_bytes().decode("utf-8", "replace")
                if "MapWorker" in name or "ChunkScorer" in name:
                    found.append(child)
    return found


def test_a_cluster_that_loses_a_node_gives_the_same(cluster, model, tmp_path):
    running, nodes = cluster
    source = write_rows(tmp_path / "a.jsonl", make_rows(4000, sentences=8), faults=(4, 900))
    local = run_batch([source], tmp_path / "local", model=model, shard_size=50)
    seen: list[tuple[int, float]] = []
    lost: list[str] = []

    def watch(done: int, total: int) -> None:
        if not done:
            return
        seen.append((done, time.monotonic()))
        if not lost:
            busy = [node for node in nodes if actors_of(node)]
            assert len(busy) == 2, "both nodes take part"
            lost.extend(actors_of(busy[1]))
            running.remove_node(busy[1], allow_graceful=False)

    far = run_batch(
        [source], tmp_path / "far", model=model, shard_size=50, engine="ray", workers=2, watch=watch
    )
    assert lost
    assert seen[0][0] < 400, "the node was lost at the beginning"
    assert seen[-1][1] - seen[0][1] > 0.5, "and most of the work came after"
    assert (far.articles, far.sentences, far.rejected) == (
        local.articles, local.sentences, local.rejected,
    )  # fmt: skip
    assert far.articles == 3998
    assert contents(tmp_path / "far") == contents(tmp_path / "local")


def test_a_node_with_another_package_ends_the_run(model, tmp_path, monkeypatch):
    """With a message, and with nothing of its rows; the right package goes on."""
    source = write_rows(tmp_path / "a.jsonl", make_rows(20))
    call = ([source], tmp_path / "out")
    ray.init(num_cpus=1, log_to_driver=False, logging_level="ERROR", include_dashboard=False)
    try:
        with monkeypatch.context() as patch:
            patch.setattr("classifier.batch.ray_engine.fingerprint_code", lambda: "another")
            with pytest.raises(DataError, match="a node of the cluster: found another version"):
                run_batch(*call, model=model, engine="ray")
        assert run_batch(*call, model=model, engine="ray").articles == 20
    finally:
        ray.shutdown()


def test_a_ray_run_is_resumed_locally(model, tmp_path, monkeypatch):
    """The engines share one form of unfinished work, and give the same resemblance score."""
    source = write_rows(tmp_path / "a.jsonl", make_rows(60, sentences=24))
    apart = ResemblanceScorer.load(make_resemblance(tmp_path / "apart"))
    settings = {"model": model, "shard_size": 10, "resemblance": apart}
    run_batch([source], tmp_path / "local", **settings)
    scores = [json.loads(row["resemblance"]) for row in read_rows(tmp_path / "local", "articles")]
    assert {one["model"] for one in scores} == {apart.sha256}
    assert all(one["probability"] is not None for one in scores)
    ray.init(num_cpus=1, log_to_driver=False, logging_level="ERROR", include_dashboard=False)
    try:
        calls = iter(range(3))

        def stop(*_):
            if next(calls, None) is None:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run_batch([source], tmp_path / "out", engine="ray", watch=stop, **settings)
    finally:
        ray.shutdown()
    with pytest.raises(DataError, match="an unfinished run with --with-score"):
        run_batch([source], tmp_path / "out", model=model, shard_size=10)
    assert run_batch([source], tmp_path / "out", **settings).resumed
    assert contents(tmp_path / "out") == contents(tmp_path / "local")
