"""A sibling: the memory."""

from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    name = "archive"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from archive.domain import acts, verification
        from archive.interfaces import archivist_desk, panel

        acts.register()
        verification.register()
        archivist_desk.register()
        panel.add()
