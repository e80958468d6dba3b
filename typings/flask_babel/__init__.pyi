"""What this project uses of flask_babel, which carries no types of its own."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from babel import Locale
from flask import Flask

class Babel:
    def __init__(self, app: Flask | None = ..., *, locale_selector: Callable[[], str | None] | None = ...) -> None: ...
    def init_app(
        self,
        app: Flask,
        default_locale: str = ...,
        *,
        default_domain: str = ...,
        default_translation_directories: str = ...,
        default_timezone: str = ...,
        locale_selector: Callable[[], str | None] | None = ...,
        timezone_selector: Callable[[], str | None] | None = ...,
    ) -> None: ...

def gettext(string: str, **variables: object) -> str: ...
def lazy_gettext(string: str, **variables: object) -> str: ...
def get_locale() -> Locale | None: ...
def force_locale(locale: str | Locale) -> AbstractContextManager[None]: ...
