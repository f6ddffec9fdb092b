"""Vega, vega-lite and vega-embed, which draw the charts of every page."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache

import vl_convert as vlc


def library() -> str:
    """Return the charts' library as one script, from the wheel, never the network.

    Raises
    ------
    RuntimeError
        When it would end its own script element in a page.
    """
    return making().result()


@cache
def making() -> Future[str]:
    """Begin to make it, where that is not done yet: it takes a second, and none of Python's time.

    A command that writes a page at its end, and only seconds from now, calls this first.
    """
    return ThreadPoolExecutor(1).submit(_made)


def _made() -> str:
    bundle = vlc.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    if "</script" in bundle.lower():
        raise RuntimeError("the bundled charts library would end its own script element")
    return bundle
