"""Figures about explanations: shares of a map, the map on the median beat, the audit."""
