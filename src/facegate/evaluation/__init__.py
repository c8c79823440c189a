"""Measuring how well the engine tells people apart: data sets, metrics, calibration.

`python -m facegate.evaluation.calibrate` writes the shipped table, `python -m facegate.evaluation.lfw` measures the
accuracy on the test pairs of LFW, `python -m facegate.evaluation.templates` measures photos against fused templates and
1:N searches.
"""
