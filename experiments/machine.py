"""What figures were measured on."""

from __future__ import annotations

import platform
from pathlib import Path


def describe_processor() -> str:
    """Return the processor's name, as Linux gives it."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text("utf-8").splitlines() if told.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
