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
        "{rejected} lignes n’ont pu être lues (rejects.jsonl).",
        "{rejected} rows could not be read (rejects.jsonl).",
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
    "undated": ("{number} articles sans date.", "{number} articles without a date."),
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
    "unnamed": ("{number} articles sans valeur.", "{number} articles without a value."),
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
    "all": ("toutes", "all"),
    "search": ("Mot ou titre", "Word or title"),
    "clear": ("Tout montrer", "Show all"),
    "more": ("En montrer plus", "Show more"),
    "found": ("{number} phrases", "{number} sentences"),
    "show_sentences": ("Voir les phrases\u00a0: {what}", "See the sentences: {what}"),
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
