from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from records.longjobs import LongWork


class LmsConfig(AppConfig):
    name = "lms"

    def ready(self) -> None:
        # Services send tasks by name through `current_app`: it must be ours in every process.
        from lms import celery, context
        from people.audit.registry import Action, register_actions
        from records import longjobs

        celery.app.set_default()
        context.ask_for_the_frame()
        longjobs.register("seed_scale", label=_("A large group to measure on"), run=_fill_large_group)
        register_actions(
            admin__delete=Action(
                _("Row deleted by an operator"),
                _("{actor} deleted a row in the operators' pages."),
                "trash-2",
            )
        )


def _fill_large_group(work: LongWork) -> None:
    from lms.seed import scale  # no other process has a use for it

    scale.fill(work)
