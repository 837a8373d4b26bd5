"""Cadrage: sentence-level framing of French news, with evidence."""

__version__ = "0.1.0"
