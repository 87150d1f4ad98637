"""Measures memory and cores; admits work while slots and bytes are free.

Used from outside: admission.Budget, admission.OcrThreads, admission.slots_for,
admission.latest_admission, instance_time.InstanceTime,
process_memory (limit_bytes, resident_bytes, spare_bytes, headroom_bytes, trim_heap, state),
cpu.available_cores.
"""
