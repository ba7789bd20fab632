from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "records"

    def ready(self) -> None:
        from records import particles, periodic
        from records.longjobs import queue
        from records.mail import delivery

        periodic.register("records.longjobs", every=queue.DISPATCH_SECONDS, run=queue.dispatch)
        periodic.register("records.results", every=queue.EXPIRY_SECONDS, run=queue.remove_expired)
        periodic.register("records.mail", every=delivery.EVERY, run=delivery.deliver, apart=True)
        particles.install()
