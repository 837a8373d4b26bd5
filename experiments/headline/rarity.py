"""Write classifier/resources/rarity.json: how many OrangeSum articles hold each stem.

    python -m experiments.headline.rarity

Articles older than the test part alone. Stems that stand for names and peoples (capitalised inside
a sentence in a sixteenth of their places) are left out, so that every name weighs the same; so are
stems so rare that they have the highest weight anyway. Counts are rounded to two digits to keep the
file small.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from pathlib import Path

from classifier.article.similarity import RAREST, stem
from classifier.corpus.headlines import NEWEST
from classifier.corpus.sources import load_text

CAPITALS = 0.06
_INSIDE = re.compile(r"(?<=[\w,] )[^\W\d_]{3,}")


def main() -> None:
    """Count and write."""
    counts: Counter[str] = Counter()
    places: Counter[str] = Counter()
    capitals: Counter[str] = Counter()
    documents = 0
    for article in load_text("orangesum").values():
        if article.published[:10] >= NEWEST:
            continue
        documents += 1
        words = set(re.findall(r"[^\W\d_]{3,}", f"{article.title} {article.text}"))
        counts.update({stem(word) for word in words})
        for match in _INSIDE.finditer(article.text):
            places[stem(match[0])] += 1
            capitals[stem(match[0])] += match[0][0].isupper()
    grouped: dict[int, list[str]] = defaultdict(list)
    for word, count in sorted(counts.items()):
        rare = math.log(documents / count) >= RAREST
        if not rare and capitals[word] < CAPITALS * places[word]:
            digits = max(len(str(count)) - 2, 0)
            grouped[round(count, -digits)].append(word)
    table = {str(count): " ".join(words) for count, words in sorted(grouped.items())}
    path = Path("classifier/resources/rarity.json")
    head = {"source": "OrangeSum, articles before 2020-06-15", "licence": "CC BY-SA 4.0"}
    document = {**head, "documents": documents, "stems": table}
    path.write_text(json.dumps(document, ensure_ascii=False, indent=0) + "\n", "utf-8")
    print(f"{path}: {sum(map(len, grouped.values()))} stems of {documents} articles")


if __name__ == "__main__":
    main()
