"""The study's neighbours judged: who answers, what is called, recordings from elsewhere."""
