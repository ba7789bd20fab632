"""Mail leaves through the database: stored with the change that caused it, sent by the dispatcher, kept if it fails."""

from records.mail.outbox import queue_mail, retry_mail

__all__ = ["queue_mail", "retry_mail"]
