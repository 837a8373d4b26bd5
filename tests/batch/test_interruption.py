"""Nothing is lost: killed anywhere and run again, the directory is that of an uninterrupted run."""

from __future__ import annotations

import fcntl
import os
import random
import resource
import signal
import subprocess
import time
from pathlib import Path

import pytest

from classifier.batch import read_rows, run_batch
from classifier.batch.layout import lock_directory
from classifier.errors import DataError
from tests.batch.samples import (
    ENVIRONMENT,
    SerialEngine,
    cadrage,
    command,
    contents,
    finish,
    is_over,
    make_rows,
    start,
    write_rows,
)

KILLS = 20
_BUDGET_S = 100.0


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    """Two files with faults, copies and a doubled id."""
    folder = tmp_path_factory.mktemp("archive") / "in"
    rows = make_rows(240, sentences=4)
    write_rows(folder / "a.jsonl", [*rows[:160], rows[17]], faults=(40, 41, 150))
    write_rows(folder / "b.jsonl", [*rows[160:], {**rows[3], "text": "Un autre texte ici."}])
    return folder


@pytest.fixture(scope="module")
def arguments(archive, model) -> list[object]:
    return ["batch", archive, "--model", model, "--shard-size", 4]


@pytest.fixture(scope="module")
def reference(archive, arguments, tmp_path_factory) -> tuple[dict[str, str], float, Path]:
    """An uninterrupted run with one worker: its files, how long it took, where it lies."""
    out = tmp_path_factory.mktemp("reference") / "out"
    begun = time.monotonic()
    done = cadrage(*arguments, "--output", out, "--workers", 1)
    assert done.returncode == 1, done.stderr
    return contents(out), time.monotonic() - begun, out


def test_the_number_of_workers_does_not_show(reference, arguments, tmp_path):
    done = cadrage(*arguments, "--output", tmp_path / "out", "--workers", 2)
    assert done.returncode == 1, done.stderr
    assert contents(tmp_path / "out") == reference[0]


def test_nothing_says_when_or_where(reference, archive):
    out = reference[2]
    private = [str(archive.parent), str(out.parent), os.uname().nodename, str(Path.home())]
    for path in out.rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            assert not [one for one in private if len(one) > 3 and one.encode() in raw], path


def is_free(directory: Path) -> bool:
    """Say whether no process holds the directory's lock, neither the parent nor a worker."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


def wait_until_free(directory: Path) -> None:
    end = time.monotonic() + 5
    while not is_free(directory):
        assert time.monotonic() < end, "a worker outlived its parent"
        time.sleep(0.005)


@pytest.mark.slow
def test_killed_at_random_points(reference, arguments, tmp_path):
    """At any time of a run, most often while shards are being written."""
    draw = random.Random(20260)
    call = [*arguments, "--format", "jsonl"]
    whole = tmp_path / "whole"
    assert finish(start(*call, "--output", whole, "--workers", 1)) == 1
    expected = contents(whole)
    out = tmp_path / "out"
    kills = {"group": 0, "parent": 0}
    halfway = finished = 0
    end = time.monotonic() + _BUDGET_S
    while sum(kills.values()) < KILLS:
        assert time.monotonic() < end, f"only {kills} kills in {_BUDGET_S} s"
        process = start(*call, "--output", out, "--workers", draw.choice([1, 2]))
        if draw.random() < 0.2:
            time.sleep(draw.uniform(0, reference[1]))
        else:
            before = records(out)
            while not is_over(process) and records(out) <= before:
                time.sleep(0.002)
            time.sleep(draw.uniform(0, 0.25))
        if is_over(process):
            assert finish(process) == 1
            assert contents(out) == expected
            finished += 1
            out = tmp_path / f"out{finished}"
            continue
        kind = draw.choice(list(kills))
        if kind == "group":
            os.killpg(process, signal.SIGKILL)
        else:
            os.kill(process, signal.SIGKILL)
        finish(process)
        kills[kind] += 1
        if out.exists():
            wait_until_free(out)
            halfway += records(out) > 0
    assert min(kills.values()) >= 4
    assert halfway >= KILLS // 2, "the kills came too early to mean anything"
    assert finish(start(*call, "--output", out)) == 1
    assert contents(out) == expected
    keys = [row["key"] for row in read_rows(out, "articles")]
    assert len(keys) == len(set(keys)) == 238


def records(out: Path) -> int:
    """Return how many shards of an unfinished run are done."""
    return len(list((out / ".work").glob("done-*.json")))


def test_killing_only_the_parent_leaves_no_writer(arguments, tmp_path):
    out = tmp_path / "out"
    process = start(*arguments, "--output", out, "--workers", 2)
    while not records(out):
        assert not is_over(process)
        time.sleep(0.005)
    workers = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    assert len(workers) == 2
    os.kill(process, signal.SIGKILL)
    finish(process)
    wait_until_free(out)
    time.sleep(0.05)
    assert not [one for one in workers if Path(f"/proc/{one}/exe").exists()]
    before = contents(out)
    time.sleep(0.3)
    assert contents(out) == before


class _Killed(BaseException):
    """What a test raises where a kill would strike."""


def test_killed_at_every_write(model, tmp_path, monkeypatch):
    """Stop before each rename and removal of two nights in turn; then let the run finish."""
    monkeypatch.setattr("classifier.batch.run.LocalEngine", SerialEngine)
    rows = make_rows(9)
    first = write_rows(tmp_path / "a.jsonl", rows[:5], faults=(1,))
    second = write_rows(tmp_path / "b.jsonl", [*rows[5:], rows[0], {**rows[5], "text": "Autre."}])

    def run(paths, out):
        return run_batch(paths, out, model=model, shard_size=3)

    run([first], tmp_path / "night1")
    run([first], tmp_path / "both")
    run([first, second], tmp_path / "both")
    nights = [([first], "night1"), ([first, second], "both")]
    for number, (paths, expected) in enumerate(nights):
        point = 0
        while True:
            out = tmp_path / f"out{number}-{point}"
            if number:
                run([first], out)
            if not _stop_at(point, lambda paths=paths, out=out: run(paths, out), monkeypatch):
                break
            report = run(paths, out)
            assert contents(out) == contents(tmp_path / expected), f"stopped at write {point}"
            assert report.exit_code == 1
            point += 1
        assert point > 8


def _stop_at(point: int, run, monkeypatch) -> bool:
    """Run until the write numbered ``point``; say whether it came that far."""
    seen = 0

    def guarded(real):
        def call(*arguments, **options):
            nonlocal seen
            seen += 1
            if seen > point:
                raise _Killed
            return real(*arguments, **options)

        return call

    with monkeypatch.context() as patch:
        for name in ("replace", "unlink", "mkdir"):
            patch.setattr(Path, name, guarded(getattr(Path, name)))
        patch.setattr("shutil.rmtree", guarded(__import__("shutil").rmtree))
        try:
            run()
        except _Killed:
            return True
    return False


def test_other_input_after_a_kill(arguments, archive, model, tmp_path):
    """What changed since is scored as it now is; nothing of the old half stays."""
    folder, out = tmp_path / "in", tmp_path / "out"
    write_rows(folder / "b.jsonl", make_rows(200, sentences=8))
    call = ["batch", folder, "--model", model, "--shard-size", 8]
    process = start(*call, "--output", out)
    while records(out) < 3:
        assert not is_over(process)
        time.sleep(0.005)
    os.kill(process, signal.SIGKILL)
    finish(process)
    wait_until_free(out)
    write_rows(folder / "a.jsonl", make_rows(12, seed=3))
    write_rows(folder / "b.jsonl", make_rows(20))
    for where in (out, tmp_path / "fresh"):
        assert finish(start(*call, "--output", where)) == 0
    assert contents(out) == contents(tmp_path / "fresh")


def test_a_worker_that_dies_is_replaced(reference, arguments, tmp_path):
    out = tmp_path / "out"
    process = start(*arguments, "--output", out, "--workers", 1)
    while not records(out):
        assert not is_over(process)
        time.sleep(0.005)
    (worker,) = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    os.kill(int(worker), signal.SIGKILL)
    assert finish(process) == 1
    assert contents(out) == reference[0]


def test_two_writers(model, tmp_path):
    source = write_rows(tmp_path / "a.jsonl", make_rows(3))
    with (
        lock_directory(tmp_path / "out"),
        pytest.raises(DataError, match="another run that writes into it"),
    ):
        run_batch([source], tmp_path / "out", model=model)


def test_disk_full(reference, arguments, archive, tmp_path):
    """A limit on the size of files stands for the full disk, which needs rights to make."""
    largest = max(path.stat().st_size for path in reference[2].rglob("*") if path.is_file())
    out = tmp_path / "out"

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest // 2, largest // 2))

    failed = cadrage(*arguments, "--output", out, preexec_fn=limit)
    assert failed.returncode == 1
    assert failed.stderr.startswith("cadrage: out: found ")
    assert "Make room, then run the same command again" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert finish(start(*arguments, "--output", out)) == 1
    assert contents(out) == reference[0]


def test_really_full_disk(reference, arguments, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=320k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk here")
    try:
        failed = cadrage(*arguments, "--output", disk / "out")
        assert failed.returncode == 1
        assert "Make room" in failed.stderr
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        assert finish(start(*arguments, "--output", disk / "out")) == 1
        assert contents(disk / "out") == reference[0]
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


_MEASURED = """
import resource, sys
from classifier.cli import main
code = main(sys.argv[1:])
own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(code, own, workers, file=sys.stderr)
"""


@pytest.mark.slow
def test_memory_is_flat(model, tmp_path):
    """Ten times the articles: neither parent nor worker grows by a fifth."""
    peaks = []
    for count in (150, 1500):
        source = write_rows(tmp_path / f"{count}.jsonl", make_rows(count, sentences=2))
        done = subprocess.run(
            [
                *command()[:1], "-c", _MEASURED, "batch", str(source), "--model", str(model),
                "--output", str(tmp_path / f"out{count}"), "--workers", "1", "--shard-size", "75",
            ],
            env=ENVIRONMENT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        code, own, workers = map(int, done.stderr.split())
        assert code == 0
        peaks.append((own, workers))
    for small, large in zip(*peaks, strict=True):
        assert large < 1.2 * small, peaks
