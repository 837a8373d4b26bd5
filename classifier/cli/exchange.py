"""``cadrage corpus stats|export|import``: the corpus in tables, and to and from other tools."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from classifier.cli.shared import Commands, add_command, add_data, say, utf8
from classifier.errors import DataError, Fault, FaultsError, UsageError

_LAYERS = ("gold", "pass_a", "pass_b")
_FORMATS = ("huggingface", "label-studio")


def add_commands(parts: Commands) -> None:
    """Add these commands to ``cadrage corpus``."""
    stats = add_command(
        parts,
        "stats",
        "print what the corpus holds, and draw it",
        "Print tables of sizes, labels, devices, depths, natural rates, lengths, labels together,\n"
        "topics and years, from the annotations alone; with --plots, save pictures (PNG).",
        "  cadrage corpus stats\n  cadrage corpus stats --source orangesum --plots plots/",
    )
    stats.add_argument("--plots", type=Path, metavar="DIR", help="save pictures in this folder")
    stats.set_defaults(run=run_stats)

    export = add_command(
        parts,
        "export",
        "write the corpus for Hugging Face datasets or Label Studio",
        "huggingface: a DatasetDict on disk, Parquet and a dataset card, one row a sentence.\n"
        "label-studio: tasks with pre-annotations and the labelling interface; with --unread,\n"
        "tasks without labels for the articles that no one has annotated yet.",
        "  cadrage corpus export --to .cadrage/hub --without-text\n"
        "  cadrage corpus export --to tasks --format label-studio --source written\n"
        "  cadrage corpus export --to tasks --format label-studio --source mine --unread",
    )
    export.add_argument("--to", type=Path, required=True, metavar="DIR", help="a new folder")
    export.add_argument("--format", choices=_FORMATS, default="huggingface")
    export.add_argument(
        "--without-text", action="store_true", help="stand-off only, which may be published"
    )
    export.add_argument(
        "--unread", action="store_true", help="articles without annotation, to be annotated"
    )
    export.set_defaults(run=run_export)

    for one in (stats, export):
        one.add_argument("--source", action="append", help="default: all that are annotated")
        one.add_argument("--layer", choices=_LAYERS, default="gold", help="default: gold")

    bring = add_command(
        parts,
        "import",
        "turn Label Studio's export into stand-off annotations",
        "Turn Label Studio's JSON export of our tasks into a stand-off file. Every task that does\n"
        "not hold together is reported; nothing is written unless all do.",
        "  cadrage corpus import project-1.json --source mine --out data/mine/gold/b01.jsonl",
    )
    bring.add_argument("file", type=Path, metavar="EXPORT.json")
    bring.add_argument("--source", required=True, help="the source that the tasks are of")
    bring.add_argument("--out", type=Path, required=True, metavar="FILE.jsonl")
    bring.add_argument(
        "--annotator", default="", help="number or address, where several worked on the same tasks"
    )
    bring.set_defaults(run=run_import)

    add_data(stats, export, bring)


def _sources(options: argparse.Namespace) -> list[str]:
    from classifier.corpus.dataset import annotation_files
    from classifier.corpus.sources import list_sources

    sources = options.source or [
        name
        for name in list_sources(options.data)
        if annotation_files(options.data, name, options.layer)
    ]
    if not sources:
        raise DataError(f"{options.data}/*/{options.layer}", "no file", "annotations")
    return list(dict.fromkeys(sources))


def run_stats(options: argparse.Namespace) -> int:
    """Print the tables and save the pictures."""
    from classifier.corpus.exchange import read_assignment, read_layer
    from classifier.corpus.negatives import FILE, read_negatives
    from classifier.corpus.overview import list_units, make_tables, negative_table

    documents = read_layer(options.data, _sources(options), options.layer)
    assignment = read_assignment(options.data)
    tables = make_tables(documents, assignment)
    negatives = options.data / FILE
    if options.layer == "gold" and not options.source and negatives.exists():
        tables.append(negative_table(read_negatives(negatives, documents), assignment))
    utf8(sys.stdout).write("\n".join(table.as_text() for table in tables))
    if options.plots:
        from classifier.evaluation.corpus_plots import save_plots

        for path in save_plots(list_units(documents, assignment), options.plots):
            say(f"saved {path}")
    return 0


def run_export(options: argparse.Namespace) -> int:
    """Write the corpus in another tool's form."""
    from classifier.corpus.exchange import gather, list_unread, third_party_sources

    if options.format == "huggingface" and options.unread:
        raise UsageError("--unread", "--format huggingface", "--format label-studio")
    if options.format == "label-studio" and options.without_text:
        raise UsageError("--without-text", "--format label-studio", "--format huggingface")
    if options.unread and not options.source:
        raise UsageError("--unread", "no --source", "the source to be annotated")
    if options.unread:
        outgoing = [one for name in options.source for one in list_unread(options.data, name)]
    else:
        outgoing = gather(
            options.data, _sources(options), layer=options.layer, text=not options.without_text
        )
    if options.format == "huggingface":
        from classifier.corpus.exchange_datasets import write_datasets

        for split, rows in write_datasets(outgoing, options.to, options.data).items():
            print(f"{split}: {rows:,} rows")
        absent = {one.document.source for one in outgoing if one.joined is None}
        for source in sorted(absent if not options.without_text else ()):
            say(f"text of {source} not here: its rows are stand-off only")
    else:
        from classifier.corpus.label_studio import write_tasks

        layer = "" if options.unread else options.layer
        for path, tasks in write_tasks(outgoing, options.to, options.data, layer=layer).items():
            print(f"{path}: {tasks:,} tasks")
    if others := third_party_sources(outgoing, options.data):
        say(
            f"cadrage: {options.to} holds text of third parties ({', '.join(others)}): work with "
            "it here, and do not publish it"
        )
    return 0


def run_import(options: argparse.Namespace) -> int:
    """Write stand-off annotations from Label Studio's export."""
    from classifier.corpus.annotations import join_text, write_annotations
    from classifier.corpus.label_studio_import import read_export
    from classifier.corpus.sources import find_source, load_text, text_path

    find_source(options.source, options.data)
    documents = read_export(options.file, options.source, annotator=options.annotator)
    here = text_path(options.source, options.data).exists()
    articles = load_text(options.source, options.data) if here else {}
    faults: list[Fault] = []
    for document in documents if here else []:
        try:
            if document.id not in articles:
                raise DataError(document.key, "no text", "the text of the tasks")
            join_text(document, articles[document.id])
        except DataError as error:
            faults.append(error.fault)
    if faults:
        raise FaultsError(faults)
    write_annotations(documents, options.out)
    units = sum(len(document.sentences) for document in documents)
    print(f"{options.out}: {len(documents)} documents, {units:,} units")
    if not here:
        say(f"text of {options.source} not here, hashes not checked")
    return 0
