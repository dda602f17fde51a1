"""What readers say about a case: readings, rounds, adjudication, and the files that hold them."""
