"""``cadrage corpus …``: bring, read, adjudicate, check and split annotated text."""

from __future__ import annotations

import argparse
import functools
import itertools
import sys
from pathlib import Path

from classifier.cli import exchange, hands, headlines
from classifier.cli.shared import Commands, add_command, add_data, progress, say, utf8
from classifier.errors import CadrageError, DataError, Fault, FaultsError
from classifier.records import Article

_LAYERS = ("pass_a", "pass_b", "gold")


def add_commands(commands: Commands) -> None:
    """Add the commands of this module."""
    corpus = commands.add_parser(
        "corpus",
        help="bring, annotate, check, split and export annotated text",
        description="Everything about annotated text. Annotations are stand-off: offsets and\n"
        "labels, no text. The text of public sources is brought by 'cadrage corpus fetch'.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parts = corpus.add_subparsers(dest="part", metavar="PART", required=True)

    fetch = add_command(
        parts,
        "fetch",
        "bring a public source's text and verify it",
        "Bring the text of a public source from its repository at a fixed commit, or from a\n"
        "local copy, and compare every annotated document with its SHA-256.",
        "  cadrage corpus fetch orangesum\n  cadrage corpus fetch orangesum --from ~/OrangeSum",
    )
    fetch.add_argument("source", metavar="SOURCE", nargs="+")
    fetch.add_argument("--from", dest="directory", type=Path, metavar="DIR", help="a local copy")
    fetch.set_defaults(run=run_fetch)

    validate = add_command(
        parts,
        "validate",
        "check annotation files, all faults at once",
        "Check stand-off files: form, offsets, devices, depth, double documents; and, where the\n"
        "text is here, its hash. Without files, everything in data/.",
        "  cadrage corpus validate\n  cadrage corpus validate mine.jsonl",
    )
    validate.add_argument("files", nargs="*", type=Path, metavar="FILE")
    validate.set_defaults(run=run_validate)

    agreement = add_command(
        parts,
        "agreement",
        "how far two annotation passes agree, before adjudication",
        "Cohen's kappa per label, Krippendorff's alpha, span agreement, device confusion and\n"
        "depth agreement of the two passes, each with an interval over articles.",
        "  cadrage corpus agreement\n  cadrage corpus agreement --source orangesum",
    )
    agreement.add_argument("--source", action="append", help="default: all, and each apart")
    agreement.set_defaults(run=run_agreement)

    draw = add_command(
        parts,
        "draw",
        "draw documents to read, as batches of reading sheets",
        "Draw documents by a plan (TOML) and write, per batch, a plan file and reading sheets.",
        "  cadrage corpus draw experiments/corpus/orangesum.toml --out .cadrage/reading",
    )
    draw.add_argument("plan", type=Path, metavar="PLAN.toml")
    draw.add_argument("--out", type=Path, default=Path(".cadrage/reading"))
    draw.set_defaults(run=run_draw)

    collect = add_command(
        parts,
        "collect",
        "turn an annotator's answers into a stand-off pass",
        "Turn answer files written from reading sheets into one batch of a pass. Words that do\n"
        "not stand in the sentence, unread documents and missing depths are all reported.",
        "  cadrage corpus collect .cadrage/reading/orangesum-b01.plan.jsonl answers/a/*.ann \\\n"
        "      --out data/orangesum/pass_a/b01.jsonl",
    )
    collect.add_argument("plan", type=Path, metavar="BATCH.plan.jsonl")
    collect.add_argument("answers", type=Path, nargs="+", metavar="ANSWERS.ann")
    collect.add_argument("--out", type=Path, required=True)
    collect.set_defaults(run=run_collect)

    disputes = add_command(
        parts,
        "disputes",
        "write the sheet of all units on which two passes differ",
        "Write every unit on which the two passes of a source differ, with what both say, for a\n"
        "third reading.",
        "  cadrage corpus disputes orangesum > disputes.txt",
    )
    disputes.add_argument("source")
    disputes.add_argument("--batch", action="append", help="only these batches, such as b01")
    disputes.set_defaults(run=run_disputes)

    adjudicate = add_command(
        parts,
        "adjudicate",
        "write gold from two passes and a third reading of disputes",
        "Write the gold of a source's batches from both passes and the third reading.",
        "  cadrage corpus adjudicate orangesum decisions/*.ann",
    )
    adjudicate.add_argument("source")
    adjudicate.add_argument("decisions", type=Path, nargs="*", metavar="DECISIONS.ann")
    adjudicate.add_argument("--batch", action="append", help="only these batches, such as b01")
    adjudicate.set_defaults(run=run_adjudicate)

    audit = add_command(
        parts,
        "audit",
        "correct gold by a rereading of suspected labels, and record what was wrong",
        "Apply a rereading of what 'cadrage label-noise' lists: '12 | keep', '12 | none' or the\n"
        "unit's full answer. Train and validation only. data/audit.json records, without text,\n"
        "what was reread and what was wrong.",
        "  cadrage corpus audit decisions.ann",
    )
    audit.add_argument("verdicts", type=Path, metavar="DECISIONS.ann")
    audit.set_defaults(run=run_audit)

    split = add_command(
        parts,
        "split",
        "deal documents to train, validation and test",
        "Deal the annotated documents to splits: groups and near-duplicates stay together, test\n"
        "holds the newest dates of OrangeSum, and labels and devices are spread evenly.",
        "  cadrage corpus split --newest orangesum=2020-05-01",
    )
    split.add_argument("--seed", type=int, default=20261122)
    split.add_argument(
        "--similarity",
        type=float,
        default=0.2,
        help="Jaccard similarity of word 5-grams from which two documents stay together",
    )
    split.add_argument(
        "--newest",
        action="append",
        default=[],
        metavar="SOURCE=DATE",
        help="test holds this source's documents from this date on",
    )
    split.add_argument(
        "--train",
        action="append",
        default=[],
        metavar="SOURCE/BATCH",
        help="this batch is train: added later, it moves nothing else",
    )
    split.add_argument(
        "--validation",
        action="append",
        default=[],
        metavar="SOURCE/BATCH",
        help="this batch alone is validation: one that nobody who writes rules has read",
    )
    split.add_argument("--check", action="store_true", help="only check the splits that are there")
    split.set_defaults(run=run_split)

    add_data(fetch, validate, agreement, draw, collect, disputes, adjudicate, audit, split)
    exchange.add_commands(parts)
    headlines.add_commands(parts)
    hands.add_commands(parts)


def run_fetch(options: argparse.Namespace) -> int:
    """Bring sources and list what does not match."""
    from classifier.corpus.annotations import read_annotations
    from classifier.corpus.dataset import annotation_files
    from classifier.corpus.sources import fetch

    faults: list[Fault] = []
    for source in options.source:
        files = annotation_files(options.data, source)
        documents = read_annotations(files) if files else []
        with progress(f"fetching {source}") as show:
            report = fetch(
                source,
                documents,
                directory=options.directory,
                progress=show,
            )
        faults += report.faults
        print(
            f"{source}: {report.articles:,} articles in {report.path}, {report.verified:,} of "
            f"{len(documents):,} annotated documents verified"
        )
    if faults:
        raise FaultsError(faults)
    return 0


def run_validate(options: argparse.Namespace) -> int:
    """Check files and report every fault of all of them."""
    from classifier.corpus.annotations import join_text, read_annotations
    from classifier.corpus.dataset import annotation_files
    from classifier.corpus.negatives import check_negatives
    from classifier.corpus.sources import list_sources, load_text

    if options.files:
        groups = [options.files]
    else:
        groups = [
            files
            for source in list_sources(options.data)
            for layer in _LAYERS
            if (files := annotation_files(options.data, source, layer))
        ]
    faults: list[Fault] = []
    checked = documents = units = 0
    absent: set[str] = set()

    @functools.cache
    def texts(source: str) -> dict[str, Article] | None:
        try:
            return load_text(source, options.data)
        except CadrageError:
            return None

    for files in groups:
        try:
            read = read_annotations(files)
        except FaultsError as error:
            faults += error.faults
            continue
        checked += len(files)
        documents += len(read)
        units += sum(len(document.sentences) for document in read)
        for document in read:
            text = texts(document.source)
            if text is None:
                absent.add(document.source)
                continue
            try:
                if document.id not in text:
                    raise DataError(document.key, "no text", "the annotated text")
                join_text(document, text[document.id])
            except DataError as error:
                faults.append(error.fault)
    if not options.files:
        faults += check_negatives(options.data)
    if faults:
        raise FaultsError(faults)
    print(f"{checked} files, {documents:,} documents, {units:,} units: no fault")
    for source in sorted(absent):
        print(f"text of {source} not here, hashes not checked: cadrage corpus fetch {source}")
    return 0


def run_agreement(options: argparse.Namespace) -> int:
    """Print the agreement of the two passes."""
    from classifier.corpus.agreement import measure_agreement
    from classifier.corpus.annotations import read_annotations
    from classifier.corpus.dataset import annotation_files
    from classifier.corpus.passes import agreement_table
    from classifier.corpus.sources import list_sources

    sources = options.source or [
        name
        for name in list_sources(options.data)
        if annotation_files(options.data, name, "pass_a")
    ]
    passes = [
        [read_annotations(annotation_files(options.data, source, layer)) for source in sources]
        for layer in ("pass_a", "pass_b")
    ]
    stream = utf8(sys.stdout)
    first, second = passes
    if len(sources) > 1:
        whole = measure_agreement(*(list(itertools.chain(*one)) for one in passes))
        stream.write(agreement_table("all sources", whole))
    for source, one, other in zip(sources, first, second, strict=True):
        stream.write(agreement_table(source, measure_agreement(one, other)))
    return 0


def run_draw(options: argparse.Namespace) -> int:
    """Draw batches and write plans and sheets."""
    from classifier.corpus.annotations import join_text, write_annotations
    from classifier.corpus.selection import draw_plan, read_plan
    from classifier.corpus.sheets import drawn_from, write_sheet
    from classifier.corpus.sources import load_text

    plan = read_plan(options.plan)
    articles = load_text(plan.source, options.data)
    for batch in draw_plan(options.plan, articles):
        name = f"{plan.source}-{batch[0].batch}"
        write_annotations(batch, options.out / f"{name}.plan.jsonl")
        drawn = drawn_from(join_text(document, articles[document.id]) for document in batch)
        (options.out / f"{name}.sheet.txt").write_text(write_sheet(drawn), "utf-8")
        units = sum(len(document.sentences) for document in batch)
        print(f"{name}: {len(batch)} documents, {units:,} units")
    return 0


def run_collect(options: argparse.Namespace) -> int:
    """Write one batch of a pass."""
    from classifier.corpus.annotations import join_text, read_annotations, write_annotations
    from classifier.corpus.sheets import drawn_from, read_answers
    from classifier.corpus.sources import load_text

    plan = read_annotations([options.plan])
    articles = load_text(plan[0].source, options.data)
    drawn = drawn_from(join_text(document, articles[document.id]) for document in plan)
    marks = read_answers(options.answers, drawn)
    write_annotations(marks, options.out)
    print(f"{options.out}: {len(marks)} documents")
    return 0


def run_disputes(options: argparse.Namespace) -> int:
    """Print the dispute sheet."""
    from classifier.corpus.adjudication import disputes, write_disputes
    from classifier.corpus.passes import load_pairs

    pairs = load_pairs(options.data, options.source, options.batch)
    utf8(sys.stdout).write(write_disputes(pairs))
    say(f"{sum(len(disputes(pair)) for pair in pairs)} disputed units")
    return 0


def run_adjudicate(options: argparse.Namespace) -> int:
    """Write gold, batch by batch."""
    from classifier.corpus.passes import write_gold

    for path, documents, disputed in write_gold(
        options.data, options.source, options.decisions, options.batch
    ):
        print(f"{path}: {documents} documents, {disputed} units read a third time")
    return 0


def run_audit(options: argparse.Namespace) -> int:
    """Correct gold and print the share of reread labels that were wrong."""
    import msgspec

    from classifier.corpus.annotations import read_annotations, write_annotations
    from classifier.corpus.audit import AuditRecord, apply_verdicts, read_audit, read_verdicts
    from classifier.corpus.dataset import annotated_sources, annotation_files, load_gold
    from classifier.corpus.splits import read_splits

    sources = annotated_sources(options.data)
    annotated = {one.document.key: one for one in load_gold(options.data, sources)}
    verdicts = read_verdicts(options.verdicts, annotated)
    test = set(read_splits(options.data / "splits.json").keys("test"))
    if test & verdicts.keys():
        raise FaultsError(
            [
                Fault(
                    key,
                    "a document of the test part",
                    "train or validation only",
                    "A test label changes only by rereading blind to the model.",
                )
                for key in sorted(test & verdicts.keys())
            ]
        )
    found = AuditRecord({}, {})
    for source in sources:
        for path in annotation_files(options.data, source):
            corrected, record = apply_verdicts(read_annotations([path]), verdicts)
            if record.changed:
                write_annotations(corrected, path)
            found |= record
    kept = options.data / "audit.json"
    whole = msgspec.json.encode(read_audit(kept) | found, order="sorted")
    kept.write_bytes(msgspec.json.format(whole, indent=1) + b"\n")
    total, wrong = (sum(map(len, part.values())) for part in (found.reread, found.changed))
    print(f"{total} suspected units reread, {wrong} corrected")
    return 0


def run_split(options: argparse.Namespace) -> int:
    """Make or check the splits."""
    from classifier.corpus.dataset import annotated_sources, load_gold
    from classifier.corpus.passes import read_newest
    from classifier.corpus.splits import (
        check_splits,
        make_splits,
        read_splits,
        repeated_sentences,
        write_splits,
    )

    annotated = load_gold(options.data, annotated_sources(options.data))
    path = options.data / "splits.json"
    if options.check:
        manifest = read_splits(path)
    else:
        manifest = make_splits(
            annotated,
            seed=options.seed,
            similarity=options.similarity,
            newest=read_newest(options.newest),
            validation=options.validation,
            train=options.train,
        )
    check_splits(manifest, annotated)
    if not options.check:
        write_splits(manifest, path)
    for name in ("train", "validation", "test"):
        keys = set(manifest.keys(name))
        units = sum(len(one.sentences) for one in annotated if one.document.key in keys)
        print(f"{name}: {len(keys)} documents, {units:,} units")
    repeated = repeated_sentences(manifest, annotated)
    print(f"{len(repeated)} test sentences stand word for word elsewhere and are left out of test")
    return 0
