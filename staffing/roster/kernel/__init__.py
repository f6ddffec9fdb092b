"""The compiled part of the search: one agent's days, everybody's seats, the walk over both."""
