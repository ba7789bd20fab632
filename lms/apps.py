from django.apps import AppConfig


class LmsConfig(AppConfig):
    name = "lms"

    def ready(self) -> None:
        # Services send tasks by name through `current_app`: it must be ours in every process.
        from lms import celery

        celery.app.set_default()
