"""Vega, vega-lite and vega-embed, which draw the charts of every page."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

MADE_BY = """
import sys, vl_convert
bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
sys.stdout.buffer.write(bundle.encode("utf-8"))
"""


@cache
def library() -> str:
    """Return the charts' library as one script, from the wheel, never the network.

    Raises
    ------
    RuntimeError
        When it would end its own script element in a page.
    """
    process = making()
    content, _ = process.communicate()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, "vl_convert.javascript_bundle")
    bundle = content.decode("utf-8")
    if "</script" in bundle.lower():
        raise RuntimeError("the bundled charts library would end its own script element")
    return bundle


@cache
def making() -> subprocess.Popen[bytes]:
    """Begin to make it, where that is not done yet: it takes a second.

    A process of its own, as all Python of this one would stand still. A command that writes a
    page at its end, and only seconds from now, calls this first.
    """
    return subprocess.Popen(  # noqa: S603 - a constant of ours
        [sys.executable, "-c", MADE_BY],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # nobody may be left to take what it makes
    )
