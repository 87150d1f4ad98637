"""Object stores: the Protocol `Store`, for Cloud Storage, a directory and memory.

Used from outside: base.Store, base.StoredObject, gcs.GcsStore, directory.DirectoryStore,
directory.path_of, in_memory.InMemoryStore.
"""
