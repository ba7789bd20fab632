from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "records"

    def ready(self) -> None:
        from records import particles, periodic
        from records.longjobs import leftovers, queue
        from records.mail import delivery, keeping

        periodic.register("records.longjobs", every=queue.DISPATCH_SECONDS, run=queue.dispatch)
        periodic.register("records.results", every=queue.EXPIRY_SECONDS, run=queue.remove_expired)
        periodic.register("records.mail", every=delivery.EVERY, run=delivery.deliver, apart=True)
        periodic.register("records.leftovers", every=leftovers.EVERY, run=leftovers.remove_leftovers)
        periodic.register("records.old_mail", every=keeping.EVERY, run=keeping.remove_old)
        particles.install()
