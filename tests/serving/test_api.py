"""What the API answers, held against what the command line gives."""

from __future__ import annotations

import json

import jsonschema
import pytest

from classifier.cli import main
from classifier.schema import load_schema
from tests.conftest import SEED


def score_on_the_command_line(capsys, path, model, *options) -> str:
    assert main(["score", str(path), "--format", "jsonl", "--model", str(model), *options]) == 0
    return capsys.readouterr().out.rstrip("\n")


def without_request_id(body: bytes) -> str:
    text = body.decode()
    head, mark, rest = text.rpartition(',"request_id":"')
    assert mark
    assert rest.endswith('"}')
    return head + "}"


def test_a_score_is_the_command_lines_byte_for_byte(server, model_directory, seed, capsys):
    expected = score_on_the_command_line(capsys, SEED, model_directory)
    answer = server.score({"document": seed, "id": SEED.stem})
    assert answer.status == 200
    assert without_request_id(answer.body) == expected
    assert answer.json["request_id"] == answer.headers["x-request-id"]
    jsonschema.Draft202012Validator.check_schema(server.get("/openapi.json").json)


@pytest.mark.parametrize(
    "row",
    [
        {
            "id": "a",
            "title": "Titre\u2028",
            "text": "Selon l’AFP, le port 🚢 aurait fermé.\x85Fin.",
        },
        {"id": "b", "sentences": ["Il pleut.", "Le chef menace de fermer le port."]},
        {
            "id": "c",
            "publisher": "AFP",
            "text": "Rien ne presse, a-t-il dit à l'AFP.",
            "heading": "H",
        },
        {"id": "d", "text": "The minister said that the harbour was closed, according to AFP."},
    ],
)
def test_rows_of_a_table_too(server, model_directory, row, capsys, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row), "utf-8")
    expected = score_on_the_command_line(capsys, path, model_directory)
    assert without_request_id(server.score(row).body) == expected


def test_thresholds_of_one_request(server, model_directory, seed, capsys):
    thresholds = {"relay_sourcing": 0.9, "threat_rhetoric": 0.01}
    options = [f"--threshold={name}={value}" for name, value in thresholds.items()]
    expected = score_on_the_command_line(capsys, SEED, model_directory, *options)
    answer = server.score({"document": seed, "id": SEED.stem, "thresholds": thresholds})
    assert without_request_id(answer.body) == expected
    own = server.get("/v1/models/current").json["thresholds"]
    assert answer.json["model"]["thresholds"] == {**own, **thresholds}
    assert server.score({"text": "Oui."}).json["model"]["thresholds"] == own


def test_html_is_read_and_nothing_fetched(server):
    page = (
        "<html><head><title>Le port</title></head><body><article><h1>Le port</h1>"
        "<p>Selon le préfet, le port sera fermé toute la semaine, et les livraisons ne reprendront "
        "que lundi.</p><p>Le maire a visité la gare mardi matin avec son conseil.</p>"
        "</article></body></html>"
    )
    answer = server.score({"html": page})
    assert answer.status == 200
    assert any("préfet" in one["text"] for one in answer.json["sentences"])


def test_other_forms(server, seed):
    page = server.score({"document": seed}, Accept="text/html")
    assert page.headers["content-type"].startswith("text/html")
    assert "style-src 'sha256-" in page.headers["content-security-policy"]
    assert b"<article" in page.body
    table = server.score({"document": seed}, Accept="text/csv;q=0.9, image/png")
    assert table.headers["content-type"].startswith("text/csv")
    assert server.score({"document": seed}, Accept="image/png").status == 406
    assert server.score({"document": seed}, Accept="*/*").headers["content-type"] == (
        "application/json"
    )


def test_ids_are_stable(server):
    first, second = (server.score({"text": "Il pleut."}).json["id"] for _ in range(2))
    assert first == second
    assert server.score({"text": "Il neige."}).json["id"] != first


def test_a_batch_keeps_good_beside_bad(server):
    articles = [{"id": "a", "text": "Selon Reuters, oui."}, {"text": ""}, {"sentences": ["Non."]}]
    answer = server.ask("POST", "/v1/articles:batch", {"articles": articles})
    assert answer.status == 200
    assert answer.json["counts"] == {"scored": 2, "failed": 1}
    good, bad, other = answer.json["results"]
    alone = server.score(articles[0]).json
    alone.pop("request_id")
    assert good["score"] == alone
    assert bad["problem"]["type"] == "urn:cadrage:problem:unusable-article"
    assert "$.articles[1]" in bad["problem"]["detail"]
    assert other["score"]["sentences"][0]["text"] == "Non."
    many = {"articles": [{"text": "Oui."}] * 65}
    assert server.ask("POST", "/v1/articles:batch", many).status == 413
    assert server.ask("POST", "/v1/articles:batch", {"articles": []}).status == 422


def test_what_stands_about_the_model(server):
    schema = load_schema()
    model = server.get("/v1/models/current").json
    assert model["schema"]["fingerprint"] == schema.fingerprint
    assert list(model["thresholds"]) == list(schema.names)
    assert model["limits"]["max_articles"] == 64
    labels = server.get("/v1/labels").json
    assert labels["labels"] == json.loads(json.dumps(schema.as_dict()["labels"]))
    assert labels["model"]["sha256"] == model["sha256"]
    for path in ("/health/live", "/health/ready", "/v1/labels", "/nowhere", "/metrics", "/"):
        headers = server.get(path).headers
        assert headers["x-cadrage-model-sha256"] == model["sha256"]
        assert headers["x-request-id"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]


def test_metrics_count(server):
    server.score({"text": "Selon Reuters, oui."})
    text = server.get("/metrics").body.decode()
    assert 'cadrage_requests_total{route="/v1/articles:score",method="POST",status="200"}' in text
    assert 'cadrage_request_seconds_bucket{route="/v1/articles:score",le="+Inf"}' in text
    for line in text.splitlines():
        assert line.startswith("#") or float(line.rpartition(" ")[2]) >= 0


def test_every_example_works(server):
    document = server.get("/openapi.json").json
    tried = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            for example in content.get("application/json", {}).get("examples", {}).values():
                answer = server.ask(method.upper(), path, example["value"])
                assert answer.status == 200, answer.body
                tried += 1
    assert tried >= 6


def test_answers_follow_the_openapi_document(server, seed):
    document = server.get("/openapi.json").json

    def check(name: str, value: object) -> None:
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        jsonschema.Draft202012Validator(schema).validate(value)

    check("Score", server.score({"document": seed}).json)
    check("Problem", server.score({"nothing": 1}).json)
    check("Model", server.get("/v1/models/current").json)
    check("Labels", server.get("/v1/labels").json)
    check("Health", server.get("/health/ready").json)
    check("ParsedArticle", server.ask("POST", "/v1/articles:parse", {"document": seed}).json)
    articles = [{"text": "Oui."}, {"text": ""}]
    check("BatchAnswer", server.ask("POST", "/v1/articles:batch", {"articles": articles}).json)


def test_a_request_keeps_its_name(server):
    assert server.get("/health/live", X_Request_ID="my-17").headers["x-request-id"] == "my-17"
    answer = server.get("/health/live", X_Request_ID='a"b')
    assert answer.headers["x-request-id"] != 'a"b'
