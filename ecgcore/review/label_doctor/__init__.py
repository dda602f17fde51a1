"""Label against measurement: statements that a measured value can confirm or contradict."""
