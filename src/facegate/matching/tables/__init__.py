"""The calibration tables that ship with the package, written by `python -m facegate.evaluation.calibrate`."""
