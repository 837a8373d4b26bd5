"""A rereading of suspected labels: read, applied to gold, counted."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from classifier.corpus.annotations import DocumentMark
from classifier.corpus.audit import AuditRecord, apply_verdicts, read_audit, read_verdicts
from classifier.errors import FaultsError

from .samples import HEDGING, RELAY, annotate, article, hedge, relay

TEXT = annotate(
    article(
        "quai",
        "Selon la mairie, le quai ferme lundi.",
        "Le quai a été repeint, rapporte La Gazette.",
        "Il fait beau.",
    ),
    {0: hedge((0, 15, "frame")), 1: relay(1)},
)


def verdicts(
    tmp_path: Path, *lines: str
) -> tuple[list[DocumentMark], AuditRecord | None, FaultsError | None]:
    path = tmp_path / "quai.audit"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    try:
        read = read_verdicts(path, {TEXT.document.key: TEXT})
    except FaultsError as error:
        return [], None, error
    corrected, record = apply_verdicts([TEXT.document], read)
    return corrected, record, None


def test_keep_none_and_new_labels_are_applied_and_counted(tmp_path: Path) -> None:
    after, record, _ = verdicts(
        tmp_path, "## gazette/quai", "0 | keep", "1 | none", "2 | H.doubt | beau"
    )
    marks = after[0].sentences
    assert set(marks[0].labels) == {HEDGING}
    assert marks[1].labels == {}
    assert marks[2].labels[HEDGING].cues == ((8, 12, "doubt"),)
    assert record is not None
    assert record.reread == {"gazette/quai": (0, 1, 2)}
    assert record.changed == {"gazette/quai": (1, 2)}
    assert record.error_rate == pytest.approx(2 / 3)


def test_a_new_answer_equal_to_gold_is_reread_but_not_changed(tmp_path: Path) -> None:
    _, record, _ = verdicts(tmp_path, "## gazette/quai", "0 | H.frame | Selon la mairie")
    assert record is not None
    assert record.reread == {"gazette/quai": (0,)}
    assert record.changed == {}


def test_lines_for_a_unit_replace_its_whole_gold(tmp_path: Path) -> None:
    after, _, _ = verdicts(tmp_path, "## gazette/quai", "1 | H.doubt | repeint")
    assert set(after[0].sentences[1].labels) == {HEDGING}
    assert RELAY not in after[0].sentences[1].labels


def test_every_fault_is_named_with_its_line(tmp_path: Path) -> None:
    _, _, error = verdicts(
        tmp_path, "## gazette/autre", "0 | keep", "## gazette/quai", "0 | H.frame | selon le maire"
    )
    assert error is not None
    assert "quai.audit:1" in str(error)
    assert "quai.audit:4" in str(error)


def test_nothing_reread_has_no_error_rate() -> None:
    assert math.isnan(AuditRecord({}, {}).error_rate)


def test_audits_add_up(tmp_path: Path) -> None:
    first = AuditRecord({"a/1": (0, 2)}, {"a/1": (2,)})
    both = first | AuditRecord({"a/1": (2, 5), "b/1": (1,)}, {})
    assert both == AuditRecord({"a/1": (0, 2, 5), "b/1": (1,)}, {"a/1": (2,)})
    assert both.error_rate == pytest.approx(1 / 4)
    path = tmp_path / "audit.json"
    assert read_audit(path) == AuditRecord({}, {})
    path.write_text('{"reread": {"a/1": [0, 2]}, "changed": {"a/1": [2]}}', "utf-8")
    assert read_audit(path) == first
    path.write_text('{"reread": 3}', "utf-8")
    with pytest.raises(FaultsError, match="a record of audits"):
        read_audit(path)
