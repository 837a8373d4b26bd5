"""What the outputs say of the chain of hands, in French and English."""

from __future__ import annotations

CHAIN_WORDS: dict[str, tuple[str, str]] = {
    "chain": ("Chaîne des sources", "Chain of sources"),
    "chain_hint": (
        "De droite à gauche, qui tient l’information de qui. Chaque case mène à la phrase qui le "
        "montre. Les cases en pointillé n’ont pas de nom.",
        "From right to left, who has it from whom. Each box leads to the sentence that shows it. "
        "Dotted boxes have no name.",
    ),
    "chain_none": (
        "Aucune source n’est nommée ni décrite dans les phrases signalées.",
        "No source is named or described in the sentences pointed out.",
    ),
    "chain_depth": ("{depth} main{s} au plus long", "{depth} hand{s} at the longest"),
    "chain_origins": (
        "{origins} origine{s} indépendante{s}",
        "{origins} independent origin{s}",
    ),
    "chain_unnamed": (
        "affirmations sans origine nommée\u00a0: {share}",
        "claims without a named origin: {share}",
    ),
    "chain_list": ("La chaîne en toutes lettres", "The chain in words"),
    "chain_root": ("cet article", "this article"),
    "chain_edge": ("{carrier} tient de {source}", "{carrier} has it from {source}"),
    "chain_node": ("{name} ({type}), phrase {index}", "{name} ({type}), sentence {index}"),
    "type_outlet": ("média", "outlet"),
    "type_agency": ("agence", "agency"),
    "type_institution": ("institution", "institution"),
    "type_person": ("personne", "person"),
    "type_document": ("document", "document"),
    "type_anonymous": ("source anonyme", "anonymous source"),
    "type_crowd": ("foule", "crowd"),
    "type_article": ("éditeur", "publisher"),
    "origin_named": ("origine nommée, de première main", "named origin, first-hand"),
    "origin_document": ("document nommé", "named document"),
    "origin_anonymous": ("origine anonyme", "anonymous origin"),
    "origin_missing": ("origine absente", "no origin"),
}
