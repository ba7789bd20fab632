from django.apps import AppConfig

from records import periodic


class PeopleConfig(AppConfig):
    name = "people"

    def ready(self) -> None:
        from people import notification_kinds
        from people.audit import words
        from people.export import register_export
        from people.moving import register_move
        from people.services import telling
        from people.services.accounts import forget_ended_sessions
        from people.services.standing import take_effect
        from people.signin import receivers  # noqa: F401 - listens

        notification_kinds.register(*telling.KINDS)
        words.register()
        register_export()
        register_move()
        # Midnight comes to each affiliate at its own hour.
        periodic.register("people.take_effect", every=30, run=take_effect)
        periodic.register("people.sessions", every=3600, run=forget_ended_sessions)
