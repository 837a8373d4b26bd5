"""Splits: by group and near-duplicate cluster, newest dates in test, stratified over all labels.

scikit-learn has no splitter for this (``StratifiedGroupKFold`` refuses multi-label targets), so
groups are dealt one by one to the split that lacks their rarest labels most, after K. Sechidis et
al., On the Stratification of Multi-Label Data (2011), with groups in place of single examples.
"""

from __future__ import annotations

import hashlib
import itertools
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from classifier.corpus.annotations import AnnotatedArticle, DocumentMark
from classifier.corpus.sources import SOURCES
from classifier.errors import DataError, Fault, FaultsError, MissingExtraError, UsageError
from classifier.records import FIELDS

SPLITS = ("train", "validation", "test")
_SHINGLE = 5
_PERMUTATIONS = 128
# Stricter than the check that refuses an evaluation (CAD002: 20 runs, 20 %).
_PASSAGE = 8
_PASSAGES = 15
_PASSAGE_SHARE = 0.1
_WORD = re.compile(r"\w+")


class SplitManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which document stands in which split.

    Attributes:
        similarity: estimated Jaccard similarity from which two documents are one cluster.
        newest: source → first date of its test part, where test holds the newest dates.
        validation: batches (``source/b12``) that are the validation part, where there are any.
        train: batches that came later and are train, so that the others stay where they are.
        clusters: groups and near-duplicates that must not part, those of two or more documents.
        assignment: document key → split.
        sha256: of everything above.
    """

    seed: int
    similarity: float
    shares: dict[str, float]
    newest: dict[str, str]
    clusters: tuple[tuple[str, ...], ...]
    assignment: dict[str, str]
    validation: tuple[str, ...] = ()
    train: tuple[str, ...] = ()
    sha256: str = ""

    def keys(self, split: str) -> list[str]:
        """Return the keys of a split's documents, sorted."""
        return sorted(key for key, name in self.assignment.items() if name == split)


def make_splits(
    annotated: Sequence[AnnotatedArticle],
    *,
    seed: int = 20261122,
    similarity: float = 0.5,
    shares: Mapping[str, float] | None = None,
    newest: Mapping[str, str] | None = None,
    validation: Iterable[str] = (),
    train: Iterable[str] = (),
) -> SplitManifest:
    """Deal documents to train, validation and test.

    Args:
        annotated: every annotated document with its text.
        similarity: in (0, 1]; near-duplicates above it stay together.
        shares: share of each split; test-only sources stand outside it.
        newest: source → date (``2020-05-01``): its documents from that date on are test.
        validation: batches (``source/b12``) that alone are validation. What would have been dealt
            to validation besides is train: the author of a lexicon has read it, so that it would
            flatter the model that it calibrates.
        train: batches that are train whatever else they are: added later, they leave every other
            document where it was.

    Raises:
        UsageError: ``newest``, ``validation`` or ``train`` names what has no document here.
        MissingExtraError: the MinHash library is not installed.
    """
    shares = dict(shares or {"train": 0.62, "validation": 0.16, "test": 0.22})
    newest = dict(newest or {})
    for source in newest.keys() - {one.document.source for one in annotated}:
        raise UsageError("newest dates of", repr(source), "a source that is annotated")
    validation, train = tuple(sorted(validation)), tuple(sorted(train))
    batches = {f"{one.document.source}/{one.document.batch}" for one in annotated}
    for batch in {*validation, *train} - batches:
        raise UsageError("named batch", repr(batch), "a batch that is annotated: source/b12")
    clusters = cluster_documents(annotated, similarity)
    marks = {one.document.key: one.document for one in annotated}
    assignment: dict[str, str] = {}
    free: dict[bool, list[tuple[str, ...]]] = {True: [], False: []}
    for cluster in clusters:
        members = [marks[key] for key in cluster]
        if any(_forced_to_test(mark, newest) for mark in members):
            assignment.update(dict.fromkeys(cluster, "test"))
        elif any(f"{mark.source}/{mark.batch}" in validation for mark in members):
            assignment.update(dict.fromkeys(cluster, "validation"))
        elif all(f"{mark.source}/{mark.batch}" in train for mark in members):
            assignment.update(dict.fromkeys(cluster, "train"))
        else:
            # A dated source has its test part already: what is left is train and validation.
            free[all(mark.source in newest for mark in members)].append(cluster)
    learning = {name: share for name, share in shares.items() if name != "test"}
    dealt = _deal(free[True], marks, learning, seed) | _deal(free[False], marks, shares, seed)
    if validation:
        dealt = {key: "train" if name == "validation" else name for key, name in dealt.items()}
    assignment |= dealt
    manifest = SplitManifest(
        seed,
        similarity,
        shares,
        newest,
        tuple(cluster for cluster in clusters if len(cluster) > 1),
        dict(sorted(assignment.items())),
        validation,
        train,
    )
    return msgspec.structs.replace(manifest, sha256=_digest(manifest))


def _forced_to_test(mark: DocumentMark, newest: Mapping[str, str]) -> bool:
    if SOURCES[mark.source].test_only if mark.source in SOURCES else False:
        return True
    return mark.source in newest and mark.date >= newest[mark.source]


def cluster_documents(
    annotated: Sequence[AnnotatedArticle], similarity: float
) -> list[tuple[str, ...]]:
    """Return the documents in clusters: same group, or near-duplicate text.

    MinHash over word 5-grams with locality-sensitive hashing (datasketch), and shared agency
    copy: a short text inside a long one is near to it, though their Jaccard similarity is small.
    Single linkage: if A is close to B and B to C, all three stay together.
    """
    try:
        from datasketch import MinHash, MinHashLSH
    except ImportError:
        raise MissingExtraError("clustering near-duplicates", "train") from None
    parent = {one.document.key: one.document.key for one in annotated}

    def find(key: str) -> str:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    index = MinHashLSH(threshold=similarity, num_perm=_PERMUTATIONS)
    groups: dict[str, str] = {}
    for one in annotated:
        key = one.document.key
        sketch = MinHash(num_perm=_PERMUTATIONS, seed=1)
        sketch.update_batch([shingle.encode() for shingle in shingles(one)])
        for other in index.query(sketch):
            parent[find(key)] = find(other)
        index.insert(key, sketch)
        if one.document.group:
            group = f"{one.document.source}/{one.document.group}"
            first = groups.setdefault(group, key)
            parent[find(key)] = find(first)
    for first_key, second_key in _shared_passages(annotated):
        parent[find(first_key)] = find(second_key)
    clusters: dict[str, list[str]] = {}
    for key in sorted(parent):
        clusters.setdefault(find(key), []).append(key)
    return sorted(tuple(sorted(cluster)) for cluster in clusters.values())


def _shared_passages(annotated: Sequence[AnnotatedArticle]) -> Iterator[tuple[str, str]]:
    """Yield pairs of documents whose shorter one takes a tenth or more from the other."""
    holders: dict[int, list[int]] = {}
    sizes = []
    for number, one in enumerate(annotated):
        text = " ".join(one.article.content(field) for field in FIELDS)
        words = _WORD.findall(text.lower())
        runs = {
            hash(tuple(words[start : start + _PASSAGE]))
            for start in range(len(words) - _PASSAGE + 1)
        }
        sizes.append(len(runs))
        for run in runs:
            holders.setdefault(run, []).append(number)
    shared: Counter[tuple[int, ...]] = Counter()
    for numbers in holders.values():
        shared.update(itertools.combinations(numbers, 2))
    for (first, second), count in shared.items():
        if count >= _PASSAGES and count >= _PASSAGE_SHARE * min(sizes[first], sizes[second]):
            yield annotated[first].document.key, annotated[second].document.key


def shingles(one: AnnotatedArticle) -> set[str]:
    """Return the word 5-grams of a whole document, lower case; of a shorter one, all its words."""
    text = " ".join(one.article.content(field) for field in FIELDS)
    words = _WORD.findall(text.lower())
    if len(words) < _SHINGLE:
        return {" ".join(words)}
    return {" ".join(words[start : start + _SHINGLE]) for start in range(len(words) - _SHINGLE + 1)}


def _traits(mark: DocumentMark) -> Counter[str]:
    """Count what should be spread evenly: sentences, labels, devices, depth, stratum."""
    traits: Counter[str] = Counter()
    traits[f"source:{mark.source}"] += 1
    traits[f"random:{mark.selection == 'random'}:{mark.source}"] += 1
    for sentence in mark.sentences:
        traits["sentences"] += 1
        for name, label in sentence.labels.items():
            traits[name] += 1
            for device in label.devices:
                traits[f"{name}.{device}"] += 1
            if label.depth is not None and label.depth >= 3:
                traits["deep"] += 1
    return traits


def _deal(
    clusters: list[tuple[str, ...]],
    marks: Mapping[str, DocumentMark],
    shares: Mapping[str, float],
    seed: int,
) -> dict[str, str]:
    whole = sum(shares.values())
    traits = {
        cluster: sum((_traits(marks[key]) for key in cluster), Counter()) for cluster in clusters
    }
    total: Counter[str] = sum(traits.values(), Counter())
    wanted = {
        name: {trait: count * share / whole for trait, count in total.items()}
        for name, share in shares.items()
    }
    order = list(clusters)
    random.Random(seed).shuffle(order)
    # Those that hold the rarest traits are dealt first, while every split still has room.
    order.sort(key=lambda cluster: min((total[trait] for trait in traits[cluster]), default=0))
    assignment = {}
    for cluster in order:

        def lack(name: str, of: Counter[str] = traits[cluster]) -> float:
            return sum(
                count
                * wanted[name].get(trait, 0.0)
                / (total[trait] * shares[name] / whole)
                / total[trait]
                for trait, count in of.items()
            )

        best = max(shares, key=lambda name: (lack(name), name))
        assignment.update(dict.fromkeys(cluster, best))
        for trait, count in traits[cluster].items():
            wanted[best][trait] -= count
    return assignment


def _digest(manifest: SplitManifest) -> str:
    plain = msgspec.structs.replace(manifest, sha256="")
    return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()


def write_splits(manifest: SplitManifest, path: Path) -> None:
    """Write the manifest as JSON, one document a line, so that a change shows in a diff."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")


def read_splits(path: Path) -> SplitManifest:
    """Read the split manifest and check its hash.

    Raises:
        DataError: missing, broken, or changed by hand.
    """
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=SplitManifest)
    except OSError:
        raise DataError(
            str(path), "no file", "a split manifest", "Make one with: cadrage corpus split"
        ) from None
    except msgspec.DecodeError as error:
        raise DataError(str(path), str(error), "a split manifest") from None
    found = _digest(manifest)
    if found != manifest.sha256:
        raise DataError(
            str(path),
            f"SHA-256 {manifest.sha256[:16]}…",
            f"{found[:16]}… for this content",
            "Splits are not edited by hand; make them again with: cadrage corpus split",
        )
    return manifest


def check_splits(manifest: SplitManifest, annotated: Sequence[AnnotatedArticle]) -> None:
    """Refuse splits that leak: a cluster on two sides, a document on none, tests in training.

    Raises:
        FaultsError: every fault found.
    """
    faults = []
    for one in annotated:
        split = manifest.assignment.get(one.document.key)
        if split not in SPLITS:
            faults.append(
                Fault(one.document.key, f"split {split!r}", f"one of {', '.join(SPLITS)}")
            )
        elif split != "test" and _forced_to_test(one.document, manifest.newest):
            reason = "test: a source for tests only, or among the newest of its source"
            faults.append(Fault(one.document.key, f"split {split!r}", reason))
    for cluster in cluster_documents(annotated, manifest.similarity):
        sides = {manifest.assignment.get(key) for key in cluster}
        if len(sides) > 1:
            faults.append(
                Fault(
                    ", ".join(cluster),
                    f"near-duplicates in {' and '.join(map(str, sides))}",
                    "all in one split",
                    "Make the splits again: cadrage corpus split",
                )
            )
    if faults:
        raise FaultsError(faults)


def repeated_sentences(
    manifest: SplitManifest, annotated: Iterable[AnnotatedArticle]
) -> set[tuple[str, int]]:
    """Return (document key, sentence index) of test sentences that stand word for word elsewhere.

    Case, spacing and punctuation aside; of four words or more. They are left out of test scores.
    """
    elsewhere: set[str] = set()
    inside: dict[str, list[tuple[str, int]]] = {}
    for one in annotated:
        split = manifest.assignment.get(one.document.key)
        for sentence in one.sentences:
            words = _WORD.findall(sentence.text.lower())
            if len(words) < 4:
                continue
            plain = " ".join(words)
            if split == "test":
                inside.setdefault(plain, []).append((one.document.key, sentence.index))
            else:
                elsewhere.add(plain)
    return {place for plain, places in inside.items() if plain in elsewhere for place in places}
