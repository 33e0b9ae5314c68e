from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # Late: letters and lookups need the models.
        from accounts import counter_locks, jobs, letters, search  # noqa: F401 - makes its job
        from base import retry_after

        counter_locks.install()
        retry_after.note_refusals()
        letters.register_all()
        search.register_lookup()
