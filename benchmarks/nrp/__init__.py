"""Public nurse-rostering instances (Curtois & Qu 2014) through the roster engine."""
