from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"

    def ready(self) -> None:
        # Late: both need the models.
        from catalog import jobs, letters  # noqa: F401 - making the job is the import's purpose

        letters.register_all()
