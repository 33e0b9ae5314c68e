from django.apps import AppConfig


class InvitationsConfig(AppConfig):
    name = "invitations"

    def ready(self) -> None:
        from invitations import letters  # Late: the letters need the models.

        letters.register_all()
