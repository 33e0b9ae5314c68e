from django.apps import AppConfig


class BaseConfig(AppConfig):
    name = "base"

    def ready(self) -> None:
        # Its job clears up in a process that never counts, too.
        from base import throttle  # noqa: F401
