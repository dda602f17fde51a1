"""Numbers about predictions: discrimination, calibration and the published figures beside them."""
