"""The resemblance score: refuses, abstains, looks at style alone, and always carries its limits."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import msgspec
import pytest

from classifier.article.resemblance import (
    FILE,
    LEAST_WORDS,
    ResemblanceModel,
    ResemblanceScorer,
    count_words,
    distance_of,
    measure_style,
)
from classifier.cli import main
from classifier.errors import ModelError
from classifier.records import Article, ArticleScore
from classifier.scoring import Scorer

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "experiments" / "resemblance" / "model"
BODY = (
    "Le conseil municipal de Larcy a voté lundi soir la rénovation du marché couvert.",
    "Les travaux, qui dureront onze mois, commenceront après la foire d'automne.",
    "Selon l'adjointe aux travaux, les commerçants seront installés sur la place voisine.",
    "« Personne ne perdra son étal », a-t-elle assuré devant une salle bien remplie.",
    "L'opposition juge le budget trop élevé et demande un second devis avant janvier.",
    "Le marché, bâti en 1902, accueille une quarantaine d'étals et près de mille clients.",
    "Une réunion publique est prévue le mois prochain à la salle des fêtes.",
)


@cache
def scorer() -> Scorer:
    return Scorer.load()


def score(body: tuple[str, ...]) -> ArticleScore:
    return scorer().score(Article("a", "\n".join(body), sentences=body))


def model(**changes: object) -> ResemblanceModel:
    names = tuple(measure_style(score(BODY).sentences))
    plain = ResemblanceModel(
        features=names,
        means=(0.0,) * len(names),
        scales=(10.0,) * len(names),
        weights=(0.0,) * len(names),
        intercept=0.5,
        slope=1.0,
        offset=0.0,
        farthest=100.0,
        scorer=scorer().info.sha256,
        licence="CC BY-NC 4.0",
        trained="nothing",
        limits=("no_truth",),
    )
    return msgspec.structs.replace(plain, **changes)


def judge(scored: ArticleScore, **changes: object):
    judged = ResemblanceScorer(model(**changes), "ab" * 32)
    return judged.score(scored.sentences, scored.language, scorer().info.sha256)


def test_the_number_is_the_calibrated_logistic():
    result = judge(score(BODY), slope=2.0, offset=-0.4)
    assert result.probability == pytest.approx(1 / (1 + math.exp(-(2 * 0.5 - 0.4))))
    assert result.reason == ""
    assert result.limits == ("no_truth",)
    assert result.words == count_words(score(BODY).sentences) >= LEAST_WORDS


def test_short_foreign_and_distant_texts_get_no_number():
    short = judge(score(BODY[:3]))
    assert math.isnan(short.probability)
    assert short.reason == "too_short"
    english = (
        "The council voted on Monday to renovate the covered market of the town, officials said. "
        "The works will start after the autumn fair and will last eleven months in all. "
    ) * 4
    assert judge(score((english,))).reason == "not_french"
    far = judge(score(BODY), farthest=1e-6)
    assert math.isnan(far.probability)
    assert far.reason == "outside_training"
    assert far.distance > 1


def test_labels_of_another_model_are_said_beside_the_number():
    assert judge(score(BODY), scorer="cd" * 32).limits == ("no_truth", "other_model")


def test_names_numbers_and_topics_are_not_looked_at():
    plain = measure_style(score(BODY).sentences)
    swapped = tuple(
        one.replace("Larcy", "Morin").replace("1902", "1875").replace("marché", "théâtre")
        for one in BODY
    )
    other = measure_style(score(swapped).sentences)
    for name, value in plain.items():
        if name != "letters" and not name.startswith(("label:", "device:")):
            assert other[name] == pytest.approx(value, rel=0.02), name
    forbidden = ("larcy", "marche", "russ", "ukrain", "otan", "covid")
    assert not [name for name in plain if any(word in name.casefold() for word in forbidden)]


def test_layout_is_not_looked_at():
    scored = scorer().score(Article("a", "\n\n".join(BODY)))
    joined = scorer().score(Article("a", " ".join(BODY)))
    curly = scorer().score(Article("a", "\n".join(BODY).replace("'", "’")))
    first = measure_style(scored.sentences)
    for other in (joined, curly):
        assert measure_style(other.sentences) == pytest.approx(first)


def test_distance_is_the_root_mean_square():
    assert distance_of([3.0, 4.0]) == pytest.approx(math.sqrt(12.5))
    assert distance_of([]) == 0


def test_damaged_and_missing_models_are_told(tmp_path):
    with pytest.raises(ModelError, match="no file"):
        ResemblanceScorer.load(tmp_path)
    (tmp_path / FILE).write_text("{}")
    with pytest.raises(ModelError, match="resemblance model"):
        ResemblanceScorer.load(tmp_path)
    broken = msgspec.structs.replace(model(), weights=(1.0,))
    (tmp_path / FILE).write_bytes(msgspec.json.encode(broken))
    with pytest.raises(ModelError, match="one a feature"):
        ResemblanceScorer.load(tmp_path)


def test_the_score_is_off_unless_asked_for(tmp_path, capsys):
    path = tmp_path / "a.txt"
    path.write_text("Un marché rénové\n" + "\n".join(BODY), "utf-8")
    assert main(["score", str(path)]) == 0
    assert "pseudo-information" not in capsys.readouterr().out
    (tmp_path / FILE).write_bytes(msgspec.json.encode(model()))
    assert main(["score", str(path), "--with-score", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "pseudo-information" in shown
    assert "ne dit rien de la vérité" in shown
    assert main(["score", str(path), "--with-score", str(tmp_path / "none")]) == 1
    assert "experiments.resemblance.train" in capsys.readouterr().err


def test_the_committed_model_carries_its_licence_and_limits():
    loaded = ResemblanceScorer.load(MODEL)
    assert loaded.model.licence == "CC BY-NC 4.0"
    assert "BY-NC" in (MODEL / "LICENCE.md").read_text("utf-8")
    codes = {limit.partition(":")[0] for limit in loaded.model.limits}
    assert codes >= {"no_truth", "four_sites", "press_until_2020", "non_commercial"}
    assert set(loaded.model.features) == set(measure_style(score(BODY).sentences))
    result = loaded.score(score(BODY).sentences, "fr", loaded.model.scorer)
    assert 0 <= result.probability <= 1 or result.reason == "outside_training"


def test_the_wheel_does_not_carry_the_model():
    assert not list((ROOT / "classifier").rglob(FILE))
