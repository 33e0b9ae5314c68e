from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # Late: letters and lookups need the models.
        from accounts import letters, search

        letters.register_all()
        search.register_lookup()
