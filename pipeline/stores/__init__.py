"""Object stores: one Protocol; Google Cloud Storage, a directory, memory."""
