"""What the command line says on a terminal, or as JSON: sentences, tables, progress.

One module per stage tells what that stage made; `console` writes, `faults` tells what is wrong
with an input. Nothing here computes, exits or knows the options of the command line.
"""
