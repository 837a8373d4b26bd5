"""Label noise, learning curve, calibration, and the votes of OBSINFOX."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from classifier.cli import main
from classifier.errors import DataError, FaultsError
from classifier.evaluation.calibration import measure_calibration, risk_at, undo_platt
from classifier.evaluation.label_noise import (
    cross_validate,
    deal_folds,
    find_suspicions,
    label_issues,
    listing_of,
)
from classifier.evaluation.learning import table_of_curve, trace_learning
from classifier.evaluation.obsinfox import address, compare_votes, rank_correlation, read_votes
from classifier.evaluation.outcomes import Outcomes
from classifier.models.linear import LinearModel
from classifier.models.linear_training import LinearSettings
from classifier.records import Article
from classifier.schema import load_schema
from tests.conftest import make_documents

NAMES = load_schema().names


def make():
    return LinearModel(settings=LinearSettings(min_count=1))


def test_folds_keep_clusters_whole_and_even():
    clusters = [f"c{n // 3}" for n in range(60)]
    fold = deal_folds(clusters, 5, 1)
    assert np.bincount(fold).tolist() == [12] * 5
    for cluster in set(clusters):
        assert len({fold[n] for n in range(60) if clusters[n] == cluster}) == 1
    assert np.array_equal(fold, deal_folds(clusters, 5, 1))
    with pytest.raises(DataError):
        deal_folds(["a", "a", "b"], 3, 1)


def test_planted_label_errors_are_found(bench):
    annotated = list(bench.annotated)
    data, probabilities = cross_validate(
        make, annotated, [one.document.key for one in annotated], folds=4
    )
    assert not np.isnan(probabilities).any()
    gold = data.gold.copy()
    hedged = np.flatnonzero(gold[:, 0])[[3, 11]]
    plain = np.flatnonzero(~gold.any(axis=1))[[5]]
    gold[hedged, 0] = False
    gold[plain, 2] = True
    found = find_suspicions(replace(data, gold=gold), probabilities, most=3)
    planted = {
        (data.marks[data.rows[row]].key, int(row - np.flatnonzero(data.rows == data.rows[row])[0]))
        for row in (*hedged, *plain)
    }
    assert {(one.document, one.index) for one in found} == planted
    assert found[0].surprise >= found[-1].surprise
    assert "3 disagreements" in listing_of(found)


def test_confident_learning_flags_flipped_labels_alone():
    rng = np.random.default_rng(2)
    gold = rng.random((200, 3)) < 0.4
    gold[:, 2] = False  # never there: nothing can be judged
    p = np.where(gold, 0.85, 0.15) + rng.uniform(-0.1, 0.1, gold.shape)
    noisy = gold.copy()
    noisy[[4, 50, 120], 0] ^= True
    flagged = label_issues(noisy, p)
    assert set(np.flatnonzero(flagged[:, 0])) <= {4, 50, 120}
    assert flagged[:, 0].any()
    assert not flagged[:, 1:].any()


def test_the_curve_rises_and_ends_with_all_articles():
    train, validation = make_documents(0, 30), make_documents(100, 12)
    curve = trace_learning(
        make, train, validation, make_documents(200, 12), shares=(0.07, 1.0), draws=2
    )
    assert curve.articles == (2, 30)
    assert curve.mean()[1, -1] >= curve.mean()[0, -1]
    assert curve.sentences[1].tolist() == [150, 150]
    assert np.allclose(curve.spread()[1], 0)  # all articles, whatever their order
    assert len(table_of_curve(curve).splitlines()) == 3


def test_platt_is_undone():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(50, 3))
    platt = np.array([[2.0, -1.0], [0.5, 0.3], [1.0, 0.0]])
    after = 1 / (1 + np.exp(-(scores * platt[:, 0] + platt[:, 1])))
    assert np.allclose(undo_platt(after, platt), 1 / (1 + np.exp(-scores)))
    assert np.isnan(undo_platt(after, platt * 0)).all()


def test_calibration_by_hand():
    gold = np.zeros((10, 3), dtype=bool)
    gold[:5, 0] = True
    p = np.full((10, 3), 0.2)
    found = measure_calibration(Outcomes(NAMES, gold, p >= 0.5, p))
    # One bin: said 0.2, was 0.5. Brier: five times 0.8² and five times 0.2².
    assert found[0].after.ece.value == pytest.approx(0.3)
    assert found[0].brier_after.value == pytest.approx((5 * 0.64 + 5 * 0.04) / 10)
    assert found[0].before is None
    assert found[0].as_dict()["ece_before"] is None
    assert risk_at(found[0].risk, 1.0) == pytest.approx(0.5)
    assert risk_at(found[1].risk, 0.5) == 0.0
    assert measure_calibration(Outcomes(NAMES, gold, gold)) == ()


def test_rank_correlation_is_scipy_s():
    rng = np.random.default_rng(5)
    for _ in range(20):
        a, b = rng.integers(0, 6, 30), rng.integers(0, 6, 30)
        assert rank_correlation(a, b)[0] == pytest.approx(stats.spearmanr(a, b).statistic)
    assert math.isnan(rank_correlation([1, 1, 1], [1, 2, 3])[0])
    rho, p = rank_correlation(range(12), range(12))
    assert rho == pytest.approx(1)
    assert p < 0.001


def test_votes_are_read_and_joined(tmp_path, scorer):
    path = tmp_path / "obsinfox.csv"
    lines = ["URL,Title,Reported information,Sources Cited,Annotator"]
    for number, votes in enumerate(((1, 1), (1, 0), (0, 0), (0, 0))):
        for rater in range(2):
            cells = f"{votes[0]},{votes[1]},rater{rater}"
            lines.append(f'https://www.exemple.fr/{number}/,"Titre, {number}",{cells}')
    path.write_text("\n".join(lines), "utf-8")
    votes = read_votes(path)
    assert votes["exemple.fr/1"] == {"Reported information": 1.0, "Sources Cited": 0.0}
    assert address("http://exemple.fr/1") == address("https://www.exemple.fr/1/#x")
    hedged, plain = "Selon le préfet, le port sera fermé.", "Il fait beau sur le port."
    articles = [
        Article(id=str(n), text="", sentences=texts, url=f"http://exemple.fr/{n}")
        for n, texts in enumerate(((hedged,), (hedged, plain), (plain,), (plain,)))
    ]
    articles = [replace(one, text="\n".join(one.sentences)) for one in articles]
    found = compare_votes(scorer, votes, articles)
    assert {one.articles for one in found} == {4}
    first = next(
        one
        for one in found
        if one.label == "attribution_hedging" and one.vote == "Reported information"
    )
    assert first.rho > 0.8
    with pytest.raises(DataError):
        compare_votes(scorer, votes, articles[:2])
    path.write_text("URL,Title\n", "utf-8")
    with pytest.raises(DataError, match="no column"):
        read_votes(path)


VOTES_HEAD = "URL,Title,Fake News,Reported information,Sources Cited,Annotator"


def test_broken_votes_are_all_named(tmp_path):
    path = tmp_path / "obsinfox.csv"
    path.write_text(f"{VOTES_HEAD}\nu,t,0,oui,1,r1\nu,t,0,0,2,r2\nu,t,0,,1,r3\n", "utf-8")
    with pytest.raises(FaultsError, match=r"vote 1: found Reported[\s\S]*vote 2: found Sources"):
        read_votes(path)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b'URL,"Ti\x00tle'])
def test_a_file_of_another_kind_is_refused(tmp_path, content):
    path = tmp_path / "obsinfox.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"obsinfox\.csv"):
        read_votes(path)


def test_the_command_says_how_many_articles_it_found(tmp_path, model_folder, capsys):
    votes, texts = tmp_path / "obsinfox.csv", tmp_path / "articles.jsonl"
    lines = [f"https://exemple.fr/{n},t,0,{n % 2},{n // 2},r1" for n in range(4)]
    votes.write_text("\n".join([VOTES_HEAD, *lines, "https://exemple.fr/9,t,0,1,1,r1"]), "utf-8")
    rows = [
        {"id": str(n), "url": f"http://www.exemple.fr/{n}/", "text": text}
        for n, text in enumerate(
            ("Il pleut.", "Selon le préfet, le port sera fermé.", "Il neige.", "D'après lui, oui.")
        )
    ]
    texts.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    arguments = ["obsinfox", str(votes), "--texts", str(texts), "--model", str(model_folder)]
    assert main(arguments) == 0
    told = capsys.readouterr()
    assert told.out.count("4 articles") == 4
    assert "4 of 5 articles of OBSINFOX have a text here" in told.err
