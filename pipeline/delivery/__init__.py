"""One Pub/Sub message in, one disposition and one outcome document out.

Used from outside: notification.parse_push, subscriber.Subscriber, processor.Processor,
dead_letters.make_dead_letters, crash_journal.CrashJournal, result.DeliveryResult,
redelivery (connect, compare, announce, Pace).
"""
