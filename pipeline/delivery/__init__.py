"""One Pub/Sub message in, one disposition and one outcome document out.

Used from outside: notification.parse_push, notification.FINALIZED, acknowledgement.Acknowledger,
acknowledgement.Target, pull.StreamingPull, subscriber.Subscriber, processor.Processor,
opening.UploadOpener, recognition.target_long_side, dead_letters.make_dead_letters,
crash_journal.CrashJournal, result.DeliveryResult,
redelivery (connect, compare, announce, Pace, PendingUpload, Window).
"""
