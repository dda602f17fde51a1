"""Background jobs in processes of their own."""
