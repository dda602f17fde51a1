"""Attacks on a throw-away folder: uploads, mirrors, kills."""
