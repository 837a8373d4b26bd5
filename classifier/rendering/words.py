"""What the outputs say in their own voice, in French and English."""

from __future__ import annotations

from classifier.rendering.chain_words import CHAIN_WORDS
from classifier.rendering.signal_words import SIGNAL_WORDS

_WORDS: dict[str, tuple[str, str]] = (
    SIGNAL_WORDS
    | CHAIN_WORDS
    | {
        "tagline": (
            "Qui le dit, par combien de mains, et de quoi menace-t-on\u00a0?",
            "Who says it, through how many hands, and what is threatened?",
        ),
        "no_verdict": (
            "Cadrage signale des procédés d’écriture et montre les mots qui les portent. "
            "Il ne dit jamais si une information est vraie ou fausse.",
            "Cadrage points out ways of writing and shows the words that carry them. "
            "It never says whether a piece of information is true or false.",
        ),
        "language": ("Langue", "Language"),
        "legend": ("Ce qui est signalé", "What is pointed out"),
        "hide": ("Masquer", "Hide"),
        "hide_others": ("Masquer d’autres procédés", "Hide other devices"),
        "hide_one": ("Masquer\u00a0: {device}", "Hide: {device}"),
        "mild_hint": (
            "Fréquent et anodin. Sans lui, les chiffres changent aussi.",
            "Frequent and mild. Without it, the figures change too.",
        ),
        "skip": ("Aller aux articles", "Skip to the articles"),
        "contents": ("Articles", "Articles"),
        "text": ("Texte", "Text"),
        "figures": ("Chiffres", "Figures"),
        "summary": ("Ensemble\u00a0: ", "Summary: "),
        "of_units": ("{positive} sur {total} phrase{s}", "{positive} of {total} sentence{s}"),
        "units": ("{total} phrase{s}", "{total} sentence{s}"),
        "credits": ("{total} ligne{s} de crédit", "{total} credit line{s}"),
        "credit": ("Crédit", "Credit"),
        "without": ("sans {device}", "without {device}"),
        "colon": ("\u00a0: ", ": "),
        "hands": ("{depth}\u00a0main{s}", "{depth}\u00a0hand{s}"),
        "max_depth": ("jusqu’à {depth}\u00a0main{s}", "up to {depth}\u00a0hand{s}"),
        "depth_hint": (
            "Le chiffre compte les mains que la phrase nomme.",
            "The figure counts the hands that the sentence names.",
        ),
        "hands_between": (
            "{depth} main{s} entre l’information et cet article",
            "{depth} hand{s} between the information and this article",
        ),
        "probability": ("probabilité {share}", "probability {share}"),
        "threshold": ("seuil {share}", "threshold {share}"),
        "weights": ("mots décisifs", "deciding words"),
        "weights_why": (
            "Les mots qui pèsent le plus dans la décision du modèle.",
            "The words that weigh most in the model’s decision.",
        ),
        "no_cue": ("aucun mot ne ressort", "no word stands out"),
        "evidence": ("Relevé des indices", "List of the evidence"),
        "no_evidence": (
            "Rien n’est signalé dans ce texte.",
            "Nothing is pointed out in this text.",
        ),
        "headline": ("titre", "headline"),
        "sentence": ("phrase {index}", "sentence {index}"),
        "withdrawn": ("retiré", "withdrawn"),
        "own_publisher": (
            "le média crédité est l’éditeur de l’article, {detail}",
            "the credited outlet is the article’s own publisher, {detail}",
        ),
        "not_french": (
            "ce texte ne semble pas être en français (langue reconnue\u00a0: {detail})\u00a0; "
            "les étiquettes n’y valent guère",
            "this text does not look French (language found: {detail}); the labels mean little",
        ),
        "no_sentence": ("aucune phrase à étiqueter", "no sentence that could be labelled"),
        "truncated": (
            "phrases trop longues pour ce modèle, lues en partie\u00a0: {detail}",
            "sentences too long for this model, read in part: {detail}",
        ),
        "withdrawn_because": ("retiré\u00a0: {reason}", "withdrawn: {reason}"),
        "hidden": ("masqué", "hidden"),
        "hidden_list": ("Masqué\u00a0: {names}", "Hidden: {names}"),
        "warning": ("Attention\u00a0: ", "Warning: "),
        "model": ("Modèle et seuils", "Model and thresholds"),
        "article_id": ("identifiant", "identifier"),
        "article_language": ("langue", "language"),
    }
)


def phrase(code: str, language: str) -> str:
    """Return the words for a warning or a reason such as ``not_french:en``.

    What has no words of its own is returned as it is.
    """
    key, _, detail = code.partition(":")
    return say(key, language, detail=detail) if key in _WORDS else code


def say(key: str, language: str, **values: object) -> str:
    """Return the words for ``key``; ``s`` is the plural's ending for the first number given.

    French puts nought and one in the singular, English one alone.
    """
    template = _WORDS[key][0 if language == "fr" else 1]
    count = next((v for v in reversed(values.values()) if isinstance(v, int)), 1)
    plural = count > 1 if language == "fr" else count != 1
    return template.format(s="s" if plural else "", **values)


def percent(value: float | None, language: str) -> str:
    """Return a share or probability as a whole percentage; nothing is rounded to 0 or 1."""
    if value is None or value != value:
        return "–"
    bound = "" if value in (0, 1) else "< " if value < 0.005 else "> " if value >= 0.995 else ""
    whole = 1 if bound == "< " else 99 if bound == "> " else round(value * 100)
    return f"{bound}{whole}\u202f%" if language == "fr" else f"{bound}{whole}%"
