"""What every row has, and the rows that belong to no single app."""

from records.models.audit import AuditEvent
from records.models.base import Record, new_id
from records.models.lease import DispatcherLease
from records.models.longjob import LongJob
from records.models.mail import OutgoingMail

__all__ = ["AuditEvent", "DispatcherLease", "LongJob", "OutgoingMail", "Record", "new_id"]
