"""Quotes: a prospect's facts -> seats -> costs -> prices."""
