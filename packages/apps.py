from django.apps import AppConfig


class PackagesConfig(AppConfig):
    name = "packages"

    def ready(self) -> None:
        from packages import letters  # Late: the letters need the models.

        letters.register_all()
