"""Judging models: ``cadrage evaluate``, ``compare``, ``promote``, ``behaviour`` and audits."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from classifier.cli import tasks
from classifier.cli.shared import Commands, add_command, add_data, say, utf8

_MODEL = "directory, MLflow model URI, or predictions as JSONL; default: the shipped model"


def add_commands(commands: Commands) -> None:
    """Add the commands of this module."""
    evaluate = add_command(
        commands,
        "evaluate",
        "judge models on everything there is, and write a report",
        "Run the whole evaluation: scores with intervals over articles, slices, calibration,\n"
        "coded checks of the data, behaviour, neutrality and cost; write one self-contained HTML\n"
        "page, Markdown and JSON, and log to MLflow. Parts whose text is not here are named with\n"
        "the command that brings it. Exit code 1 when a check fails.",
        "  cadrage evaluate                              the shipped model\n"
        "  cadrage evaluate .cadrage/models/mine --suite quick --json figures.json\n"
        "  cadrage evaluate mine.jsonl                   predictions made elsewhere\n"
        "  cadrage evaluate --on mine.conll              on annotated text of your own",
    )
    evaluate.add_argument("model", nargs="*", metavar="MODEL", help=_MODEL)
    add_data(evaluate)
    evaluate.add_argument(
        "--task",
        choices=tasks.TASKS,
        default="labels",
        help="labels of sentences (default), what headlines do, or the signals of articles",
    )
    evaluate.add_argument("--suite", choices=("full", "quick"), default="full")
    evaluate.add_argument("--split", choices=("test", "validation"), default="test")
    evaluate.add_argument(
        "--browse",
        choices=("validation", "test", "none"),
        default="validation",
        help="whose sentences the report shows one by one (reading test wears it out)",
    )
    evaluate.add_argument("--on", type=Path, metavar="FILE", help="annotated text of your own")
    evaluate.add_argument("--report", type=Path, metavar="DIR", help="default: .cadrage/reports/…")
    evaluate.add_argument("--no-report", action="store_true")
    evaluate.add_argument("--json", type=Path, help="write every figure to this file")
    evaluate.add_argument("--no-track", action="store_true", help="do not log to MLflow")
    evaluate.set_defaults(run=run_evaluate)

    contest = add_command(
        commands,
        "compare",
        "are these models different, or can this test set not tell?",
        "Judge two or more models on the same sentences: paired randomisation test and bootstrap\n"
        "over whole articles, Holm's correction, a verdict, the smallest difference that could\n"
        "have been shown, and the sentences on which they differ, side by side. Several runs\n"
        "(seeds) of one model are given with commas: their variance is then part of it.",
        "  cadrage compare .cadrage/models/a .cadrage/models/b\n"
        "  cadrage compare a-seed1,a-seed2,a-seed3 b-seed1,b-seed2,b-seed3 --source orangesum",
    )
    contest.add_argument("model", nargs="+", metavar="MODEL[,MODEL…]")
    add_data(contest)
    contest.add_argument("--split", choices=("test", "validation"), default="test")
    contest.add_argument("--browse", choices=("validation", "test", "none"), default="validation")
    contest.add_argument("--source", action="append", default=[], help="only these sources")
    contest.add_argument("--report", type=Path, metavar="DIR", help="default: .cadrage/reports/…")
    contest.add_argument("--json", type=Path, help="write every figure to this file")
    contest.set_defaults(run=run_compare)

    behaviour = add_command(
        commands,
        "behaviour",
        "run the behavioural tests and the neutrality test alone",
        "Run the behavioural cases and the swaps of actors in templates; needs no corpus.",
        "  cadrage behaviour .cadrage/models/mine --failures",
    )
    behaviour.add_argument("model", nargs="?", metavar="MODEL", help=_MODEL)
    behaviour.add_argument("--failures", action="store_true", help="print every failed case")
    behaviour.set_defaults(run=run_behaviour)

    votes = add_command(
        commands,
        "obsinfox",
        "compare shares of sentences with the votes of OBSINFOX",
        "Rank correlation of a model's share of hedged and relayed sentences with the share of\n"
        "eight readers who said 'Reported information' and 'Sources cited'. You supply the texts\n"
        "(with their url); OBSINFOX has none.",
        "  cadrage obsinfox obsinfox.csv --texts articles.jsonl",
    )
    votes.add_argument("votes", type=Path, metavar="OBSINFOX.csv")
    votes.add_argument("--texts", type=Path, nargs="+", required=True, metavar="FILE")
    votes.add_argument("--model", metavar="MODEL", help=_MODEL)
    votes.set_defaults(run=run_obsinfox)

    noise = add_command(
        commands,
        "label-noise",
        "list the sentences on which labels and cross-validated models disagree",
        "Judge every train and validation sentence by a model that has not seen its article, and\n"
        "list where it disagrees most surely with the label. Nothing is changed. The test part is\n"
        "never read.",
        "  cadrage label-noise experiments/default.toml --most 100 > suspicions.txt",
    )
    noise.add_argument("config", type=Path, metavar="CONFIG.toml")
    noise.add_argument("--most", type=int, default=100)
    noise.add_argument("--folds", type=int, default=5)
    noise.add_argument("--json", type=Path, help="write the list, without text, to this file")
    add_data(noise)
    noise.set_defaults(run=run_label_noise)

    curve = add_command(
        commands,
        "learning-curve",
        "F1 against the number of training articles",
        "Train on growing shares of the training articles and score on validation (or test), to\n"
        "see what more annotation would bring.",
        "  cadrage learning-curve experiments/default.toml",
    )
    curve.add_argument("config", type=Path, metavar="CONFIG.toml")
    curve.add_argument("--draws", type=int, default=3)
    curve.add_argument("--on", choices=("validation", "test"), default="validation")
    curve.add_argument("--json", type=Path)
    add_data(curve)
    curve.set_defaults(run=run_learning_curve)


def run_evaluate(options: argparse.Namespace) -> int:
    """Run the suite, print the scores, write the report."""
    if options.task != "labels":
        return tasks.run_task(options)
    from classifier.assessment import evaluate_models, write_json
    from classifier.corpus.sources import working_folder
    from classifier.evaluation.report import summary_of, table_of

    report = options.report or working_folder() / "reports" / "evaluation"
    bench = None
    if options.on is not None:
        from classifier.evaluation.foreign import load_foreign

        bench = load_foreign(options.on)
    dossiers = evaluate_models(
        options.model or [None],
        data=options.data,
        bench=bench,
        suite=options.suite,
        split=options.split,
        browse="test" if bench is not None else options.browse,
        report=None if options.no_report else report,
        track=not options.no_track,
        say=say,
    )
    stream = utf8(sys.stdout)
    for dossier in dossiers:
        stream.write(f"{dossier.model.name} {dossier.model.version}, {dossier.split}\n")
        stream.write(table_of(dossier.evaluation))
        stream.write(summary_of(dossier))
    if options.json:
        write_json(dossiers, options.json)
    return 1 if any(dossier.failed for dossier in dossiers) else 0


def run_compare(options: argparse.Namespace) -> int:
    """Print the verdicts and write the sentences on which the models differ."""
    import msgspec

    from classifier.assessment import find_subject
    from classifier.corpus.sources import working_folder
    from classifier.errors import UsageError
    from classifier.evaluation.bench import load_bench
    from classifier.evaluation.contest import contest_html, contest_text, hold_contest

    if len(options.model) < 2:
        raise UsageError("compare", "one model", "two or more")
    models = {}
    for given in options.model:
        runs = [find_subject(name).subject for name in given.split(",")]
        name = f"{runs[0].info.name} {runs[0].info.sha256[:6]}"
        models[name if name not in models else f"{name} ({given})"] = runs
    contest = hold_contest(
        models,
        load_bench(options.data),
        split=options.split,
        shown=options.browse,
        sources=options.source,
    )
    utf8(sys.stdout).write(contest_text(contest))
    folder = options.report or working_folder() / "reports" / "comparison"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "comparison.html").write_text(contest_html(contest), "utf-8")
    say(f"report: {folder / 'comparison.html'}")
    if options.json:
        encoded = msgspec.json.encode(contest.as_dict())
        options.json.write_bytes(msgspec.json.format(encoded, indent=1) + b"\n")
    return 0


def run_behaviour(options: argparse.Namespace) -> int:
    """Print failure rates and flips."""
    from classifier.assessment import find_subject
    from classifier.errors import UsageError
    from classifier.evaluation.behaviour import run_behaviour as run
    from classifier.evaluation.neutrality import summarise_swaps, swap_templates
    from classifier.scoring import Scorer

    scorer = find_subject(options.model).subject
    if not isinstance(scorer, Scorer):
        raise UsageError(options.model, "a file of predictions", "a model that can be asked")
    stream = utf8(sys.stdout)
    found = run(scorer)
    for one in found.capabilities:
        stream.write(f"{one.kind:13s} {one.name:44s} {one.failed:3d} of {one.cases:3d} fail\n")
        for result in one.failures if options.failures else ():
            texts = " → ".join(result.case.texts)
            stream.write(f"    {result.case.expected} {result.label}: {texts}\n")
    stream.write(f"{len(found.failed)} of {len(found.results)} cases fail\n")
    swaps = summarise_swaps("templates", swap_templates(scorer))
    if swaps is not None:
        stream.write(
            f"{100 * swaps.flips.value:.2f} % of {swaps.swaps} swaps of actors flip a label "
            f"[{100 * swaps.flips.low:.2f}, {100 * swaps.flips.high:.2f}]\n"
        )
    return 0


def run_obsinfox(options: argparse.Namespace) -> int:
    """Print the rank correlations."""
    from classifier.assessment import find_subject
    from classifier.cli.shared import FaultList
    from classifier.errors import UsageError
    from classifier.evaluation.obsinfox import compare_votes, read_votes
    from classifier.scoring import Scorer
    from classifier.text.ingestion import read_articles

    scorer = find_subject(options.model).subject
    if not isinstance(scorer, Scorer):
        raise UsageError(options.model, "a file of predictions", "a model that can be asked")
    faults = FaultList()
    articles = read_articles(options.texts, on_fault=faults)
    votes = read_votes(options.votes)
    found = compare_votes(scorer, votes, articles)
    say(f"{found[0].articles} of {len(votes)} articles of OBSINFOX have a text here")
    for one in found:
        print(
            f"{one.vote:22s} {one.label:22s} rho {one.rho:+.3f}  p {one.p_value:.4f}  "
            f"{one.articles} articles"
        )
    return faults.exit_code


def run_label_noise(options: argparse.Namespace) -> int:
    """Print the disagreements."""
    import msgspec

    from classifier.corpus.splits import cluster_documents
    from classifier.evaluation.bench import load_bench
    from classifier.evaluation.label_noise import cross_validate, find_suspicions, listing_of
    from classifier.training import read_experiment, untrained

    experiment = read_experiment(options.config, options.data)
    bench = load_bench(options.data, experiment.sources)
    for fault in bench.missing:
        say(f"not run: {fault}")
    annotated = bench.learnable()
    cluster = {key: keys[0] for keys in cluster_documents(annotated, 0.5) for key in keys}
    data, probabilities = cross_validate(
        untrained(experiment, options.config),
        annotated,
        [cluster[one.document.key] for one in annotated],
        folds=options.folds,
        say=say,
    )
    found = find_suspicions(data, probabilities, most=options.most)
    utf8(sys.stdout).write(listing_of(found))
    if options.json:
        plain = [
            {
                name: value
                for name, value in msgspec.to_builtins(one).items()
                if name not in ("text", "before")
            }
            for one in found
        ]
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(plain), indent=1) + b"\n")
    return 0


def run_learning_curve(options: argparse.Namespace) -> int:
    """Print the curve."""
    import msgspec

    from classifier.evaluation.learning import table_of_curve, trace_learning
    from classifier.training import load_corpus, read_experiment, untrained

    experiment = read_experiment(options.config, options.data)
    corpus = load_corpus(options.data, experiment.sources)
    curve = trace_learning(
        untrained(experiment, options.config),
        corpus.train,
        corpus.validation,
        corpus.validation if options.on == "validation" else corpus.test,
        draws=options.draws,
        say=say,
    )
    utf8(sys.stdout).write(table_of_curve(curve))
    if options.json:
        encoded = msgspec.json.encode(curve.as_dict())
        options.json.write_bytes(msgspec.json.format(encoded, indent=1) + b"\n")
    return 0
