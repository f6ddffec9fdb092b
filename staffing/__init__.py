"""Staffing for third-party e-commerce customer service, from history to roster.

Data flows one way, and a folder is a stage:

    workspace (tables) + scenario (TOML)
      → forecast    contacts per shop and half hour, mean and quantiles
      → seats       seats per pool and half hour
      → roster      who works when: lawful, fair, with a proven bound
      → simulate    the roster replayed, agent by agent, against sampled arrivals
      → confirm     more asked and the roster repaired where the replay misses a target
      → plan        all of the above in a row
      → report      days that are over against forecast and roster
      → publish     workbook, page, tables, manifest
      → tell        what the command line says
      → commands    the commands themselves

Shared ground: ``grid`` (half hours and opening windows), ``errors`` (what can go wrong),
``words`` (how it is said in Chinese and English), ``queue`` (the replay's event loop).
"""
