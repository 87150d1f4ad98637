"""The whole chain on one machine: emulator, storage server and subscriber as child processes."""
