"""Figures of readers: what each achieves alone and with advice."""
