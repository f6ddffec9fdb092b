"""Rosters measured: invented instances, other programs beside the engine, one judge for all."""
