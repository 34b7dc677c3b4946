"""What can go wrong, as facts. Verbs raise these; one handler in `create_app` turns them into
the envelope of a JSON family, a fragment or a page."""

from typing import Any


class HubError(Exception):
    """A refusal with an HTTP status, a code of the published tables and a sentence for people.

    `field` ties the sentence to a form field, `data` rides along where a contract says so,
    `retry_after` (seconds) becomes the header.
    """

    status = 500
    code = "INTERNAL_ERROR"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        field: str | None = None,
        data: Any = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.status = status or self.status
        self.field = field
        self.data = data
        self.retry_after = retry_after


class Invalid(HubError):
    status, code = 400, "INVALID_REQUEST"


class Unauthorized(HubError):
    status, code = 401, "UNAUTHORIZED"


class Forbidden(HubError):
    status, code = 403, "FORBIDDEN"


class NotFound(HubError):
    status, code = 404, "NOT_FOUND"


class Conflict(HubError):
    status, code = 409, "CONFLICT"


class TooMany(HubError):
    status, code = 429, "RATE_LIMIT_EXCEEDED"


class Misconfigured(HubError):
    status, code = 500, "SERVER_MISCONFIG"


class Unavailable(HubError):
    """The database is locked, away or full: nothing was changed, trying again helps."""

    status, code = 503, "UNAVAILABLE"


class ProviderError(Exception):
    """A provider did not give what was asked.

    `cause` is one of our own words (`docs/words.md`): access_expired, missing_scope,
    rate_limited, bad_response, provider_error, timeout, unreachable, invalid_request.
    `permanent` means that trying again cannot help. `detail` is their text, redacted and short.
    """

    def __init__(
        self,
        cause: str,
        message: str,
        *,
        permanent: bool = False,
        status: int | None = None,
        detail: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.cause = cause
        self.message = message
        self.permanent = permanent
        self.status = status
        self.detail = detail
        self.retry_after = retry_after
        self.tries = 0  # how often the call was made before this was given up
