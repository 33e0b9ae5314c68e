from django.apps import AppConfig


class GatewayConfig(AppConfig):
    name = "gateway"

    def ready(self) -> None:
        from gateway import jobs  # noqa: F401 - making the job is the import's purpose
