"""What the archive page says in its own voice, in French and English."""

from __future__ import annotations

from classifier.rendering.bilingual import LANGUAGES, each

_WORDS: dict[str, tuple[str, str]] = {
    "skip": ("Aller au contenu", "Skip to the content"),
    "archive": ("Archive\u00a0: {name}", "Archive: {name}"),
    "contents": ("Sur cette page", "On this page"),
    "whole": ("Ensemble", "Overall"),
    "counts": (
        "{articles} articles, {sentences} phrases étiquetables, {flagged} signalées.",
        "{articles} articles, {sentences} sentences that can carry a label, {flagged} flagged.",
    ),
    "rejected": (
        "Lignes qui n’ont pu être lues (rejects.jsonl)\u00a0: {rejected}.",
        "Rows that could not be read (rejects.jsonl): {rejected}.",
    ),
    "interval": (
        "Part des phrases qui portent l’étiquette. Entre crochets, l’intervalle à 95\u00a0%\u00a0: "
        "des articles entiers sont tirés au sort mille fois. Il dit ce que vaut ce nombre "
        "d’articles, non les erreurs du modèle.",
        "Share of sentences that carry the label. In brackets the 95% interval: whole articles are "
        "drawn a thousand times. It tells what this many articles are worth, not the model’s "
        "errors.",
    ),
    "cells": (
        "Au-delà de {cells} articles par ligne, on tire des paquets d’articles formés au hasard.",
        "Beyond {cells} articles a row, batches of articles put together by chance are drawn.",
    ),
    "time": ("Dans le temps", "Over time"),
    "day": ("par jour", "by day"),
    "month": ("par mois", "by month"),
    "year": ("par an", "by year"),
    "no_time": (
        "Aucun article ne porte de date au format AAAA-MM-JJ.",
        "No article has a date written YYYY-MM-DD.",
    ),
    "undated": ("Articles sans date\u00a0: {number}.", "Articles without a date: {number}."),
    "figures": ("Les chiffres", "The figures"),
    "period": ("Période", "Period"),
    "publisher": ("Par éditeur", "By publisher"),
    "by": ("Par «\u00a0{column}\u00a0»", "By “{column}”"),
    "value": ("Valeur", "Value"),
    "articles": ("Articles", "Articles"),
    "sentences": ("Phrases", "Sentences"),
    "rest": (
        "{number} articles d’autres valeurs ne sont pas montrés\u00a0; "
        "{values} valeurs distinguées.",
        "{number} articles of other values are not shown; {values} values told apart.",
    ),
    "unnamed": ("Articles sans valeur\u00a0: {number}.", "Articles without a value: {number}."),
    "outlets": ("Médias les plus repris", "Most relayed outlets"),
    "outlet": ("Média", "Outlet"),
    "outlets_hint": (
        "Médias que les articles créditent, l’éditeur de l’article excepté\u00a0; "
        "les {shown} premiers de {number}. Un nom ambigu qui n’est pas clairement celui d’un média "
        "n’est pas compté.",
        "Outlets that articles credit, but for the article’s own publisher; the first {shown} of "
        "{number}. An ambiguous name that is not plainly an outlet’s is not counted.",
    ),
    "none": ("Rien à montrer.", "Nothing to show."),
    "chains": ("Chaînes les plus longues", "Deepest chains"),
    "chains_hint": (
        "Les articles où l’information est passée par le plus de mains.",
        "The articles whose information came through most hands.",
    ),
    "this_article": ("cet article", "this article"),
    "unnamed_hand": ("source sans nom", "unnamed source"),
    "hands": ("{depth} mains", "{depth} hands"),
    "hand": ("{depth} main", "{depth} hand"),
    "drill": ("Les phrases", "The sentences"),
    "all_here": (
        "Toutes les {flagged} phrases signalées sont dans cette page.",
        "All {flagged} flagged sentences are in this page.",
    ),
    "sampled": (
        "Cette page contient {held} des {flagged} phrases signalées, tirées au sort "
        "par étiquette\u00a0; "
        "les parts ci-dessus sont calculées sur toutes. Pour en avoir plus\u00a0: --sentences.",
        "This page holds {held} of the {flagged} flagged sentences, drawn by chance for "
        "each label; "
        "the shares above are computed on all. For more: --sentences.",
    ),
    "label": ("Étiquette", "Label"),
    "all": ("tout", "all"),
    "search": ("Mot ou titre", "Word or title"),
    "clear": ("Tout montrer", "Show all"),
    "more": ("En montrer plus", "Show more"),
    "found": ("Phrases\u00a0: {number}", "Sentences: {number}"),
    "show_sentences": ("Voir les phrases\u00a0: {what}", "See the sentences: {what}"),
    "editor": ("Éditeur", "Publisher"),
    "no_signals": (
        "Cette sortie ne contient ni titres comparés ni signaux\u00a0: elle vient d’une version "
        "antérieure. Relancez «\u00a0cadrage batch\u00a0» vers un nouveau dossier pour les avoir.",
        "This output holds neither compared headlines nor signals: an earlier version wrote it. "
        "Run “cadrage batch” again into a new directory to have them.",
    ),
    "without": (
        "Articles sans titres comparés ni signaux, notés par une version antérieure\u00a0: "
        "{number}.",
        "Articles without compared headlines or signals, scored by an earlier version: {number}.",
    ),
    "signals_read": (
        "Chaque article compte une fois. Un éditeur est placé selon son nombre d’articles\u00a0; "
        "un compte rendu d’audience est plein de réserves, et c’est son métier.",
        "Each article counts once. Publishers stand by their number of articles; a court report is "
        "full of hedges, as it should be.",
    ),
    "unranked": (
        "Sans comparaison avec la presse ordinaire\u00a0:",
        "Without comparison with ordinary press:",
    ),
    "other_reference": (
        "Les rangs des articles viennent d’un autre repère que celui de cette version\u00a0; "
        "la presse ordinaire n’est donc pas dessinée.",
        "The articles were ranked by another reference than this version’s, so ordinary press is "
        "not drawn.",
    ),
    "no_value": ("Articles sans valeur\u00a0: {number},", "Articles without a value: {number},"),
    "here": ("cette archive", "this archive"),
    "press": ("presse ordinaire", "ordinary press"),
    "median": ("Médiane", "Median"),
    "press_median": ("Presse ordinaire\u00a0: médiane", "Ordinary press: median"),
    "press_90": ("90\u1d49 centile", "90th percentile"),
    "far": (
        "Au-delà du 90\u1d49 centile de la presse ordinaire",
        "Beyond the 90th percentile of ordinary press",
    ),
    "far_of": ("(articles\u00a0: {number})", "(articles: {number})"),
    "far_never": (
        "Un article de presse ordinaire sur dix, ou plus, a la valeur la plus haute\u00a0: aucun "
        "n’est au-delà du 90\u1d49 centile.",
        "One ordinary press article in ten, or more, has the highest value: none is beyond the "
        "90th percentile.",
    ),
    "nought": (
        "Valeur nulle, hors du graphique\u00a0:",
        "Value nought, not in the chart:",
    ),
    "far_press": ("Dans la presse ordinaire elle-même\u00a0:", "In ordinary press itself:"),
    "having": ("Articles mesurés\u00a0: {number}.", "Articles measured: {number}."),
    "values": ("Valeur", "Value"),
    "highest": (
        "Articles aux valeurs les plus hautes, avec leurs phrases",
        "Articles with the highest values, with their sentences",
    ),
    "lowest": (
        "Articles aux valeurs les plus basses, avec leurs phrases",
        "Articles with the lowest values, with their sentences",
    ),
    "rank": ("rang", "rank"),
    "headlines_hint": (
        "Ce que disent les mots du titre à côté de ceux du corps. Un titre n’est donné pour fidèle "
        "que là où le modèle est sûr\u00a0: le silence ne dit rien contre lui. Les limites sont "
        "des phrases à relire, non des fautes.",
        "What the headline’s words say beside those of the body. A headline is reported faithful "
        "only where the model is sure: silence says nothing against it. Limits are sentences to "
        "reread, not faults.",
    ),
    "no_headlines": (
        "Aucun article n’a de titre à comparer avec son corps.",
        "No article has a headline to compare with its body.",
    ),
    "compared": ("Comparés", "Compared"),
    "carried": ("Proches d’une phrase du corps", "Close to a sentence of the body"),
    "reported": ("Donnés pour fidèles", "Reported faithful"),
    "limits": ("Limites ou démentis à relire", "Limits or denials to reread"),
    "faithful_titles": (
        "Titres donnés pour fidèles\u00a0: {number} tirés au sort",
        "Headlines reported faithful: {number} drawn by chance",
    ),
    "limited_titles": (
        "Titres dont le corps énonce des limites\u00a0: {number} tirés au sort",
        "Headlines whose body states limits: {number} drawn by chance",
    ),
    "role_match": ("proche du titre", "close to the headline"),
    "role_restriction": ("limite ou démenti à relire", "limit or denial to reread"),
    "article": ("Article", "Article"),
    "none_held": ("aucun choisi", "none chosen"),
    "no_script": (
        "Les phrases s’affichent à l’aide d’un script, contenu dans cette page.",
        "The sentences are shown by a script, which this page contains.",
    ),
}


def say(key: str, language: str, **values: object) -> str:
    """Return the words for ``key``; numbers are grouped as the language does."""
    shown = {
        name: group(value, language) if isinstance(value, int) else value
        for name, value in values.items()
    }
    return _WORDS[key][0 if language == "fr" else 1].format(**shown)


def both(key: str, **values: object) -> str:
    """Return the words in each language as HTML; the style sheet shows one of them."""
    return each({at: say(key, at, **values) for at in LANGUAGES})


def group(number: int, language: str) -> str:
    """Return a whole number with its thousands set apart."""
    return f"{number:,}".replace(",", "\u202f" if language == "fr" else ",")


def both_numbers(number: int) -> str:
    """Return a whole number in each language."""
    return each({at: group(number, at) for at in LANGUAGES})


def share(value: float, language: str) -> str:
    """Return a share as a percentage with one decimal, two below one percent."""
    if value != value:
        return "–"
    digits = f"{value * 100:.{1 if value >= 0.01 else 2}f}"
    return f"{digits.replace('.', ',')}\u202f%" if language == "fr" else f"{digits}%"
