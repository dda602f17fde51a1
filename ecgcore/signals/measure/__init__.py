"""Rate, intervals, axes and amplitudes."""
