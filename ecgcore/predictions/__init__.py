"""Logits of every model for every record, ensembles of seeds and their decisions."""
