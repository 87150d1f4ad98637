"""The whole chain on one machine: uploads in, documents out, each service a child process.

Used from outside: chain (running_chain, start_chain, save, load), services.start_target,
demo (upload, documents), drop_folder (Buckets, DropFolder, watch_folder),
emulator.start_emulator, storage_server.start_storage, processes.
"""
