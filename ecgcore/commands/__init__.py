"""The commands of ``python -m ecgcore``, a module each; `ecgcore.cli` lists them."""
