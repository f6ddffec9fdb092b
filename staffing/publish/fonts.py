"""Fonts that readers have, for pages that carry none of their own."""

PAGE = "system-ui, 'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
"""In order of preference: the system's, then those with Chinese characters."""
