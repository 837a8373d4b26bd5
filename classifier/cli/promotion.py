"""``cadrage promote`` and ``cadrage floors``: the gate before ``@champion``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.cli.shared import Commands, add_command, add_data, say, utf8
from classifier.errors import UsageError

if TYPE_CHECKING:
    from classifier.evaluation.comparison import Verdict

_FLOORS = Path("experiments/floors.json")


def add_commands(commands: Commands) -> None:
    """Add the commands of this module."""
    promote = add_command(
        commands,
        "promote",
        "make a registered model the champion, if it has earned it",
        "Judge a registered model and the present champion on the same sentences. It becomes\n"
        "@champion only if it is better, or tied and cheaper, loses no behavioural test that the\n"
        "champion passes, fails no check and breaks no floor. Exit code 1 when it does not.",
        "  cadrage promote cadrage-linear 3",
    )
    promote.add_argument("name", metavar="NAME", help="of the registered model")
    promote.add_argument("version", type=int, metavar="VERSION")
    promote.add_argument("--dry-run", action="store_true", help="decide, but change nothing")
    promote.set_defaults(run=run_promote)

    floors = add_command(
        commands,
        "floors",
        "set the floors from a model's evaluation",
        "Evaluate a model and write the low ends of its intervals as floors. A floor is never\n"
        "lowered without --lower and a reason, which is kept in the file.",
        "  cadrage floors\n  cadrage floors .cadrage/models/mine --lower --reason 'new test set'",
    )
    floors.add_argument("model", nargs="?", metavar="MODEL", help="default: the shipped model")
    floors.add_argument("--lower", action="store_true", help="floors may be lowered")
    floors.add_argument("--reason", default="", help="why they are")
    floors.set_defaults(run=run_floors)
    for one in (promote, floors):
        add_data(one)
        one.add_argument("--floors", type=Path, default=_FLOORS)


def run_promote(options: argparse.Namespace) -> int:
    """Decide and, if the answer is yes, move the alias."""
    from classifier import tracking
    from classifier.assessment import evaluate_models, find_subject
    from classifier.evaluation.bench import load_bench
    from classifier.evaluation.contest import contest_text, hold_contest
    from classifier.evaluation.cost import speed_ratio
    from classifier.evaluation.suite import timed_articles
    from classifier.promotion import (
        ALIAS,
        check_corpus_of,
        corpus_hash,
        decide,
        read_floors,
        stand,
        sum_up,
    )
    from classifier.scoring import Scorer

    floors = read_floors(options.floors)
    present = tracking.find_alias(options.name, ALIAS)
    if present == options.version:
        raise UsageError("promote", f"version {present}, the champion", "another version")
    bench = load_bench(options.data)
    corpus = corpus_hash(bench.hashes())
    check_corpus_of(floors, corpus)
    uris = [f"models:/{options.name}/{options.version}"]
    if present is not None:
        uris.append(f"models:/{options.name}/{present}")
    dossiers = evaluate_models(uris, bench=bench, suite="full", track=True, say=say)
    candidate, *others = [stand(dossier) for dossier in dossiers]
    champion = others[0] if others else None
    verdict: Verdict = "undefined"
    speed = (1.0, 1.0, 1.0)
    stream = utf8(sys.stdout)
    if champion is not None:
        pair = {
            label: [find_subject(uri).subject]
            for label, uri in zip(("candidate", "champion"), uris, strict=True)
        }
        contest = hold_contest(pair, bench, shown="none")
        stream.write(contest_text(contest))
        verdict = sum_up(contest.differences)
        new, old = (pair[name][0] for name in ("candidate", "champion"))
        if verdict == "tied" and isinstance(new, Scorer) and isinstance(old, Scorer):
            speed = speed_ratio(new, old, timed_articles(bench, 100))
    decision = decide(candidate, champion, verdict, floors, corpus, speed)
    for reason in decision.reasons:
        stream.write(f"{'for' if decision.promoted else 'against'}: {reason}\n")
    if not decision.promoted:
        stream.write(f"{options.name} {options.version} does not become champion\n")
        return 1
    if not options.dry_run:
        tracking.set_alias(options.name, options.version, ALIAS)
        stream.write(f"{options.name} {options.version} is the champion\n")
    return 0


def run_floors(options: argparse.Namespace) -> int:
    """Evaluate and write floors."""
    from classifier.assessment import evaluate_models
    from classifier.evaluation.bench import load_bench
    from classifier.promotion import (
        corpus_hash,
        propose_floors,
        read_floors,
        set_floors,
        write_floors,
    )

    if bool(options.reason) != options.lower:
        raise UsageError("floors", "one of --lower and --reason", "both or neither")
    bench = load_bench(options.data)
    (dossier,) = evaluate_models([options.model], bench=bench, track=False, say=say)
    old = read_floors(options.floors) if options.floors.exists() else None
    corpus = corpus_hash(bench.hashes())
    floors = set_floors(old, propose_floors(dossier), corpus, reason=options.reason)
    write_floors(floors, options.floors)
    for name, value in floors.floors.items():
        print(f"{name:40s} {value:.3f}")
    return 0
