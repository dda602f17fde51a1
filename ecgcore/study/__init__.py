"""The published study: plan, runs, published figures, claims and tables."""
