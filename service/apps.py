from django.apps import AppConfig


class ServiceConfig(AppConfig):
    name = "service"

    def ready(self) -> None:
        # Late: letters need the models.
        from service import letters

        letters.register_all()
