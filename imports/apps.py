from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "imports"

    def ready(self) -> None:
        # Late: it needs the models. A process that no page wakes processes what is due, too.
        from imports import jobs  # noqa: F401
