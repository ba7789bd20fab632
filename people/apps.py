from django.apps import AppConfig

from records import periodic


class PeopleConfig(AppConfig):
    name = "people"

    def ready(self) -> None:
        from people.services.standing import take_effect

        # Midnight comes to each affiliate at its own hour.
        periodic.register("people.take_effect", every=30, run=take_effect)
