from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "mail"

    def ready(self) -> None:
        # Late: both need the models.
        from mail import jobs, tracking  # noqa: F401 - making the job, listening
