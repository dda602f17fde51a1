"""Teaching: read first, then see label and models; again after days; scored beside the models."""
