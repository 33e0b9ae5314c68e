from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # Late: letters and lookups need the models.
        from allauth.core.internal import ratelimit

        from accounts import letters, search
        from base import retry_after

        # allauth refuses whoever waits a second for a counter. Twenty colleagues behind one
        # address who accept their invitations at the same moment are no attack: let them queue.
        ratelimit.CACHE_LOCK_WAIT_TIMEOUT = 8
        retry_after.note_refusals()

        letters.register_all()
        search.register_lookup()
