"""ECGs outside the study: what the MI models call them, and the score that warns of them."""
