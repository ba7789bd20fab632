from django.apps import AppConfig


class GradingConfig(AppConfig):
    name = "grading"

    def ready(self) -> None:
        from courses import kinds
        from grading import queue
        from grading.kinds import NotebookKind
        from records import periodic

        kinds.register(NotebookKind())
        periodic.register("grading.queue", every=queue.DISPATCH_SECONDS, run=queue.dispatch)
