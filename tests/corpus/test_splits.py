"""Splits: nothing that belongs together parts, test is newest, every label is everywhere."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.corpus.annotations import AnnotatedArticle, LabelMark
from classifier.corpus.splits import (
    SPLITS,
    SplitManifest,
    check_splits,
    cluster_documents,
    make_splits,
    read_splits,
    repeated_sentences,
    shingles,
    write_splits,
)
from classifier.errors import DataError, FaultsError, UsageError

from .samples import HEDGING, RELAY, THREAT, annotate, article, hedge, relay, threat

VILLAGES = ("Valmer", "Brenne", "Karvel", "Morel", "Sorel", "Talmont", "Cerny", "Vars")
ACTS = ("rouvre", "ferme", "vend", "repeint", "déplace", "inaugure", "démolit")
THINGS = ("la halle", "le pont", "la gare", "le stade", "la digue")


def news(number: int, labels: dict[str, LabelMark] | None = None, **more: str) -> AnnotatedArticle:
    """An article unlike the others, one unit of which carries the labels."""
    village, act, thing = (
        VILLAGES[number % 8],
        ACTS[number % 7],
        THINGS[number % 5],
    )
    text = article(
        f"n{number:03d}",
        f"La commune numéro {number} de {village} {act} {thing} au mois {number * 17 % 101}.",
        f"Le conseil {number * 31 % 97} a voté ; {thing} {act} {number * 7 % 89} {village}.",
        f"Dossier {number * 13 % 83}, dit {village} en {number * 11 % 79}.",
    )
    return annotate(text, {1: labels or {}}, **more)


def corpus(count: int = 60) -> list[AnnotatedArticle]:
    """One article in three hedges, one in five relays, one in six threatens."""
    made = []
    for number in range(count):
        labels: dict[str, LabelMark] = {}
        if number % 3 == 0:
            labels |= hedge()
        if number % 5 == 0:
            labels |= relay(3 if number % 10 == 0 else 1)
        if number % 6 == 0:
            labels |= threat((0, 2, "red_line" if number % 12 == 0 else "veiled"))
        date = f"20{10 + number % 12}-03-01"
        made.append(news(number, labels, date=date))
    return made


CORPUS = corpus()


def reprint(one: AnnotatedArticle, name: str, source: str = "gazette") -> AnnotatedArticle:
    """The same news in another paper: one word changed, one sentence added."""
    sentences = one.article.sentences or ()
    changed = (sentences[0].replace("commune", "ville"), *sentences[1:], "Avec les agences.")
    return annotate(article(name, *changed), source=source)


def split_of(manifest: SplitManifest, one: AnnotatedArticle) -> str:
    return manifest.assignment[one.document.key]


def test_every_document_stands_in_one_split_and_shares_are_kept() -> None:
    manifest = make_splits(CORPUS)
    assert set(manifest.assignment) == {one.document.key for one in CORPUS}
    sizes = Counter(manifest.assignment.values())
    # 0.62, 0.16 and 0.22 of 60 documents: 37, 10 and 13, a few more or less.
    assert abs(sizes["train"] - 37) <= 4
    assert abs(sizes["validation"] - 10) <= 4
    assert abs(sizes["test"] - 13) <= 4
    assert manifest == make_splits(CORPUS)
    assert manifest.assignment != make_splits(CORPUS, seed=1).assignment
    check_splits(manifest, CORPUS)


def labels_of(documents: list[AnnotatedArticle]) -> set[str]:
    return {name for one in documents for mark in one.document.sentences for name in mark.labels}


@pytest.mark.parametrize("seed", range(8))
def test_every_label_and_device_stands_in_every_split(seed: int) -> None:
    manifest = make_splits(CORPUS, seed=seed)
    for split in SPLITS:
        members = [one for one in CORPUS if split_of(manifest, one) == split]
        assert labels_of(members) == {HEDGING, RELAY, THREAT}
        devices = {
            device
            for one in members
            for mark in one.document.sentences
            if THREAT in mark.labels
            for device in mark.labels[THREAT].devices
        }
        assert devices == {"red_line", "veiled"}


@pytest.mark.parametrize("seed", range(8))
def test_a_label_in_three_documents_only_stands_once_in_each_split(seed: int) -> None:
    rare = [
        news(
            number,
            (threat() if number in (11, 22, 33) else {})
            | (hedge() if number % 3 == 0 else {})
            | (relay() if number % 4 == 0 else {}),
        )
        for number in range(60)
    ]
    manifest = make_splits(rare, seed=seed)
    assert {split_of(manifest, rare[number]) for number in (11, 22, 33)} == set(SPLITS)


# --- what belongs together -------------------------------------------------------------------


def test_reprints_stay_together_across_sources() -> None:
    copies = [reprint(CORPUS[7], "copy"), reprint(CORPUS[7], "copy", source="echo")]
    everything = [*CORPUS, *copies]
    clusters = cluster_documents(everything, 0.5)
    assert ("echo/copy", "gazette/copy", "gazette/n007") in clusters
    assert sum(map(len, clusters)) == len(everything)
    for seed in range(5):
        manifest = make_splits(everything, seed=seed)
        assert len({split_of(manifest, one) for one in (CORPUS[7], *copies)}) == 1
        assert manifest.clusters == (("echo/copy", "gazette/copy", "gazette/n007"),)


def test_groups_stay_together_within_a_source() -> None:
    pair = [news(200, hedge(), group="p1"), news(301, group="p1")]
    stranger = news(402, source="echo", group="p1")
    clusters = cluster_documents([*CORPUS, *pair, stranger], 0.5)
    assert ("gazette/n200", "gazette/n301") in clusters
    assert ("echo/n402",) in clusters


def test_clusters_chain() -> None:
    # The first and the last share no run of five words; the middle one joins them.
    first, second = ([f"{word}{n}" for n in range(20)] for word in ("a", "b"))
    texts = [" ".join(first), " ".join(first + second), " ".join(second)]
    chain = [annotate(article(f"c{n}", text)) for n, text in enumerate(texts)]
    assert not shingles(chain[0]) & shingles(chain[2])
    assert cluster_documents(chain, 0.3) == [("gazette/c0", "gazette/c1", "gazette/c2")]
    assert len(cluster_documents([chain[0], chain[2]], 0.3)) == 2


def test_shingles_leave_case_and_punctuation_aside() -> None:
    one = annotate(article("a", "Le port, ce soir : fermé !"))
    other = annotate(article("b", "LE PORT ce soir fermé."))
    assert shingles(one) == shingles(other) == {"le port ce soir fermé"}
    assert shingles(annotate(article("c", "Le port."))) == {"le port"}


def test_a_cluster_on_two_sides_fails_loudly() -> None:
    copy = reprint(CORPUS[7], "copy")
    manifest = make_splits(CORPUS)
    here = split_of(manifest, CORPUS[7])
    there = next(split for split in SPLITS if split != here)
    leaking = msgspec.structs.replace(
        manifest, assignment={**manifest.assignment, "gazette/copy": there}
    )
    with pytest.raises(FaultsError) as caught:
        check_splits(leaking, [*CORPUS, copy])
    (fault,) = caught.value.faults
    assert fault.where == "gazette/copy, gazette/n007"
    assert here in fault.found
    assert there in fault.found
    assert "cadrage corpus split" in fault.fix


def test_all_leaks_in_one_report() -> None:
    manifest = make_splits([*CORPUS, news(90, source="ppn")])
    assignment = dict(manifest.assignment)
    del assignment["gazette/n003"]
    assignment["gazette/n004"] = "dev"
    assignment["ppn/n090"] = "train"
    broken = msgspec.structs.replace(manifest, assignment=assignment)
    with pytest.raises(FaultsError) as caught:
        check_splits(broken, [*CORPUS, news(90, source="ppn")])
    said = {fault.where: fault.found for fault in caught.value.faults}
    assert said == {
        "gazette/n003": "split None",
        "gazette/n004": "split 'dev'",
        "ppn/n090": "split 'train'",
    }


# --- test sets -------------------------------------------------------------------------------


def test_the_newest_dates_are_test_and_no_older_ones() -> None:
    manifest = make_splits(CORPUS, newest={"gazette": "2020-01-01"})
    newest = {one.document.key for one in CORPUS if one.document.date >= "2020-01-01"}
    assert newest
    assert set(manifest.keys("test")) == newest
    assert manifest.keys("train")
    assert manifest.keys("validation")
    moved = dict(manifest.assignment) | {min(newest): "train"}
    with pytest.raises(FaultsError, match="among the newest of its source"):
        check_splits(msgspec.structs.replace(manifest, assignment=moved), CORPUS)


def test_newest_dates_of_a_source_that_is_not_there_are_a_mistake() -> None:
    with pytest.raises(UsageError, match="found 'gazete'; expected a source that is annotated"):
        make_splits(CORPUS, newest={"gazete": "2020-01-01"})


def test_an_old_reprint_of_a_new_article_goes_to_test_with_it() -> None:
    new = news(500, date="2020-05-01")
    old = reprint(new, "old")
    manifest = make_splits([*CORPUS, new, old], newest={"gazette": "2020-01-01"})
    assert split_of(manifest, old) == "test"


def test_a_batch_that_is_named_is_the_whole_validation_part() -> None:
    fresh = [news(700 + number, hedge(), batch="b12", date="2015-01-01") for number in range(6)]
    new = news(800, batch="b12", date="2021-01-01")
    everything = [*CORPUS, *fresh, new]
    newest = {"gazette": "2020-01-01"}
    plain = make_splits(everything, newest=newest)
    manifest = make_splits(everything, newest=newest, validation=["gazette/b12"])
    assert set(manifest.keys("validation")) == {one.document.key for one in fresh}
    # What is new stays test, and nobody who was in test leaves it.
    assert split_of(manifest, new) == "test"
    assert set(manifest.keys("test")) == set(plain.keys("test"))
    with pytest.raises(UsageError, match="'gazette/b99'; expected a batch that is annotated"):
        make_splits(everything, validation=["gazette/b99"])


def test_a_batch_added_to_train_moves_nothing_else() -> None:
    later = [news(900 + number, threat(), batch="b20") for number in range(5)]
    before = make_splits(CORPUS)
    after = make_splits([*CORPUS, *later], train=["gazette/b20"])
    assert {split_of(after, one) for one in later} == {"train"}
    assert all(after.assignment[key] == split for key, split in before.assignment.items())


def test_an_article_that_takes_a_passage_from_another_stays_with_it() -> None:
    words = " ".join(f"mot{number}" for number in range(300))
    passage = " ".join(f"copie{number}" for number in range(40))
    long = annotate(article("long", words + ".", passage + "."))
    short = annotate(article("court", passage + ".", "Une phrase à elle seule."))
    other = annotate(article("autre", " ".join(f"terme{number}" for number in range(60)) + "."))
    # Word for word the same, but a small share of the long one: MinHash alone parts them.
    clusters = cluster_documents([long, short, other], 0.5)
    assert ("gazette/court", "gazette/long") in clusters
    assert ("gazette/autre",) in clusters


def test_a_short_common_formula_is_no_shared_passage() -> None:
    formula = " ".join(f"usage{number}" for number in range(12))
    articles = [
        annotate(article(name, " ".join(f"{name}{n}" for n in range(80)) + ".", formula + "."))
        for name in ("un", "deux")
    ]
    assert all(len(cluster) == 1 for cluster in cluster_documents(articles, 0.5))


def test_sources_for_tests_only_are_test() -> None:
    pseudo = [news(600 + number, hedge(), source="ppn") for number in range(6)]
    manifest = make_splits([*CORPUS, *pseudo])
    assert {split_of(manifest, one) for one in pseudo} == {"test"}


def test_sentences_that_stand_elsewhere_are_left_out_of_test() -> None:
    shared = "Le port ferme ses portes à minuit."
    test = annotate(article("t", shared, "À lire aussi.", "Une phrase du seul test ici."))
    train = annotate(article("a", "le port ferme ses portes, à minuit", "À lire aussi."))
    other = annotate(article("u", "Une phrase du seul test ici."))
    manifest = SplitManifest(
        0, 0.5, {}, {}, (), {"gazette/t": "test", "gazette/a": "train", "gazette/u": "test"}
    )
    # The short one may be repeated; the last stands twice in test, not elsewhere.
    assert repeated_sentences(manifest, [test, train, other]) == {("gazette/t", 0)}


# --- the manifest ------------------------------------------------------------------------------


def test_the_manifest_comes_back_and_shows_tampering(tmp_path: Path) -> None:
    path = tmp_path / "splits.json"
    manifest = make_splits(CORPUS, newest={"gazette": "2020-01-01"})
    write_splits(manifest, path)
    assert read_splits(path) == manifest
    raw = json.loads(path.read_bytes())

    for change in (
        {"assignment": {**raw["assignment"], "gazette/n001": "test"}},
        {"assignment": {**raw["assignment"], "gazette/new": "train"}},
        {"seed": raw["seed"] + 1},
        {"newest": {}},
        {"clusters": [["gazette/n001", "gazette/n002"]]},
        {"sha256": "0" * 64},
    ):
        path.write_text(json.dumps(raw | change), "utf-8")
        with pytest.raises(DataError, match="not edited by hand"):
            read_splits(path)
    # The order of keys is no content.
    path.write_text(json.dumps(dict(reversed(raw.items()))), "utf-8")
    assert read_splits(path) == manifest


def test_a_missing_or_broken_manifest_is_named(tmp_path: Path) -> None:
    path = tmp_path / "splits.json"
    with pytest.raises(DataError, match="Make one with: cadrage corpus split"):
        read_splits(path)
    path.write_text("{", "utf-8")
    with pytest.raises(DataError, match=r"found .*truncated.*; expected a split manifest"):
        read_splits(path)
    path.write_text('{"seed": 1}', "utf-8")
    with pytest.raises(DataError, match="missing required field"):
        read_splits(path)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.sampled_from(["", "g1", "g2", "g3"]), min_size=1, max_size=20),
    st.integers(0, 1000),
)
def test_groups_never_part(groups: list[str], seed: int) -> None:
    documents = [news(number, hedge(), group=group) for number, group in enumerate(groups)]
    manifest = make_splits(documents, seed=seed)
    check_splits(manifest, documents)
    for name in set(groups) - {""}:
        sides = {split_of(manifest, one) for one in documents if one.document.group == name}
        assert len(sides) == 1
