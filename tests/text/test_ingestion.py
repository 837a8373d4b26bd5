from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
import os
import pickle
import sys
import tracemalloc
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifier.errors import Fault, MissingExtraError
from classifier.records import Article
from classifier.text.decoding import LineDecoder, decode
from classifier.text.ingestion import MAX_FILE_BYTES, MAX_LINE_BYTES, read_articles

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures" / "ingestion"
FRENCH = (
    "Le préfet l’a confirmé : « Les élèves de l’école dînaient à Nîmes », où ça brûlait déjà. "
    "Selon la mairie, les dégâts s’élèveraient à 3 000 francs."
)


def read(*paths: str | Path, stdin: bytes | None = None) -> tuple[list[Article], list[Fault]]:
    faults: list[Fault] = []
    stream = None if stdin is None else io.BytesIO(stdin)
    return list(read_articles(paths, on_fault=faults.append, stdin=stream)), faults


def write(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def only_article(path: Path) -> Article:
    articles, faults = read(path)
    assert faults == []
    assert len(articles) == 1
    return articles[0]


def only_fault(path: Path) -> Fault:
    articles, faults = read(path)
    assert articles == []
    assert len(faults) == 1
    return faults[0]


class TestPlainText:
    def test_seed_has_title_publisher_and_the_rest_unchanged(self) -> None:
        path = ROOT / "seeds" / "000_c8f4650f96df5b00.txt"
        article = only_article(path)
        title, body = path.read_text("utf-8").split("\n", 1)
        assert article.id == "000_c8f4650f96df5b00"
        assert article.title == title
        assert article.publisher == "Meguetan Infos"
        assert article.text == body
        assert article.origin == str(path)

    @pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
    def test_newlines_stay_as_they_are(self, tmp_path: Path, newline: str) -> None:
        lines = ["", " Titre", "Le Soir", "", "Corps.", ""]
        article = only_article(write(tmp_path, "a.txt", newline.join(lines)))
        assert (article.title, article.publisher) == ("Titre", "Le Soir")
        assert article.text == newline.join(lines[2:])

    @pytest.mark.parametrize("content", ["Une seule ligne", "\nUne seule ligne\n\n"])
    def test_one_line_is_a_text_without_title(self, tmp_path: Path, content: str) -> None:
        article = only_article(write(tmp_path, "a.txt", content))
        assert (article.title, article.publisher, article.text) == ("", "", content)

    @pytest.mark.parametrize(
        "second",
        [
            "Une phrase courte.",
            "Vraiment ?",
            "« Non merci »",
            "Par Jeanne Martin",
            "Source : Tass",
            "Publié le 3 mai",
            "Lundi 3 juin 2024",
            "Une deuxième ligne bien trop longue pour nommer qui publie cet article",
        ],
    )
    def test_no_publisher_in(self, tmp_path: Path, second: str) -> None:
        article = only_article(write(tmp_path, "a.txt", f"Titre\n{second}\nLa suite."))
        assert article.publisher == ""
        assert article.text.startswith(second)

    def test_two_lines_are_title_and_text_never_publisher(self, tmp_path: Path) -> None:
        article = only_article(write(tmp_path, "a.txt", "Titre\nTexte court"))
        assert (article.publisher, article.text) == ("", "Texte court")


class TestHtml:
    def test_page_becomes_paragraphs_without_its_frame(self) -> None:
        article = only_article(FIXTURES / "page.html")
        assert article.id == "page"
        assert article.title == "Le pont de Saint-Aubin fermé jusqu'à l'automne"
        assert article.publisher == "Le Courrier des Vallées"
        assert article.url == "https://courrier-des-vallees.example/2024/03/pont-saint-aubin"
        assert article.published == "2024-03-12"
        assert article.metadata["author"] == "Maëlle Quintin"
        paragraphs = article.text.split("\n")
        assert len(paragraphs) == 5
        assert paragraphs[0].startswith("La préfecture a annoncé mardi")
        assert paragraphs[2] == "Un détour de vingt kilomètres"
        assert paragraphs[-1] == "Source : Agence des Vallées"

    @pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1252"])
    def test_declared_encoding_is_used(self, tmp_path: Path, declared: str) -> None:
        page = (
            f'<html><head><meta charset="{declared}"></head><body><p>L’été\x96là.</p></body></html>'
        )
        page = page.replace("\x96", "–")
        article = only_article(write(tmp_path, "a.htm", page.encode("cp1252")))
        assert article.text == "L’été–là."

    def test_unknown_declared_encoding_falls_back_on_detection(self, tmp_path: Path) -> None:
        page = f'<html><head><meta charset="martien"></head><body><p>{FRENCH}</p></body></html>'
        assert only_article(write(tmp_path, "a.html", page.encode("cp1252"))).text == FRENCH

    @pytest.mark.parametrize(
        "page", ["<html><body></body></html>", "<p></p>", "<div>" * 5000 + "x", "   "]
    )
    def test_page_without_article_is_a_fault(self, tmp_path: Path, page: str) -> None:
        assert "no article" in only_fault(write(tmp_path, "a.html", page)).found


class TestJsonLines:
    def test_known_columns_and_the_others_as_metadata(self, tmp_path: Path) -> None:
        row = {
            "id": 12,
            "title": "T",
            "heading": "H",
            "publisher": "P",
            "url": "U",
            "published": "hier",
            "text": "Un.\r\nDeux.",
            "tags": ["a", {"b": None}],
            "note": None,
        }
        article = only_article(write(tmp_path, "a.ndjson", json.dumps(row)))
        expected = ("12", "T", "H", "P", "U", "hier", "Un.\r\nDeux.")
        assert expected == (
            article.id,
            article.title,
            article.heading,
            article.publisher,
            article.url,
            article.published,
            article.text,
        )
        assert article.metadata == {"tags": ["a", {"b": None}], "note": None}
        assert article.sentences is None
        assert pickle.loads(pickle.dumps(article)) == article

    def test_sentences_are_kept_one_to_one(self, tmp_path: Path) -> None:
        row = {"sentences": ["Un.", "Deux\nlignes.", ""], "text": "autre", "title": "Le Monde"}
        article = only_article(write(tmp_path, "a.jsonl", json.dumps(row)))
        assert article.sentences == ("Un.", "Deux\nlignes.", "")
        assert article.text == "Un.\nDeux\nlignes.\n"
        assert article.publisher == ""

    def test_first_line_of_the_text_column_is_no_title(self, tmp_path: Path) -> None:
        article = only_article(write(tmp_path, "a.jsonl", '{"text": "Titre\\nLe Soir\\nCorps."}'))
        assert (article.title, article.publisher) == ("", "")

    def test_missing_id_is_file_name_and_line(self, tmp_path: Path) -> None:
        path = write(tmp_path, "a.jsonl", '\n{"text": "x"}\n{"text": "y", "id": null}\n')
        assert [article.id for article in read(path)[0]] == ["a.jsonl:2", "a.jsonl:3"]

    def test_same_id_twice_is_legal(self, tmp_path: Path) -> None:
        path = write(tmp_path, "a.jsonl", '{"text": "x", "id": "1"}\n{"text": "y", "id": "1"}')
        articles, faults = read(path)
        assert [article.id for article in articles] == ["1", "1"]
        assert faults == []

    @pytest.mark.parametrize(
        ("line", "found", "expected"),
        [
            ("{pas du json", "broken JSON", "JSON object"),
            ('{"text": "jamais fini', "the line ends before the object does", "JSON object"),
            ("[1, 2]", "type array", "object"),
            ('"texte"', "type str", "object"),
            ("null", "type null", "object"),
            ('{"title": "x"}', "columns title", "column text"),
            ("{}", "columns none", "column text"),
            ('{"text": 5}', "type int at $.text", "str"),
            ('{"text": "a", "title": ["b"]}', "type array at $.title", "str"),
            ('{"sentences": ["a", 2]}', "type int at $.sentences[1]", "str"),
            ('{"sentences": "a"}', "type str at $.sentences", "array"),
            ('{"sentences": []}', "empty text", "text"),
            ('{"text": " \\n"}', "empty text", "text"),
            ('{"text": null}', "empty text", "text"),
            ('{"text": "a\\u0000b"}', "NUL character at character offset 1 of text", "text"),
            ('{"text": "\\ud800"}', "\\ud800 is half a surrogate pair", "JSON object"),
            ('{"text": "\\udc00 a"}', "\\udc00 is half a surrogate pair", "JSON object"),
            ('{"text": "a", "b": ' + "[" * 100_000, "nested too deeply", "object"),
            ('{"text": "a\x00"}', "NUL byte at byte offset 11 of the line", "text"),
        ],
    )
    def test_bad_line_beside_good_ones(
        self, tmp_path: Path, line: str, found: str, expected: str
    ) -> None:
        path = write(tmp_path, "a.jsonl", f'{{"text": "un"}}\n{line}\n{{"text": "deux"}}\n')
        articles, faults = read(path)
        assert [article.text for article in articles] == ["un", "deux"]
        assert [fault.where for fault in faults] == [f"{path}:2"]
        assert found in faults[0].found
        assert expected in faults[0].expected

    @pytest.mark.parametrize(
        "content", ['{\n"text": "a"\n}\n', '[\n{"text": "a"},\n{"text": 1}\n]']
    )
    def test_json_over_several_lines_ends_the_file(self, tmp_path: Path, content: str) -> None:
        articles, faults = read(write(tmp_path, "a.jsonl", content))
        assert articles == []
        assert [fault.where[-2:] for fault in faults] == [":1", ":2"]
        assert "several lines" in faults[1].found

    def test_line_of_50_megabytes_is_skipped_in_bounded_memory(self, tmp_path: Path) -> None:
        path = tmp_path / "a.jsonl"
        with path.open("wb") as stream:
            stream.write(b'{"text": "un"}\n{"text": "')
            for _ in range(50):
                stream.write(b"a" * 1_000_000)
            stream.write(b'"}\n{"text": "deux"}\n')
        tracemalloc.start()
        articles, faults = read(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert [article.text for article in articles] == ["un", "deux"]
        assert str(faults[0]).startswith(
            f"{path}:2: found a line of 50.0 MB; expected at most 8.4 MB"
        )
        assert peak < 3 * MAX_LINE_BYTES

    def test_longest_line_is_read(self, tmp_path: Path) -> None:
        frame = len('{"text": ""}\n')
        text = "a" * (MAX_LINE_BYTES - frame)
        path = write(tmp_path, "a.jsonl", f'{{"text": "{text}"}}\n{{"text": "{text}a"}}\n')
        articles, faults = read(path)
        assert [len(article.text) for article in articles] == [len(text)]
        assert [fault.where for fault in faults] == [f"{path}:2"]

    def test_memory_stays_flat(self, tmp_path: Path) -> None:
        path = write(tmp_path, "a.jsonl", (json.dumps({"text": FRENCH * 10}) + "\n") * 4000)
        assert path.stat().st_size > 6_000_000
        tracemalloc.start()
        count = sum(1 for _ in read_articles([path], on_fault=pytest.fail))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == 4000
        assert peak < 1_000_000


class TestCompressed:
    def test_gzip(self, tmp_path: Path) -> None:
        data = gzip.compress(b'{"text": "un"}\n') + gzip.compress(b'{"text": "deux"}\n')
        articles, faults = read(write(tmp_path, "a.jsonl.gz", data))
        assert [article.id for article in articles] == ["a.jsonl.gz:1", "a.jsonl.gz:2"]
        assert faults == []

    def test_zstandard(self, tmp_path: Path) -> None:
        pa = pytest.importorskip("pyarrow")
        path = tmp_path / "a.csv.zst"
        with pa.output_stream(str(path), compression="zstd") as stream:
            stream.write(b"text\nun\n")
        assert only_article(path).text == "un"

    @pytest.mark.parametrize("cut", ["gz", "zst"])
    def test_cut_file_gives_what_it_can_and_a_fault(self, tmp_path: Path, cut: str) -> None:
        lines = "".join(f'{{"text": "{os.urandom(500).hex()}"}}\n' for _ in range(2000)).encode()
        if cut == "gz":
            data = gzip.compress(lines)
        else:
            data = bytes(pytest.importorskip("pyarrow").compress(lines, "zstd"))
        articles, faults = read(write(tmp_path, f"a.jsonl.{cut}", data[: len(data) // 2]))
        assert 0 < len(articles) < 2000
        assert len(faults) == 1
        assert "cannot be read on" in faults[0].found
        assert faults[0].where.endswith(f":{len(articles) + 1}")

    def test_ending_lies(self, tmp_path: Path) -> None:
        assert "gzip" in only_fault(write(tmp_path, "a.jsonl.gz", b"{}\n")).found


class TestCsv:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
    def test_delimiter_and_newlines(self, tmp_path: Path, delimiter: str, newline: str) -> None:
        rows = [["id", "text", "ville"], ["1", '"Un, ; \tdeux"', "Lyon"], ["2", '"a ""b"""', "Pau"]]
        content = newline.join(delimiter.join(row) for row in rows)
        articles, faults = read(write(tmp_path, "a.csv", content))
        assert faults == []
        assert [article.text for article in articles] == ["Un, ; \tdeux", 'a "b"']
        assert [article.metadata["ville"] for article in articles] == ["Lyon", "Pau"]
        assert articles[1].origin.endswith("a.csv:3")

    def test_cells_over_several_lines_keep_their_newlines(self, tmp_path: Path) -> None:
        path = write(tmp_path, "a.csv", 'id,text\r\n1,"Un.\r\n\r\nDeux.\rTrois.\n"\r\n,Suite\r\n')
        articles, faults = read(path)
        assert faults == []
        assert articles[0].text == "Un.\r\n\r\nDeux.\rTrois.\n"
        assert articles[1].id == f"a.csv:{articles[1].origin.rpartition(':')[2]}"

    def test_sentences_are_a_json_list(self, tmp_path: Path) -> None:
        content = 'sentences\n"[""Un."", ""Deux.""]"\n"[1]"\npas du json\n'
        articles, faults = read(write(tmp_path, "a.csv", content))
        assert [article.sentences for article in articles] == [("Un.", "Deux.")]
        assert "type int at $[0]" in faults[0].found
        assert "malformed" in faults[1].found

    def test_rows_without_content_are_passed_over(self, tmp_path: Path) -> None:
        articles, faults = read(write(tmp_path, "a.csv", "id,text\n\n1,a\n,\n,,,,\n  \n2,b\n"))
        assert [article.id for article in articles] == ["1", "2"]
        assert faults == []

    @pytest.mark.parametrize(
        ("row", "found"),
        [
            ("2,trop,large", "3 cells"),
            ("seul", "1 cells"),
            ("2,", "empty text"),
            ('2,"jamais fermé', "broken row"),
            ('2,"mal "cité" ici"', "broken row"),
            ("2,nul \x00", "NUL byte"),
            ("2," + "a" * (MAX_LINE_BYTES + 9), "a line of 8.4 MB"),
        ],
    )
    def test_bad_row_beside_good_ones(self, tmp_path: Path, row: str, found: str) -> None:
        path = write(tmp_path, "a.csv", f'id,text\n1,"un"\n{row}\n3,"trois"\n4,"quatre"\n')
        articles, faults = read(path)
        assert [article.id for article in articles] == ["1", "3", "4"]
        assert [fault.where for fault in faults] == [f"{path}:3"]
        assert found in faults[0].found

    def test_quote_open_to_the_end_of_the_file_loses_one_row(self, tmp_path: Path) -> None:
        rows = "".join(f"{number},texte {number}\n" for number in range(3, 9))
        articles, faults = read(write(tmp_path, "a.csv", f'id,text\n2,"ouvert\n{rows}'))
        assert [article.id for article in articles] == ["3", "4", "5", "6", "7", "8"]
        assert "never closed" in faults[0].found

    def test_unreadable_line_inside_a_cell_costs_the_row(self, tmp_path: Path) -> None:
        content = b'id,text\n0,\xc3\xa9t\xc3\xa9\n1,"un\n\xff\xfe\nfin"\n2,deux\n'
        articles, faults = read(write(tmp_path, "a.csv", content))
        assert [article.id for article in articles] == ["0", "2"]
        assert [fault.where.rpartition(":")[2] for fault in faults] == ["4", "3", "5"]

    def test_row_over_the_limit_ends_at_the_limit(self, tmp_path: Path) -> None:
        line = "a" * 1_000_000
        content = 'id,text\n1,"' + f"{line}\n" * 12 + '"\n2,deux\n'
        articles, faults = read(write(tmp_path, "a.csv", content))
        assert [article.id for article in articles] == ["2"]
        assert "a row of" in faults[0].found

    def test_stray_quotes_everywhere_are_read_in_linear_time(self, tmp_path: Path) -> None:
        # Each line closes the row before it and opens another: one row of 2 MB, and never an end.
        articles, faults = read(write(tmp_path, "a.csv", 'id,text\nx,"y\n' + 'a",b,"c\n' * 250_000))
        assert articles == []
        assert faults[-1].fix.endswith("are left out.")

    @pytest.mark.parametrize(
        ("content", "found", "expected"),
        [
            ("id,text,text\n1,a,b\n", "column 'text' more than once", "once"),
            ("id,titre\n1,a\n", "columns id, titre", "column text"),
            ("", "an empty file", "CSV"),
            ("\n \n", "an empty file", "CSV"),
            ('id,"text\n', "never closed", "header"),
            ("id,text\n,\n", "a header without rows", "a row for each article"),
        ],
    )
    def test_bad_header(self, tmp_path: Path, content: str, found: str, expected: str) -> None:
        fault = only_fault(write(tmp_path, "a.csv", content))
        assert found in fault.found
        assert expected in fault.expected


class TestParquet:
    @pytest.fixture(autouse=True)
    def _needs_pyarrow(self) -> None:
        pytest.importorskip("pyarrow")

    def write(self, path: Path, columns: dict[str, Any]) -> Path:
        import pyarrow as pa
        from pyarrow import parquet

        parquet.write_table(pa.table(columns), path)
        return path

    def test_types(self, tmp_path: Path) -> None:
        import pyarrow as pa

        path = self.write(
            tmp_path / "a.parquet",
            {
                "id": [7, None, 9],
                "text": pa.array(["un", "deux", None], pa.large_string()),
                "publisher": pa.array(["A", None, "A"]).dictionary_encode(),
                "published": [date(2024, 5, 31), None, None],
                "vu": pa.array([1, 2, 3], pa.timestamp("ns")),
            },
        )
        articles, faults = read(path)
        assert [article.id for article in articles] == ["7", "a.parquet:2"]
        assert [article.publisher for article in articles] == ["A", ""]
        assert [article.published for article in articles] == ["2024-05-31", ""]
        assert list(articles[0].metadata) == ["vu"]
        assert [fault.where for fault in faults] == [f"{path}:3"]

    def test_sentences(self, tmp_path: Path) -> None:
        path = self.write(
            tmp_path / "a.parquet", {"sentences": [["Un.", "Deux."], [], ["a", None]]}
        )
        articles, faults = read(path)
        assert [article.text for article in articles] == ["Un.\nDeux."]
        assert [fault.where for fault in faults] == [f"{path}:2", f"{path}:3"]

    @pytest.mark.parametrize(
        ("columns", "found"),
        [
            ({"titre": ["a"]}, "the columns titre"),
            ({"text": [1]}, "the column text of type int64"),
            ({"text": ["a"], "title": [["b"]]}, "the column title of type list"),
            ({"text": []}, "a file without rows"),
        ],
    )
    def test_bad_columns(self, tmp_path: Path, columns: dict[str, Any], found: str) -> None:
        assert found in only_fault(self.write(tmp_path / "a.parquet", columns)).found

    def test_text_that_is_not_utf8_costs_one_row(self, tmp_path: Path) -> None:
        import pyarrow as pa

        raw = pa.array([b"un", b"\xff\xfe", b"trois"], pa.binary())
        path = self.write(tmp_path / "a.parquet", {"text": raw.view(pa.string())})
        articles, faults = read(path)
        assert [article.text for article in articles] == ["un", "trois"]
        assert [fault.where for fault in faults] == [f"{path}:2"]

    def test_damaged_files(self, tmp_path: Path) -> None:
        path = self.write(tmp_path / "a.parquet", {"text": [FRENCH] * 500})
        data = path.read_bytes()
        assert "not Parquet" in only_fault(write(tmp_path, "b.parquet", b"texte")).found
        assert "cannot be read on" in only_fault(write(tmp_path, "c.parquet", data[:-20])).found
        assert "not Parquet" in only_fault(write(tmp_path, "d.parquet", b"")).found

    @pytest.mark.parametrize("name", ["a.parquet", "a.jsonl.zst"])
    def test_without_pyarrow_the_extra_is_named_before_anything_is_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        first = write(tmp_path, "a.txt", "Texte.")
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        with pytest.raises(MissingExtraError, match=r"pip install 'cadrage\[batch\]'"):
            next(read_articles([first, write(tmp_path, name, b"")], on_fault=pytest.fail))


class TestEncodings:
    @pytest.mark.parametrize(
        "encoding",
        ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "mac-roman"],
    )
    @pytest.mark.parametrize("ending", ["txt", "jsonl", "csv"])
    def test_found_in_every_format(self, tmp_path: Path, encoding: str, ending: str) -> None:
        content = {
            "txt": FRENCH,
            "jsonl": '{"text": "ascii"}\n' + json.dumps({"text": FRENCH}, ensure_ascii=False),
            "csv": f'text\nascii\n"{FRENCH}"\n',
        }[ending]
        articles, faults = read(write(tmp_path, f"a.{ending}", content.encode(encoding)))
        assert faults == []
        assert articles[-1].text == FRENCH

    @pytest.mark.parametrize("encoding", ["latin-1", "iso8859-15"])
    def test_latin(self, encoding: str) -> None:
        text = FRENCH.replace("’", "'")
        if encoding == "iso8859-15":
            text = text.replace("francs", "€, un vœu et un bœuf")
        assert decode(text.encode(encoding), "a") == text

    def test_utf16_in_both_orders_and_long(self, tmp_path: Path) -> None:
        line = json.dumps({"text": FRENCH + " 😀"}, ensure_ascii=False) + "\n"
        for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
            path = write(tmp_path, "a.jsonl", mark + (line * 2000).encode(encoding))
            articles, faults = read(path)
            assert len(articles) == 2000
            assert {article.text for article in articles} == {FRENCH + " 😀"}
            assert faults == []

    def test_damaged_utf16(self, tmp_path: Path) -> None:
        data = b"\xff\xfe" + '{"text": "a"}\n'.encode("utf-16-le")
        articles, faults = read(write(tmp_path, "a.jsonl", data + b"\x00\xd8\x00"))
        assert len(articles) <= 1
        assert "cannot be decoded" in faults[0].found
        fault = only_fault(write(tmp_path, "b.txt", data + b"\x00\xd8\x00"))
        assert "byte offset 30" in fault.found

    def test_damaged_line_of_a_utf8_file(self, tmp_path: Path) -> None:
        content = b'{"text": "\xc3\xa9"}\n{"text": "\xe9"}\n{"text": "fin"}\n'
        articles, faults = read(write(tmp_path, "a.jsonl", content))
        assert [article.text for article in articles] == ["é", "fin"]
        assert "byte 0xE9 at byte offset 10" in faults[0].found
        assert faults[0].where.endswith(":2")

    def test_legacy_file_with_a_utf8_line(self) -> None:
        decoder = LineDecoder()
        assert decoder.decode(FRENCH.encode("cp1252"), "a:1") == FRENCH
        assert decoder.decode(FRENCH.encode(), "a:2") == FRENCH
        assert decoder.decode("réponse".encode("cp1252"), "a:3") == "réponse"

    def test_noise_names_the_byte_offset(self, tmp_path: Path) -> None:
        noise = b"abc" + bytes(byte for byte in range(128, 256) for _ in range(3)) * 4 + b"\x01"
        assert "at byte offset 3" in only_fault(write(tmp_path, "a.txt", noise)).found

    def test_other_languages_are_not_taken_for_western_ones(self) -> None:
        russian = "Президент заявил в понедельник, что переговоры возобновятся. " * 3
        assert decode(russian.encode("cp1251"), "a") == russian


class TestBinary:
    @pytest.mark.parametrize(
        ("head", "kind"),
        [
            (b"%PDF-1.7\n", "PDF"),
            (b"\x89PNG\r\n\x1a\n", "PNG"),
            (b"PK\x03\x04", "ZIP"),
            (b"\x1f\x8b\x08", "gzip"),
            (b"{\\rtf1", "RTF"),
            ("sans marque".encode("utf-16-le"), "binary data (NUL byte at offset 1)"),
        ],
    )
    @pytest.mark.parametrize("ending", ["txt", "html", "jsonl", "csv", "-"])
    def test_refused_in_every_format(
        self, tmp_path: Path, head: bytes, kind: str, ending: str
    ) -> None:
        data = head + b"\n1,2\n"
        if ending == "-":
            articles, faults = read("-", stdin=data)
        else:
            articles, faults = read(write(tmp_path, f"a.{ending}", data))
        assert articles == []
        assert len(faults) == 1
        assert kind in faults[0].found

    def test_single_nul_in_a_text(self, tmp_path: Path) -> None:
        fault = only_fault(write(tmp_path, "a.txt", FRENCH.encode() + b"\x00"))
        assert fault.found == f"a NUL character at character offset {len(FRENCH)}"

    @pytest.mark.parametrize("ending", ["txt", "html", "jsonl", "csv"])
    def test_empty_file(self, tmp_path: Path, ending: str) -> None:
        assert only_fault(write(tmp_path, f"a.{ending}", b"")).found == "an empty file"

    @pytest.mark.parametrize("ending", ["txt", "html"])
    def test_file_over_the_limit(self, tmp_path: Path, ending: str) -> None:
        path = write(tmp_path, f"a.{ending}", b"a" * (MAX_FILE_BYTES + 1))
        assert "more than 16.8 MB" in only_fault(path).found

    @pytest.mark.parametrize("content", [" \n\t\r\n", "\ufeff", "\ufeff\n"])
    def test_blank_text(self, tmp_path: Path, content: str) -> None:
        assert only_fault(write(tmp_path, "a.txt", content)).found == "an empty text"


class TestStandardInput:
    @pytest.mark.parametrize(
        ("data", "texts"),
        [
            (b'\n {"text": "un"}\n{"text": "deux"}\n', ["un", "deux"]),
            ('{"text": "é"}'.encode("utf-16"), ["é"]),
            (b"<!DOCTYPE html><html><body><p>Bonjour le monde.</p>", ["Bonjour le monde."]),
            (b"<p>Bonjour le monde.</p>", ["Bonjour le monde."]),
            ("Titre\nCorps né.".encode("cp1252"), ["Corps né."]),
            (b"Titre\n< 3 corps", ["< 3 corps"]),
        ],
    )
    def test_sniffed(self, data: bytes, texts: list[str]) -> None:
        articles, faults = read("-", stdin=data)
        assert [article.text for article in articles] == texts
        assert faults == []

    def test_ids_and_long_input(self) -> None:
        data = b'{"text": "a"}\n' * 50_000
        articles, faults = read("-", stdin=data)
        assert len(articles) == 50_000
        assert articles[-1].id == "stdin:50000"
        assert articles[-1].origin == "standard input:50000"
        assert faults == []

    def test_stream_stays_open(self) -> None:
        stream = io.BytesIO(b'{"text": "a"}\n')
        assert len(list(read_articles(["-"], on_fault=pytest.fail, stdin=stream))) == 1
        assert not stream.closed

    def test_nothing_comes_in(self) -> None:
        assert [fault.found for fault in read("-", stdin=b"")[1]] == ["an empty file"]

    def test_process_stdin_by_default(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"Bonjour.")))
        assert read("-")[0][0].id == "stdin"


@contextlib.contextmanager
def unprivileged() -> Iterator[None]:
    """Run as nobody where the tests run as root, whom no permission stops."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


class TestPaths:
    @pytest.fixture
    def tree(self, tmp_path: Path) -> Path:
        for name in ("b.txt", "a.txt", "c/d.JSONL", "c/z.md", ".cache/x.txt", "c/.x.txt"):
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text('{"text": "x"}')
        (tmp_path / "lien").symlink_to(tmp_path)
        return tmp_path

    def origins(self, tree: Path, *paths: str | Path) -> list[str]:
        articles, faults = read(*paths)
        assert faults == []
        return [article.origin.removeprefix(f"{tree}/").partition(":")[0] for article in articles]

    def test_folder_is_searched_in_order(self, tree: Path) -> None:
        assert self.origins(tree, tree) == ["a.txt", "b.txt", "c/d.JSONL"]

    def test_patterns(self, tree: Path) -> None:
        assert self.origins(tree, tree / "*.txt") == ["a.txt", "b.txt"]
        assert self.origins(tree, f"{tree}/c/*") == ["c/d.JSONL"]
        found = self.origins(tree, f"{tree}/**/[ad].*")
        assert found[:2] == ["a.txt", "c/d.JSONL"]

    def test_relative_and_repeated(self, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tree)
        assert self.origins(tree, "a.txt", "a.*", ".") == ["a.txt"] * 3 + ["b.txt", "c/d.JSONL"]

    def test_existing_name_is_no_pattern(self, tmp_path: Path) -> None:
        assert only_article(write(tmp_path, "[ab]*.txt", "x")).id == "[ab]*"

    @pytest.mark.parametrize(
        ("name", "found"),
        [
            ("nulle-part.txt", "nothing there"),
            ("*.nulle", "a pattern that no readable file matches"),
            ("c/z.md", "the ending '.md'"),
            ("sans", "no ending"),
            (".cache", "a folder with no readable file in it"),
            ("nul\x00.txt", "nothing there"),
        ],
    )
    def test_path_that_leads_nowhere_beside_good_ones(
        self, tree: Path, name: str, found: str
    ) -> None:
        (tree / "sans").write_text("x")
        (tree / ".cache" / "x.txt").unlink()
        path = tree / name
        articles, faults = read(tree / "a.txt", path, tree / "b.txt")
        assert [article.id for article in articles] == ["a", "b"]
        assert len(faults) == 1
        assert faults[0].where == str(path)
        assert found in faults[0].found

    def test_no_permission(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(tmp_path, "a.txt", "x")
        write(tmp_path, "b.txt", "x").chmod(0)
        (tmp_path / "c").mkdir(mode=0)
        tmp_path.chmod(0o755)
        monkeypatch.chdir(tmp_path)  # the folders above may be closed to nobody
        with unprivileged():
            articles, faults = read("b.txt", "c", "a.txt")
        assert [article.id for article in articles] == ["a"]
        assert [fault.where for fault in faults] == ["b.txt", "c"]
        assert all("Permission denied" in fault.found for fault in faults)

    def test_name_that_is_not_utf8(self, tmp_path: Path) -> None:
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt"))
        path.write_text("x")
        article = only_article(path)
        assert article.id == "caf\ufffd"
        assert article.origin.encode("utf-8").endswith(b"caf\xef\xbf\xbd.txt")

    def test_error_of_the_caller_is_not_taken_for_a_fault(self, tmp_path: Path) -> None:
        def full(fault: Fault) -> None:
            raise OSError(28, "No space left on device")

        with pytest.raises(OSError, match="No space left"):
            list(read_articles([write(tmp_path, "a.jsonl", b"x\n")], on_fault=full))


_relaxed = settings(
    deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
_body = _text.filter(lambda text: bool(text.strip()))
_article = st.fixed_dictionaries(
    {"id": st.text("abc123", min_size=1), "title": _text, "publisher": _text, "text": _body},
    optional={"rubrique": _text},
)
_parts = [b"{", b'"text":', b'"a"', b"}", b"\n", b"\r", b",", b";", b'"', b"text", b"\xe9", b"\x00"]
_bytes = st.binary(max_size=200) | st.lists(st.sampled_from(_parts), max_size=40).map(b"".join)


class TestProperties:
    @_relaxed
    @given(data=_bytes, prefix=st.sampled_from([b"", b"id,text\n", b"\xff\xfe", b"\xef\xbb\xbf"]))
    @pytest.mark.parametrize("ending", ["txt", "jsonl", "csv", "jsonl.gz"])
    def test_any_bytes_never_raise(
        self, tmp_path: Path, ending: str, prefix: bytes, data: bytes
    ) -> None:
        content = prefix + data
        if ending.endswith(".gz"):
            content = gzip.compress(content)[: len(content) * 2 or None]
        articles, faults = read(write(tmp_path, f"a.{ending}", content))
        assert articles or faults
        for article in articles:
            assert article.text.strip()
            assert "\x00" not in article.text
            (article.id + article.text + article.title).encode("utf-8")

    @_relaxed
    @given(bad=_bytes, place=st.integers(0, 2))
    def test_good_lines_survive_a_bad_one(self, tmp_path: Path, bad: bytes, place: int) -> None:
        bad = bad.translate(None, b"\n\x00")
        bad = b"x" + bad  # no byte-order mark, no signature of another format
        lines = [b'{"id": "a", "text": "\xc3\xa9"}', b'{"id": "b", "text": "y"}']
        lines.insert(place, bad)
        articles, faults = read(write(tmp_path, "a.jsonl", b"\n".join(lines)))
        assert [article.id for article in articles] == ["a", "b"]
        assert [fault.where[-2:] for fault in faults] == [f":{place + 1}"]

    @_relaxed
    @given(data=_bytes)
    def test_any_standard_input_never_raises(self, data: bytes) -> None:
        assert any(read("-", stdin=data))

    @settings(_relaxed, max_examples=25)
    @given(body=_text)
    def test_any_page_never_raises(self, tmp_path: Path, body: str) -> None:
        assert any(read(write(tmp_path, "a.html", f"<article><p>{body}</p><p>Fin</article>")))

    @_relaxed
    @given(text=_text)
    def test_plain_text_is_never_changed(self, tmp_path: Path, text: str) -> None:
        articles, _ = read(write(tmp_path, "a.txt", "\ufeff" + text))
        for article in articles:
            assert text.endswith(article.text)
            assert article.title in text
            assert article.publisher in article.text

    @settings(_relaxed, max_examples=40)
    @given(rows=st.lists(_article, min_size=1, max_size=5))
    @pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
    def test_round_trip(self, tmp_path: Path, ending: str, rows: list[dict[str, str]]) -> None:
        path = tmp_path / f"a.{ending}"
        columns = list(dict.fromkeys(name for row in rows for name in row))
        rows = [{name: row.get(name, "") for name in columns} for row in rows]
        if ending == "jsonl":
            path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        elif ending == "csv":
            with path.open("w", encoding="utf-8", newline="") as stream:
                table = csv.DictWriter(stream, columns)
                table.writeheader()
                table.writerows(rows)
        else:
            pa = pytest.importorskip("pyarrow")
            from pyarrow import parquet

            parquet.write_table(pa.Table.from_pylist(rows), path)
        articles, faults = read(path)
        assert faults == []
        got = [
            {
                "id": article.id,
                "title": article.title,
                "publisher": article.publisher,
                "text": article.text,
                **article.metadata,
            }
            for article in articles
        ]
        assert got == rows


def test_a_fault_names_the_id_of_its_row(tmp_path):
    source = tmp_path / "articles.jsonl"
    source.write_text('{"id": "a5", "text": ""}\n{"id": 7, "text": 3}\n{"text": ""}\n{', "utf-8")
    faults = []
    assert not list(read_articles([str(source)], on_fault=faults.append))
    assert [fault.id for fault in faults] == ["a5", "7", "", ""]
    assert "a5" not in str(faults[0])
