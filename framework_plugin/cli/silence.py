"""Keeps Rasa, TensorFlow and Sanic from talking over the assistant."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from framework_plugin.errors import PersonalChatError

_ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


def prepare_logging(*, verbose: bool) -> None:
    """Sets what is logged, and where: to be called before Rasa is imported.

    Args:
        verbose: Whether to show what the libraries have to say, and warnings; else
            errors only.
    """
    level = logging.INFO if verbose else logging.ERROR
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    # Rasa and its action server read it, also in the processes that are started here.
    os.environ["LOG_LEVEL"] = logging.getLevelName(level)
    handler = logging.StreamHandler(sys.stderr)
    # Some libraries set a level of their own, which this one must still hold.
    handler.setLevel(level)
    logging.basicConfig(
        handlers=[handler], level=level, format="%(levelname)s %(name)s: %(message)s"
    )
    silence_warnings(verbose=verbose)


def silence_warnings(*, verbose: bool) -> None:
    """Switches off what Sanic, on import, switches on regardless of PYTHONWARNINGS."""
    import sanic.app  # noqa: F401

    if not verbose:
        warnings.simplefilter("ignore")


def import_rasa(*, verbose: bool) -> None:
    """Imports Rasa, and takes back the warnings that it switches on."""
    prepare_logging(verbose=verbose)
    # TensorFlow's converter for phones imports JAX where it finds it, a fifth of the
    # whole start, for nothing that is used here.
    sys.modules.setdefault("jax", None)  # type: ignore[arg-type]
    from rasa.utils.common import configure_logging_and_warnings
    from rasa.utils.log_utils import configure_structlog

    level = logging.getLevelName(os.environ["LOG_LEVEL"])
    configure_structlog(level)
    configure_logging_and_warnings(level)
    silence_warnings(verbose=verbose)


@contextmanager
def rasa_errors() -> Iterator[None]:
    """Shows Rasa's errors as it does: by their message.

    Raises:
        PersonalChatError: In place of any error that Rasa raises on purpose, and of one
            of ours that it wrapped. Errors that nobody foresaw pass as they are.
    """
    from rasa.engine.exceptions import (
        GraphComponentException,
        GraphSchemaException,
        GraphSchemaValidationException,
    )
    from rasa.shared.exceptions import RasaException

    try:
        yield
    except PersonalChatError:
        raise
    except (
        RasaException,
        GraphSchemaException,
        GraphSchemaValidationException,
        ImportError,  # a part of config.yml that does not exist
    ) as error:
        cause = f" ({error.__cause__})" if error.__cause__ else ""
        raise PersonalChatError(f"{error}{cause}") from error
    except GraphComponentException as error:
        if isinstance(error.__cause__, (PersonalChatError, RasaException)):
            raise PersonalChatError(str(error.__cause__)) from error
        raise
