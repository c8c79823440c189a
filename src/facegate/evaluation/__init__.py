"""Measuring how well the engine tells people apart: data sets, metrics, calibration.

`python -m facegate.evaluation.calibrate` writes the shipped table, `python -m facegate.evaluation.lfw` measures the
accuracy on LFW's test pairs, `python -m facegate.evaluation.galleries` measures 1:N searches.
"""
