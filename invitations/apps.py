from django.apps import AppConfig


class InvitationsConfig(AppConfig):
    name = "invitations"

    def ready(self) -> None:
        # Late: both need the models.
        from invitations import jobs, letters  # noqa: F401 - making the job is the import's purpose

        letters.register_all()
