"""Words for headlines, signals and the resemblance score, in French and English."""

from __future__ import annotations

SIGNAL_WORDS: dict[str, tuple[str, str]] = {
    "headlines": ("Le titre et le corps", "Headline and body"),
    "of_title": ("Titre", "Headline"),
    "of_heading": ("Chapô", "Standfirst"),
    "carried_by": ("proche de {sentences}", "close to {sentences}"),
    "carried_by_none": (
        "aucune phrase du corps ne porte nettement ce qu’il dit",
        "no sentence of the body clearly carries what it says",
    ),
    "match": ("phrase {index} ({share})", "sentence {index} ({share})"),
    "match_attributed": (
        "phrase {index} ({share}, rapportée ou prudente)",
        "sentence {index} ({share}, relayed or hedged)",
    ),
    "restricted_by": (
        "limite ou démenti à relire{colon}{sentences}",
        "limit or denial to reread{colon}{sentences}",
    ),
    "sentence_list": ("phrases {sentences}", "sentences {sentences}"),
    "similarity_hint": (
        "Entre parenthèses, la part des mots du titre que la phrase reprend.",
        "In brackets, the share of the headline’s words that the sentence takes up.",
    ),
    "keeps_attribution": (
        "garde l’attribution que donne le corps",
        "keeps the attribution that the body gives",
    ),
    "drops_attribution": (
        "omet l’attribution\u00a0: le corps cite ou réserve, le titre affirme",
        "drops the attribution: the body relays or hedges, the headline asserts",
    ),
    "drops_restriction": (
        "omet une limite que le corps énonce",
        "drops a limit that the body states",
    ),
    "raises": (
        "va plus loin que le corps\u00a0: verbe, nombre ou certitude",
        "goes further than the body: verb, number or certainty",
    ),
    "unsupported": ("ne se retrouve pas dans le corps", "is not found in the body"),
    "faithful": ("dit ce que dit le corps", "says what the body says"),
    "no_claim": ("n’affirme rien de comparable", "asserts nothing that could be compared"),
    "experimental": ("à titre d’essai", "experimental"),
    "signals": ("Signaux", "Signals"),
    "signals_hint": (
        "Des façons d’écrire, mesurées\u00a0; aucune ne dit si le texte est vrai.",
        "Ways of writing, measured; none says whether the text is true.",
    ),
    "hedged_share": ("phrases prudentes", "hedged sentences"),
    "relay_share": ("phrases relayées", "relayed sentences"),
    "relay_depth": ("mains dans une même phrase, au plus", "hands in one sentence, at most"),
    "claims_without_origin": (
        "affirmations rapportées sans origine nommée",
        "reported claims without a named origin",
    ),
    "independent_origins": ("origines indépendantes", "independent origins"),
    "threat_share": ("phrases de menace", "threatening sentences"),
    "headline_fidelity": (
        "titre sans écart avec le corps, probabilité d’après les mots",
        "headline without departure from its body, probability from the wording",
    ),
    "unsourced_superlatives": (
        "superlatifs sans source, pour 100 phrases",
        "unsourced superlatives, per 100 sentences",
    ),
    "unsourced_loaded_terms": (
        "termes chargés sans source, pour 100 phrases",
        "unsourced loaded terms, per 100 sentences",
    ),
    "more_than": (
        "au rang {share} parmi les articles de presse ordinaires",
        "at rank {share} among ordinary press articles",
    ),
    "no_percentile": ("sans repère\u00a0: {reason}", "no reference: {reason}"),
    "no_value": ("sans valeur\u00a0: {reason}", "no value: {reason}"),
    "no_chain": ("la chaîne des sources n’est pas établie", "the chain of sources is not drawn"),
    "no_claims": ("aucune affirmation rapportée", "no reported claim"),
    "experimental_classes": (
        "la probabilité d’un écart du titre n’est pas assez sûre pour être donnée",
        "the probability that a headline departs from its body is not sure enough to be given",
    ),
    "no_headline": ("pas de titre, ou pas de corps", "no headline, or no body"),
    "other_model": (
        "le repère a été établi avec un autre modèle",
        "the reference was built with another model",
    ),
    "other_thresholds": (
        "le repère a été établi avec d’autres seuils",
        "the reference was built with other thresholds",
    ),
    "other_resources": (
        "le repère a été établi avec un autre vocabulaire",
        "the reference was built with another vocabulary",
    ),
    "no_reference": ("trop peu d’articles de référence", "too few reference articles"),
    "resemblance": (
        "Ressemblance avec la pseudo-information connue",
        "Resemblance to known pseudo-news",
    ),
    "no_score": ("pas de nombre\u00a0: {reason}", "no number: {reason}"),
    "too_short": ("moins de 80 mots", "fewer than 80 words"),
    "outside_training": (
        "ce texte ne ressemble à aucun de ceux de l’apprentissage",
        "this text is unlike any that was trained on",
    ),
    "no_truth": (
        "Ce nombre ne dit rien de la vérité du texte.",
        "This number says nothing of the truth of the text.",
    ),
    "four_sites": (
        "Appris de quatre sites d’une seule campagne\u00a0; "
        "sur un site jamais vu, aire ROC {detail}.",
        "Learned from four sites of one campaign; on a site never seen, ROC area {detail}.",
    ),
    "topic_alone": (
        "Les seuls mots du sujet y atteignent {detail}\u00a0: le nombre tient en partie au sujet.",
        "Topic words alone reach {detail} there: the number is partly about the topic.",
    ),
    "other_press": (
        "De la presse régionale ordinaire dépasse 50\u202f% dans {detail}\u202f% des cas.",
        "Ordinary regional press gets more than 50% in {detail}% of cases.",
    ),
    "press_until_2020": (
        "La presse de comparaison s’arrête en 2020.",
        "The press it was compared with ends in 2020.",
    ),
    "non_commercial": (
        "Poids sous licence CC BY-NC 4.0\u00a0: recherche seulement.",
        "Weights under CC BY-NC 4.0: research only.",
    ),
}
