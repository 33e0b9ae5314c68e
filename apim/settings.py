"""Settings: one file, read from the environment only.

With ``APIM_DEBUG=1`` everything has a default that runs a checkout at once. Without it a missing
value stops the start and names itself (``apim.environment``).
"""

from pathlib import Path
from urllib.parse import urlsplit

import bootstrap_wrapper
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from apim import environment

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environment.read(var_dir=VAR_DIR)

DEBUG = env.debug
# What signs, and what digests stored secrets (base.secret_keys); empty: the same.
SECRET_KEY = env.secrets.secret_key
SECRET_KEY_FALLBACKS = env.secrets.secret_key_fallbacks
DIGEST_KEY = env.secrets.digest_key
DIGEST_KEY_FALLBACKS = env.secrets.digest_key_fallbacks
# Ids of keys that may be lost, whatever stands under them.
DROP_KEYS = env.secrets.drop_keys

# Every link in a letter and every allowed host comes from here, never from a request's headers.
PUBLIC_URL = env.public_url
ALLOWED_HOSTS = env.allowed_hosts
TRUSTED_PROXIES = env.trusted_proxies

# Load balancers and Prometheus ask by number, and inside, where there is no TLS.
PATHS_UNDER_ANY_HOST = ["/healthz/live", "/healthz/ready", "/metrics"]
# W021: whether browsers ship with this host in their list is the operator's to say (APIM_HSTS_PRELOAD).
SILENCED_SYSTEM_CHECKS = ["security.W021"]

ROOT_URLCONF = "apim.urls"
WSGI_APPLICATION = "apim.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "apim",
    # The house, from the tools up; .importlinter holds the floors.
    "base",
    "audit",
    "mail",
    "service",
    "accounts",
    "catalog",
    "packages",
    "invitations",
    "imports",
    "gateway",
    "portal",
    "console",
    # Before staticfiles, so that `runserver` serves as production does.
    "whitenoise.runserver_nostatic",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "anymail",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "django_mail_preview",
    "heroicons",
]

MIDDLEWARE = [
    # What adds headers comes first, so that every answer below has them, errors too.
    "base.middleware.TrustedProxies",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # The last of them: it redirects to TLS by itself.
    "django.middleware.security.SecurityMiddleware",
    "base.middleware.FailuresMiddleware",
    "base.retry_after.RetryAfterMiddleware",
    "base.limits.RequestLimitsMiddleware",
    "base.limits.MethodNotAllowedMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "accounts.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Closed by default: a view without a mark from base.doors leads to the sign-in page.
    "base.doors.SignInFirst",
    "accounts.middleware.SessionActivity",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "base.middleware.HtmxRedirects",
    "base.middleware.NoStore",
    "base.middleware.GoneMeanwhile",
    "allauth.account.middleware.AccountMiddleware",
    "portal.account.middleware.ForcedPasswordChange",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "service.context.service",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- Database --------------------------------------------------------------------------------

DATABASES = {"default": env.database}
DATABASE_ROUTERS = ["base.cache_table.Router"]
CACHE_DATABASE = "default"
if env.is_sqlite:
    # The throttle counts in a file of its own, so that it never waits for business writes.
    CACHE_DATABASE = "cache"
    DATABASES["cache"] = environment.sqlite(env.cache_path, durable=False)

CACHES = {
    "default": {
        "BACKEND": "base.throttle.ThrottleCache",
        "LOCATION": "base_cache",
        # Beyond it a job drops the counters of fewest attempts. Never at a write: with Django's
        # 300, thrown away in any order, a guesser could make the throttle forget.
        "OPTIONS": {"MAX_ENTRIES": 1_000_000},
    },
}

# --- People ----------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.PasswordBackend"]
PASSWORD_HASHERS = ["accounts.passwords.Argon2idHasher"]
PASSWORD_MIN_LENGTH = env.password_min_length
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.passwords.LengthValidator"},
    {"NAME": "accounts.passwords.BlocklistValidator"},
    {"NAME": "accounts.passwords.PersonalWordsValidator"},
    {"NAME": "accounts.passwords.PatternValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "portal:after-sign-in"

SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 7 * 24 * 3600
SESSION_IDLE_SECONDS = 12 * 3600
CONSOLE_IDLE_SECONDS = 30 * 60
CONSOLE_SIGN_IN_SECONDS = 12 * 3600
# In the session, not in a cookie: messages carry names and addresses.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

ACCOUNT_ADAPTER = "accounts.adapter.Adapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = False  # Our own letters tell of a changed password.
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "accounts.password_links.TokenGenerator"  # noqa: S105
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_FORMS = {
    "login": "portal.account.forms.SignInForm",
    "reset_password": "portal.account.forms.RequestPasswordLinkForm",
    "change_password": "portal.account.forms.ChangePasswordForm",
    "reauthenticate": "portal.account.forms.ReauthenticateForm",
}
# SECURITY: counted before the hash. `login_failed` is keyed by account and IP address together
# (accounts.adapter), so that nobody can lock the owner out from elsewhere. A device known to the
# account has limits of its own at each place, so that nobody behind the same IP address can either.
ACCOUNT_RATE_LIMITS = {
    # allauth's own, by IP address whoever asks: ours are counted once the device is known.
    "login": "",
    "login_ip": "30/m/key",
    "login_device": "30/m/key",
    "login_failed": "5/5m/key",
    "login_unknown_device": "20/h/key,100/30d/key",
    "login_known_device": "20/h/key,100/30d/key",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_device": "5/m/key",
    "invitation": "30/m/ip",
    # By invitation and network address, then by the address that the letters go to.
    "fresh_invitation": "3/h/key,10/h/ip",
    "trial_call": "30/m/user",
    # Each request writes a letter to every administrator.
    "subscribe": "20/h/user",
    "fresh_letters_to": "6/d/key",
    # Shared links: a class room behind one address gets in, a mailbox is not filled.
    "join": "30/m/ip,150/h/ip",
    "join_address": "3/h/key,6/d/key",
    "join_link": "300/h/key",
}

# --- What is taken in -----------------------------------------------------------------------

# Of one form, its files left out; how much an address takes at all is said at its view (base.doors).
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

# --- Language and time -----------------------------------------------------------------------

LANGUAGE_CODE = "en"
# Languages of letters; the pages are English so far.
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = ["base.formats"]

# --- Work behind the pages (base.jobs) ------------------------------------------------------

# In the web processes (inline) or in `manage.py work` (worker).
BACKGROUND = env.background
# Variables that are set under a former name, and what they are called now.
FORMER_VARIABLES = env.former_variables

# --- Figures for monitoring --------------------------------------------------------------------

METRICS_TOKEN = env.metrics_token

# --- Mail ------------------------------------------------------------------------------------

MAILERS = {"default": env.mailer}
ANYMAIL = env.anymail
MAIL_PAUSE = env.mail_pause
MAIL_IS_OFF = env.mail_is_off
if MAIL_IS_OFF:
    # Django knows no service without mail; apim.W001 says what it means here.
    SILENCED_SYSTEM_CHECKS += ["mail.E001"]
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.mail_from
MAIL_PREVIEW_ROOT = env.inbox_path

# --- Static files ----------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "staticfiles"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("vendor/bootstrap", bootstrap_wrapper.get_bootstrap_css_dir()),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Armour of the browser -------------------------------------------------------------------

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "frame-src": [CSP.SELF],
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in environment.UNUSED_BROWSER_FEATURES
}
CSRF_FAILURE_VIEW = "portal.kit.errors.csrf_failure"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_HTTPONLY = True

# By name: the Host header of a plain request is looked at no further.
SECURE_SSL_HOST = urlsplit(PUBLIC_URL).netloc
SECURE_REDIRECT_EXEMPT = [rf"^{path.lstrip('/')}$" for path in PATHS_UNDER_ANY_HOST]
if env.is_https:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = env.hsts_preload
if TRUSTED_PROXIES:
    # Only now: base.middleware.TrustedProxies drops the header unless a trusted proxy sent it.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Logs ------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "no_secrets": {"()": "base.logs.RedactSecrets"},
        "already_reported": {"()": "base.failures.AlreadyReported"},
    },
    "formatters": {
        "line": {"()": "base.logs.JsonFormatter"}
        if not DEBUG
        else {"format": "%(levelname)s %(name)s: %(message)s"}
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["no_secrets"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.request": {"filters": ["already_reported"]},
    },
}
