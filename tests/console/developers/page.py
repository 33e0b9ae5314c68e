"""Words the tests of one developer share."""

GOOD_PASSWORD = "seven otters under ice"


def url(user, page=""):
    return f"/console/developers/{user.public_id}/{page}"


def text_of(response):
    return " ".join(" ".join(str(message) for message in response.context["messages"]).split())
