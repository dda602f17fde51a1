"""Explanations: one record, and the audit."""
