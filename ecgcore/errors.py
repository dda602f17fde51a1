"""Errors that a user can act on: every message names the value, the limit and what to do."""


class EcgError(Exception):
    """Base of all errors that the pages and the command line show as a message."""


class RecordError(EcgError):
    """A recording is missing, damaged, or not a usable 12-lead ECG."""


class CatalogError(EcgError):
    """A data folder, its tables or its signal store is missing or inconsistent."""


class ModelError(EcgError):
    """A model card or its weights are missing, damaged or do not fit."""


class JobError(EcgError):
    """A background job cannot be queued, started or found."""


class ReviewError(EcgError):
    """What a reader keeps, such as a filter with a name, cannot be kept or found."""
