"""The commands by family: each parses, calls, tells and sets the exit code; no stage knows typer.

``options`` is what several commands take, ``reading`` how they read and speak. Whatever is heavy is
imported inside a command, so that ``--help`` does not pay for it.
"""
