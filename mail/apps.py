from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "mail"

    def ready(self) -> None:
        from mail import tracking  # noqa: F401 - listening is the import's purpose
