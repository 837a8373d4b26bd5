"""The OpenAPI document: FastAPI lists the operations, the schemas come from where they are used.

Requests are described from the structs that decode them, scores from ``output.schema.json``.
"""

from __future__ import annotations

import copy
from typing import Any

import msgspec

from classifier.schema import load_schema, resource_bytes
from classifier.serving.problems import KINDS, MEDIA_TYPE, TYPE_PREFIX
from classifier.serving.requests import ArticleRequest, BatchRequest, ScoreRequest
from classifier.serving.settings import Settings

_JSON = "application/json"
_REF = "#/components/schemas/"

_EXAMPLES: dict[str, dict[str, Any]] = {
    "ScoreRequest": {
        "text": {
            "summary": "A body and its title",
            "value": {
                "id": "depeche-17",
                "title": "Le détroit sous tension",
                "publisher": "Le Courrier",
                "text": "Selon des sources proches du dossier, le port serait fermé lundi.\n"
                "Le ministre a menacé de fermer le détroit, rapporte l’agence Interfil.",
            },
        },
        "thresholds": {
            "summary": "Thresholds for this request alone",
            "value": {
                "text": "Le groupe aurait perdu deux cents hommes.",
                "thresholds": {"attribution_hedging": 0.8},
            },
        },
        "sentences": {
            "summary": "Sentences that are already cut",
            "value": {"sentences": ["Il pleut.", "Selon Reuters, le navire aurait coulé."]},
        },
        "html": {
            "summary": "A page; the article is looked for in it, nothing is fetched",
            "value": {
                "html": "<html><body><article><h1>Le port</h1><p>Selon le préfet, le port sera "
                "fermé toute la semaine, et les livraisons ne reprendront que lundi prochain.</p>"
                "</article></body></html>"
            },
        },
    },
    "BatchRequest": {
        "two": {
            "summary": "Two articles",
            "value": {
                "articles": [
                    {"id": "a", "text": "Selon Reuters, le navire aurait coulé."},
                    {"id": "b", "sentences": ["Il pleut."]},
                ]
            },
        }
    },
    "ArticleRequest": {
        "document": {
            "summary": "A whole plain text: the first line is its title",
            "value": {"document": "Le port ferme\nSelon le préfet, le port sera fermé lundi."},
        }
    },
}


def _refers(name: str) -> dict[str, Any]:
    return {"$ref": _REF + name}


def _answer(name: str, about: str) -> dict[str, Any]:
    return {"description": about, "content": {_JSON: {"schema": _refers(name)}}}


def _problems(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """Return the problem answers of an operation, by status."""
    found: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        status = KINDS[kind].status
        said = f"`{TYPE_PREFIX}{kind}`: {KINDS[kind].title}."
        if status in found:
            found[status]["description"] += f" {said}"
        else:
            schema = _refers("Problem")
            found[status] = {"description": said, "content": {MEDIA_TYPE: {"schema": schema}}}
    if 429 in found:
        about = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
        found[429]["headers"] = {"Retry-After": about}
    return found


_READING = (
    "malformed-json",
    "invalid-encoding",
    "unauthorized",
    "body-timeout",
    "too-large",
    "too-many-items",
    "unsupported-media-type",
    "wrong-host",
    "invalid-request",
    "unusable-article",
    "sentence-too-long",
    "busy",
    "time-limit",
)


def _takes(name: str) -> dict[str, Any]:
    content = {"schema": _refers(name), "examples": _EXAMPLES[name]}
    return {"requestBody": {"required": True, "content": {_JSON: content}}}


_LANGUAGE = {
    "name": "language",
    "in": "query",
    "description": "Language of the printable page.",
    "schema": {"type": "string", "enum": ["fr", "en"], "default": "fr"},
}

OPERATIONS: dict[str, dict[str, Any]] = {
    "/v1/articles:score": {
        "operation_id": "scoreArticle",
        "tags": ["articles"],
        "summary": "Score one article",
        "description": "The answer is what `cadrage score --format jsonl` writes, byte for byte, "
        "and `request_id`. `Accept: text/csv` and `text/html` give the table and the "
        "self-contained page. Offsets are Unicode code points.",
        "responses": {
            200: {
                "description": "The score.",
                "content": {
                    _JSON: {"schema": _refers("Score")},
                    "text/csv": {"schema": {"type": "string"}},
                    "text/html": {"schema": {"type": "string"}},
                },
            },
            **_problems(*_READING, "not-acceptable"),
        },
        "openapi_extra": {**_takes("ScoreRequest"), "parameters": [_LANGUAGE]},
    },
    "/v1/articles:batch": {
        "operation_id": "scoreArticles",
        "tags": ["articles"],
        "summary": "Score several articles",
        "description": "Each article has its score or its problem, in the order sent.",
        "responses": {200: _answer("BatchAnswer", "The results."), **_problems(*_READING)},
        "openapi_extra": _takes("BatchRequest"),
    },
    "/v1/articles:parse": {
        "operation_id": "parseArticle",
        "tags": ["articles"],
        "summary": "Tell what is read in an article, without scoring it",
        "description": "Title, text and publisher as they are found in plain text or HTML, and "
        "the SHA-256 that annotations of this text carry.",
        "responses": {200: _answer("ParsedArticle", "The article."), **_problems(*_READING)},
        "openapi_extra": _takes("ArticleRequest"),
    },
    "/v1/models/current": {
        "operation_id": "currentModel",
        "tags": ["model"],
        "summary": "The model in use: card, hash, thresholds, schema, limits",
        "responses": {
            200: _answer("Model", "The model."),
            **_problems("unauthorized", "wrong-host"),
        },
    },
    "/v1/labels": {
        "operation_id": "labels",
        "tags": ["model"],
        "summary": "The labels and their devices: definitions and examples",
        "responses": {
            200: _answer("Labels", "The labels."),
            **_problems("unauthorized", "wrong-host"),
        },
    },
    "/health/live": {
        "operation_id": "live",
        "tags": ["health"],
        "summary": "Whether the process answers",
        "responses": {200: _answer("Health", "It does.")},
    },
    "/health/ready": {
        "operation_id": "ready",
        "tags": ["health"],
        "summary": "Whether a model is loaded",
        "responses": {200: _answer("Health", "It is.")},
    },
    "/metrics": {
        "operation_id": "metrics",
        "tags": ["health"],
        "summary": "Counters for Prometheus",
        "responses": {
            200: {
                "description": "Prometheus text format.",
                "content": {"text/plain": {"schema": {"type": "string"}}},
            },
            **_problems("unauthorized", "wrong-host"),
        },
    },
}


def complete(document: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """Return FastAPI's document with schemas, limits and the key."""
    document = copy.deepcopy(document)
    # FastAPI describes an untyped answer by an empty schema beside ours; JSON it is not, here.
    content = document["paths"]["/metrics"]["get"]["responses"]["200"]["content"]
    content.pop(_JSON, None)
    document["info"]["description"] = (
        "Sentence-level framing of French news, with the words that show it. It signals ways of "
        "writing; it never says whether a piece of information is true or false."
    )
    document["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    document["components"] = {
        "schemas": _schemas(settings),
        "securitySchemes": {
            "key": {
                "type": "http",
                "scheme": "bearer",
                "description": "Needed where the server binds to more than the loopback address.",
            }
        },
    }
    document["security"] = [{}, {"key": []}]
    return document


def _schemas(settings: Settings) -> dict[str, Any]:
    _, requests = msgspec.json.schema_components(
        (ArticleRequest, ScoreRequest, BatchRequest), ref_template=_REF + "{name}"
    )
    found: dict[str, Any] = dict(requests)
    for name in ("ArticleRequest", "ScoreRequest"):
        found[name] = {**found[name], "minProperties": 1}
    for name in ("ScoreRequest", "BatchRequest"):
        found[name]["properties"]["thresholds"] = _thresholds(nullable=True)
    articles = found["BatchRequest"]["properties"]["articles"]
    articles.update(minItems=1, maxItems=settings.max_articles)
    found.update(_score_schemas())
    found["Thresholds"] = _thresholds(nullable=False)
    text, number = {"type": "string"}, {"type": "integer"}
    found["Problem"] = _object(
        {
            "type": {"type": "string", "enum": [TYPE_PREFIX + kind for kind in KINDS]},
            "title": text,
            "status": number,
            "detail": text,
            "fix": {"type": "string", "description": "What to do."},
            "request_id": text,
        },
        errors={
            "type": "array",
            "items": _object({"where": text, "found": text, "expected": text}),
        },
    )
    refused = copy.deepcopy(found["Problem"])
    refused["required"].remove("request_id")
    found["BatchAnswer"] = _object(
        {
            "results": {
                "type": "array",
                "items": {
                    "oneOf": [
                        _object({"score": _refers("ArticleScore")}),
                        _object({"problem": refused}),
                    ]
                },
            },
            "counts": _object({"scored": number, "failed": number}),
            "model": _refers("ModelInfo"),
            "request_id": text,
        }
    )
    about = {"model": _refers("ModelInfo"), "request_id": text}
    fields = ("id", "title", "heading", "text", "publisher", "url", "published", "sha256")
    found["ParsedArticle"] = _object({**dict.fromkeys(fields, text), **about})
    anything = {"type": "object"}
    found["Labels"] = _object(
        {
            "name": text,
            "version": text,
            "fingerprint": text,
            "labels": {"type": "array", "items": anything},
            **about,
        }
    )
    found["Model"] = _object(
        {
            "name": text,
            "version": text,
            "sha256": text,
            "thresholds": _refers("Thresholds"),
            "family": text,
            "card": anything,
            "schema": anything,
            "limits": anything,
            "cadrage": text,
            "request_id": text,
        }
    )
    found["Health"] = _object({"status": text, "request_id": text}, model=_refers("ModelInfo"))
    return found


def _object(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
        "additionalProperties": False,
    }


def _thresholds(*, nullable: bool) -> dict[str, Any]:
    share = {"type": "number", "minimum": 0, "maximum": 1}
    return {
        "type": ["object", "null"] if nullable else "object",
        "properties": dict.fromkeys(load_schema().names, share),
        "additionalProperties": False,
    }


def _score_schemas() -> dict[str, Any]:
    """Return the output schema's parts as components, and the score with its request id."""
    raw = resource_bytes("output.schema.json").decode()
    # Component names may hold no underscore-led surprise: they keep the schema's own, with a mark.
    output = msgspec.json.decode(raw.replace('"#/$defs/', f'"{_REF}output_'))
    parts = {f"output_{name}": part for name, part in output.pop("$defs").items()}
    for key in ("$schema", "$id"):
        output.pop(key)
    answer = copy.deepcopy(output)
    answer["title"] = "A scored article, and the request's id"
    answer["properties"]["request_id"] = {"type": "string"}
    answer["required"].append("request_id")
    return {
        **parts,
        "ArticleScore": output,
        "Score": answer,
        "ModelInfo": _refers("output_model"),
    }
