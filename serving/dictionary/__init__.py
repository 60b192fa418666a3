"""The indicator dictionary as people read it: a static, searchable page, and one entry for the command line.

What an indicator means is written in dbt_project and read here from ``dim_indicators``; nothing is defined here.
"""

from serving.dictionary.describe import Cell, lines, result, tables
from serving.dictionary.entries import FAMILIES, Entry, UnknownIndicatorError, look_up
from serving.dictionary.page import write

__all__ = ["FAMILIES", "Cell", "Entry", "UnknownIndicatorError", "lines", "look_up", "result", "tables", "write"]
