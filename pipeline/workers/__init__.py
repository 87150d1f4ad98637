"""Settings -> a target that takes deliveries, and the process that pulls them for it.

Other folders use targets.make_target and targets.NAMES; cli starts pull_supervisor, which starts
pull_worker.
"""
