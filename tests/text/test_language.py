from __future__ import annotations

import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.text.language import detect

ROOT = Path(__file__).parents[2]
SEED = (ROOT / "seeds" / "000_c8f4650f96df5b00.txt").read_text("utf-8")

FRENCH = [
    "La police a arrêté trois personnes dans le port de Marseille, selon une source proche.",
    "Le ministre de l'Intérieur a annoncé lundi qu'il ne se présenterait pas devant les députés.",
    "Selon nos confrères du Courrier, la mairie aurait été prévenue dès le mois de janvier.",
    "« Nous ne céderons pas », a averti la présidente du conseil régional.",
    "Incendie en Gironde : deux pompiers blessés, un village évacué.",
    "Les négociations reprennent mardi à Genève.",
]

OTHERS = {
    "es": [
        "El presidente declaró el lunes que las negociaciones con los sindicatos se reanudarán.",
        "La policía detuvo a tres personas en el puerto de Valencia, según fuentes del caso.",
        "Según el diario, que cita a un responsable, la empresa habría ocultado los informes.",
    ],
    "it": [
        "Il presidente ha dichiarato lunedì che i negoziati con i sindacati riprenderanno.",
        "Le autorità, che non hanno voluto parlare, dicono che il sindaco e le due società "
        "saranno sentiti, e che il prefetto ha chiesto le carte.",
    ],
    "ca": [
        "El president va declarar dilluns que les negociacions amb els sindicats es reprendran.",
        "Les autoritats han demanat a les empreses que no facin les obres des de les set del "
        "matí, i els veïns, que ja no en poden més, ho han celebrat.",
    ],
    "pt": [
        "O presidente declarou na segunda-feira que as negociações serão retomadas em breve.",
        "As autoridades disseram à imprensa que a ponte ficará fechada até à próxima sexta-feira.",
    ],
    "en": [
        "The minister said on Monday that talks with the unions would resume next week.",
        "Police arrested three people at the port, according to two sources.",
    ],
    "de": [
        "Der Kanzler erklärte am Montag, dass die Verhandlungen wieder aufgenommen werden.",
        "Des Kanzlers Sprecher sagte, du musst die Akten des Hauses und des Landes lesen.",
    ],
    "nl": ["De minister zei maandag dat de onderhandelingen volgende week worden hervat."],
    "ro": ["Președintele a declarat luni că negocierile vor fi reluate săptămâna viitoare."],
    "ht": [
        "Prezidan an te deklare lendi ke diskisyon ak sendika yo ap rekòmanse semèn pwochèn.",
        "Lapolis arete twa moun nan pò a. Yo di yo pa t fè anyen, men jij la voye yo nan prizon.",
    ],
    "oc": [
        "La polícia a arrestat tres personas dins lo pòrt, e las gents del vilatge son pas "
        "contentas."
    ],
    "la": [
        "Gallia est omnis divisa in partes tres, quarum unam incolunt Belgae, aliam qui Celtae."
    ],
    "ru": ["Президент заявил в понедельник, что переговоры возобновятся на следующей неделе."],
    "ar": ["قال الرئيس يوم الاثنين إن المفاوضات مع النقابات ستستأنف الأسبوع المقبل."],
    "ja": ["首相は月曜日、労働組合との交渉が来週再開されると述べた。"],
}


def without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


@pytest.mark.parametrize("text", FRENCH)
@pytest.mark.parametrize("change", [str, without_accents, str.upper])
def test_short_french(text: str, change: type[str]) -> None:
    assert detect(change(text)) == "fr"


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("frame", ["{}", "\n\n  {}", "12 000\n{}"])
def test_french_article(form: str, frame: str) -> None:
    assert detect(unicodedata.normalize(form, frame.format(SEED))) == "fr"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "text"), [(c, text) for c, texts in OTHERS.items() for text in texts]
)
def test_other_languages(code: str, text: str) -> None:
    assert detect(text) == code
    assert detect(f"{text}\n" * 12) == code


@pytest.mark.parametrize(
    "text",
    ["", " \n\t ", "OK", "Biden à Kiev", "12 000 : 50 %", "https://exemple.fr", "北京", "?! …"],
)
def test_too_little_text(text: str) -> None:
    assert detect(text) == "und"


@settings(deadline=None, max_examples=50)
@given(st.text())
def test_any_text(text: str) -> None:
    code = detect(text)
    assert code == "und" or (code.isalpha() and code.islower() and len(code) in (2, 3))


def test_lone_surrogates_do_no_harm() -> None:
    assert detect("\ud800 " * 40) == "und"


def test_clear_french_loads_no_library() -> None:
    code = "import sys; from classifier.text.language import detect; detect(sys.argv[1]); "
    code += "sys.exit('numpy' in sys.modules or 'py3langid' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code, SEED], check=False).returncode == 0
