from django.apps import AppConfig


class GradingConfig(AppConfig):
    name = "grading"

    def ready(self) -> None:
        from courses import kinds
        from grading import audit_words, queue
        from grading.checked_kind import CheckedKind
        from grading.kinds import NotebookKind
        from grading.services import telling
        from people import notification_kinds
        from records import periodic

        kinds.register(NotebookKind())
        kinds.register(CheckedKind())
        notification_kinds.register(*telling.KINDS)
        audit_words.register()
        periodic.register("grading.queue", every=queue.DISPATCH_SECONDS, run=queue.dispatch)
