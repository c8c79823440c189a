"""From similarities to decisions: calibration tables, 1:1 and 1:N decisions, votes over frames, words and odds.

Pure: no clock, no files but the shipped table, no engine.
"""
