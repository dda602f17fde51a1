"""Studies of many readers and many cases: Obuchowski and Rockette's analysis, and its power."""
