from django.apps import AppConfig


class CoursesConfig(AppConfig):
    name = "courses"

    def ready(self) -> None:
        from courses import audit_words, kinds, reading, telling
        from people import notification_kinds

        kinds.register(reading.Reading())
        notification_kinds.register(*telling.KINDS)
        audit_words.register()
