"""Read, explain and calibrate 12-lead ECG models under uncertain labels; knows no screen."""

__version__ = "0.1.0"
