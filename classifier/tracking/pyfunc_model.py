"""The model from code that mlflow runs: article texts in, the JSON of ``cadrage score`` out.

mlflow copies this file into each logged model and executes the copy: it must stand alone, and
it must not be imported by the package.
"""

from __future__ import annotations

from typing import Any

import mlflow.models
import mlflow.pyfunc
import pandas


class CadrageModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Scores each row: its ``text``, with ``id``, ``title``, ``heading``, ``publisher`` if sent."""

    def load_context(self, context: Any) -> None:
        from classifier.scoring import Scorer

        self.scorer = Scorer.load(context.artifacts["model"])

    def predict(self, context: Any, model_input: pandas.DataFrame) -> list[str]:
        from classifier.records import Article
        from classifier.rendering.jsonl import to_json

        texts = []
        for number, row in enumerate(model_input.to_dict("records"), start=1):
            sent = {key: str(value) for key, value in row.items() if not pandas.isna(value)}
            article = Article(
                id=sent.get("id", str(number)),
                text=sent.get("text", ""),
                title=sent.get("title", ""),
                heading=sent.get("heading", ""),
                publisher=sent.get("publisher", ""),
            )
            texts.append(to_json(self.scorer.score(article)))
        return texts


mlflow.models.set_model(CadrageModel())
