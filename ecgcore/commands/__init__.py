"""The commands of ``python3.11 -m ecgcore``, a module each; `ecgcore.cli` lists them."""
