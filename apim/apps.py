from django.apps import AppConfig


class ApimConfig(AppConfig):
    name = "apim"

    def ready(self) -> None:
        from apim import checks  # noqa: F401 - registering is the import's purpose
