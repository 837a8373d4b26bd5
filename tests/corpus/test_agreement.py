"""Agreement of two passes: textbook data, scikit-learn, and faults."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from classifier.corpus.agreement import (
    FIGURES,
    NO_DEVICE,
    cohen_kappa,
    count_coincidences,
    krippendorff_alpha,
    measure_agreement,
)
from classifier.corpus.annotations import DocumentMark, LabelMark, SentenceMark
from classifier.errors import FaultsError
from classifier.schema import load_schema

HEDGING, RELAY, THREAT = load_schema().names


def hedge(*cues: tuple[int, int, str]) -> dict[str, LabelMark]:
    return {HEDGING: LabelMark(cues or ((0, 5, "frame"),))}


def relay(depth: int, *cues: tuple[int, int, str]) -> dict[str, LabelMark]:
    return {RELAY: LabelMark(cues or ((6, 9, "outlet"),), depth)}


def document(
    name: str, *labels: dict[str, LabelMark], credits: int = 0, group: str = "", sha: str = "0"
) -> DocumentMark:
    """A document with one sentence of 20 characters for each mapping of labels."""
    sentences = [
        SentenceMark(i, "text", 20 * i, 20 * i + 20, "sentence", given)
        for i, given in enumerate(labels)
    ]
    sentences += [
        SentenceMark(i, "text", 20 * i, 20 * i + 20, "credit")
        for i in range(len(labels), len(labels) + credits)
    ]
    return DocumentMark("written", name, sha * 64, tuple(sentences), group=group)


# --- coefficients --------------------------------------------------------------------------


def alpha_of(first: list[int], second: list[int], values: int) -> float:
    return float(krippendorff_alpha(count_coincidences(first, second, values).sum(axis=0)))


def test_krippendorffs_own_binary_example() -> None:
    # Krippendorff 2011, A: Meg and Owen, 10 units. Coincidences: 10 zero-zero, 2 one-one, 4 and 4;
    # n_0 = 14, n_1 = 6, n = 20: α = 1 − 19 · 4 / (14 · 6) = 1 − 76/84 = 0.095.
    meg, owen = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    matrix = count_coincidences(meg, owen, 2).sum(axis=0)
    assert matrix.tolist() == [[10, 4], [4, 2]]
    assert alpha_of(meg, owen, 2) == pytest.approx(1 - 76 / 84)


def test_krippendorffs_own_nominal_example() -> None:
    # Krippendorff 2011, B: Ben and Gerry, 12 units, values a to e. Three units differ: Σ o = 6;
    # n_c = 4, 6, 6, 6, 2, n = 24; Σ n_c n_k = 576 − 128 = 448: α = 1 − 23 · 6 / 448 = 0.692.
    codes = [["abcde".index(x) for x in word] for word in ("aabbdcccedda", "babbbccceddd")]
    assert alpha_of(codes[0], codes[1], 5) == pytest.approx(1 - 138 / 448)


def test_kappa_by_hand() -> None:
    # 20 both, 15 neither, 5 and 10 apart, of 50: p_o = 0.7; margins 25 and 30 of 50:
    # p_e = 0.5 · 0.6 + 0.5 · 0.4 = 0.5; κ = 0.2 / 0.5 = 0.4.
    assert cohen_kappa([[15, 10], [5, 20]]) == pytest.approx(0.4)


def test_coefficients_at_their_marks() -> None:
    assert cohen_kappa([[5, 0], [0, 5]]) == 1.0
    # Chance: every cell alike, p_o = p_e = 1/2.
    assert cohen_kappa([[5, 5], [5, 5]]) == 0.0
    # Always opposite: p_o = 0, p_e = 1/2: −1.
    assert cohen_kappa([[0, 5], [5, 0]]) == -1.0
    assert np.isnan(cohen_kappa([[9, 0], [0, 0]]))
    assert np.isnan(cohen_kappa([[0, 0], [0, 0]]))
    assert alpha_of([0, 1], [0, 1], 2) == 1.0
    assert math.isnan(alpha_of([1, 1], [1, 1], 2))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_coefficients_equal_their_definitions(pairs: list[tuple[int, int]]) -> None:
    a, b = map(np.array, zip(*pairs, strict=True))
    table = np.zeros((4, 4))
    np.add.at(table, (a, b), 1)
    kappa, alpha = float(cohen_kappa(table)), alpha_of(a, b, 4)
    assert math.isnan(alpha) == (len({*a.tolist(), *b.tolist()}) == 1)
    if len({*a.tolist(), *b.tolist()}) > 1:
        assert kappa == pytest.approx(cohen_kappa_score(a, b))
        # α is one minus disagreement within units over disagreement between all values.
        values = np.concatenate([a, b])
        expected = (values[:, None] != values[None]).sum() / (len(values) * (len(values) - 1))
        assert alpha == pytest.approx(1 - (a != b).mean() / expected)


# --- passes --------------------------------------------------------------------------------

# Eight sentences in two articles. Hedging: first pass 0 1 2, second 0 1 3 of document a.
FIRST = [
    document("a", hedge(), hedge((0, 5, "frame"), (8, 12, "doubt")), hedge(), {}, credits=1),
    document("b", relay(2), relay(3), relay(1), {}),
]
SECOND = [
    document("b", relay(2), relay(2), {}, {}),
    document("a", hedge(), hedge((2, 6, "doubt")), {}, hedge(), credits=1),
]


def test_two_passes_by_hand() -> None:
    found = measure_agreement(FIRST, SECOND, replicates=200)
    assert (found.documents, found.articles, found.sentences) == (2, 2, 8)  # no credit line
    assert found.positives == {HEDGING: (3, 3, 2), RELAY: (3, 2, 2), THREAT: (0, 0, 0)}
    values = {scope: {n: i.value for n, i in row.items()} for scope, row in found.figures.items()}
    # Hedging: 2 in both, 1 in the first pass alone, 1 in the second alone, 4 in neither.
    # p_o = 6/8; p_e = (3·3 + 5·5)/64 = 34/64; κ = (48 − 34)/(64 − 34) = 14/30.
    assert values[HEDGING]["kappa"] == pytest.approx(14 / 30)
    assert values[HEDGING]["observed"] == pytest.approx(6 / 8)
    # α: n = 16, n_1 = 6, n_0 = 10, o_01 = 2: 1 − 15 · 2 / 60 = 0.5.
    assert values[HEDGING]["alpha"] == pytest.approx(0.5)
    # Cues: first 0-5f | 0-5f 8-12d | 0-5f = 4; second 0-5f | 2-6d | 0-5f (another row) = 3.
    # Exact: row 0 alone: 2 · 1 / 7. With overlap and device the same (2-6d misses 8-12d);
    # without device 2-6 meets 0-5: 2 · 2 / 7.
    assert values[HEDGING]["span_exact"] == pytest.approx(2 / 7)
    assert values[HEDGING]["span_overlap"] == pytest.approx(2 / 7)
    assert values[HEDGING]["span_overlap_any_device"] == pytest.approx(4 / 7)
    # Relay in both: rows 0 and 1 of b, depths 2-2 and 3-2.
    assert values[RELAY]["depth_exact"] == pytest.approx(1 / 2)
    assert values[RELAY]["depth_within_one"] == 1.0
    # Whole label sets: alike in rows 0, 1 of a and 0, 1, 3 of b. First pass: 3 hedging, 3 relay,
    # 2 none; second: 3, 2, 3: n_c = 6, 5, 5, n = 16, Σ n_c² = 86, three units apart, so Σ o = 6:
    # α = 1 − 15 · 6 / (256 − 86) = 1 − 90/170.
    assert values["label_set"]["observed"] == pytest.approx(5 / 8)
    assert values["label_set"]["alpha"] == pytest.approx(1 - 90 / 170)
    assert found.differences == (("written/a", 2), ("written/a", 3), ("written/b", 2))


def test_what_cannot_be_told_says_why() -> None:
    found = measure_agreement(FIRST, SECOND, replicates=50).figures[THREAT]
    for name in ("kappa", "alpha", "span_exact"):
        assert math.isnan(found[name].value)
        assert found[name].reason == FIGURES[name][1]
    assert found["observed"].value == 1.0


def test_every_figure_is_explained() -> None:
    figures = measure_agreement(FIRST, SECOND, replicates=20).figures
    assert {name for row in figures.values() for name in row} == set(FIGURES)


def test_device_confusion_by_hand() -> None:
    found = measure_agreement(FIRST, SECOND, replicates=20).devices[HEDGING]
    assert found.devices == (
        "frame", "unnamed_source", "conditional", "doubt", NO_DEVICE
    )  # fmt: skip
    expected = np.zeros((5, 5), dtype=int)
    expected[0, 0] = 1  # row 0: 0-5 frame in both
    expected[0, 3] = 1  # row 1: 0-5 frame meets 2-6 doubt
    expected[3, 4] = 1  # row 1: 8-12 doubt has no partner
    expected[0, 4] = 1  # row 2: the first pass alone
    expected[4, 0] = 1  # row 3: the second pass alone
    assert found.counts.tolist() == expected.tolist()


def test_a_pass_agrees_with_itself() -> None:
    for scope, figures in measure_agreement(FIRST, FIRST, replicates=50).figures.items():
        for name, found in figures.items():
            assert math.isnan(found.value) or found.value == pytest.approx(1.0), (scope, name)


def test_agreement_does_not_depend_on_which_pass_is_first() -> None:
    there = measure_agreement(FIRST, SECOND, replicates=20)
    back = measure_agreement(SECOND, FIRST, replicates=20)
    for scope, figures in there.figures.items():
        for name, found in figures.items():
            assert back.figures[scope][name].value == pytest.approx(found.value, nan_ok=True)
    assert (back.devices[HEDGING].counts == there.devices[HEDGING].counts.T).all()


def test_intervals_are_over_articles_and_groups_count_as_one() -> None:
    rng = np.random.default_rng(0)

    def passes(group: str) -> list[list[DocumentMark]]:
        made: list[list[DocumentMark]] = [[], []]
        for k in range(30):
            truth = rng.random(10) < 0.4
            for side in made:
                answers = truth ^ (rng.random(10) < 0.1)
                labels = [hedge() if yes else {} for yes in answers]
                side.append(document(f"d{k}", *labels, group=f"{group}{k // 2}" if group else ""))
        return made

    found = measure_agreement(*passes(""), replicates=400)
    kappa = found.figures[HEDGING]["kappa"]
    assert (found.articles, kappa.clusters, kappa.replicates, kappa.method) == (30, 30, 400, "bca")
    assert kappa.low < kappa.value < kappa.high
    assert measure_agreement(*passes("pair"), replicates=20).articles == 15


def test_nothing_to_compare_is_undefined() -> None:
    found = measure_agreement([], [], replicates=10)
    assert found.sentences == 0
    assert all(math.isnan(i.value) for row in found.figures.values() for i in row.values())


# --- faults --------------------------------------------------------------------------------


def test_passes_that_do_not_match_are_faults_all_at_once() -> None:
    first = [document("a", {}, {}), document("b", {}), document("c", {}), document("c", {})]
    second = [document("a", {}, sha="1"), document("c", {}, group="g"), document("d", {})]
    with pytest.raises(FaultsError) as raised:
        measure_agreement(first, second)
    text = str(raised.value)
    for expected in (
        "written/c: found twice in the first pass",
        "written/b: found in the first pass only",
        "written/d: found in the second pass only",
        "written/a: found SHA-256 111111111111… in the second pass; expected 000000000000…",
        "written/a: found sentence 1 in the first pass only",
        "written/c: found group 'g' in the second pass",
    ):
        assert expected in text
    assert len(raised.value.faults) == 6


def test_sentences_cut_otherwise_are_faults() -> None:
    moved = SentenceMark(0, "title", 0, 20, "headline")
    other = DocumentMark("written", "a", "0" * 64, (moved,))
    with pytest.raises(FaultsError, match=r"sentence 0: title 0..20 headline in the second pass"):
        measure_agreement([document("a", {})], [other])
