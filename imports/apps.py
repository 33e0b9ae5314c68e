from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "imports"

    def ready(self) -> None:
        # Late: it needs the models. A process that no page wakes works off what is due, too.
        from imports import runner  # noqa: F401
