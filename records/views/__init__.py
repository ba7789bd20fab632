from records.views.jobs import cancel, job, job_file, job_state, jobs
from records.views.mails import mail, mails, retry

__all__ = ["cancel", "job", "job_file", "job_state", "jobs", "mail", "mails", "retry"]
