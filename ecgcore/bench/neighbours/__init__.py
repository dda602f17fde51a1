"""What is measured about the study's neighbours: the leak of folds by record, a baseline."""
