"""Python's limit: a WSGI application that does nothing."""


def application(environ, start_response):
    start_response("200 OK", [("Content-Length", "0")])
    return [b""]
