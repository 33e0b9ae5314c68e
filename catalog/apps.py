from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"

    def ready(self) -> None:
        from catalog import letters  # Late: the letters need the models.

        letters.register_all()
