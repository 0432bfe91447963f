"""Everything that Leadlight raises on purpose.

LeadlightError
├── ConfigError          leadlight.toml or a setting is wrong
├── DependencyError      an optional part is not installed
├── InputError           what came in cannot be used
│   ├── FileError        a file cannot be read as what it claims to be
│   ├── ColumnError      columns are missing, doubled or contradict the model
│   └── QuestionError    more than one reading is possible: the answer has to be given
├── OutputError          what was asked for could not be written
├── ExpressionError      a declared feature cannot be understood
├── TrainingError        no model that one could trust can be learnt from this
├── PolicyError          a policy cannot be met or contradicts itself
├── BundleError          a bundle was refused
├── StoreError           the home or its database cannot be used
├── ConnectorError       another system could not be reached, or refused
├── StreamError          a stream cannot go on
└── RequestError         a request over HTTP was refused

A docstring is the default message; `code` is stable; `where` says the place; `hint` the next step.
"""

from __future__ import annotations


class LeadlightError(Exception):
    """Leadlight could not do this."""

    code = "error"

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str | None = None,
        where: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.message = message or (type(self).__doc__ or "").splitlines()[0]
        self.code = code or type(self).code
        self.where = where
        self.hint = hint
        super().__init__(self.message)

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        step = f"\n  {self.hint}" if self.hint else ""
        return f"{self.message}{place}{step}"


class ConfigError(LeadlightError):
    """The configuration cannot be used."""

    code = "config"


class DependencyError(LeadlightError):
    """An optional part of Leadlight is not installed."""

    code = "dependency"


class InputError(LeadlightError):
    """The input cannot be used."""

    code = "input"


class FileError(InputError):
    """The file cannot be read."""

    code = "file"


class ColumnError(InputError):
    """The columns do not fit."""

    code = "columns"


class QuestionError(InputError):
    """More than one reading is possible."""

    code = "question"


class OutputError(LeadlightError):
    """The output could not be written."""

    code = "output"


class ExpressionError(LeadlightError):
    """The declared feature cannot be understood."""

    code = "expression"


class TrainingError(LeadlightError):
    """No model that one could trust can be learnt from these leads."""

    code = "training"


class PolicyError(LeadlightError):
    """The policy cannot be used."""

    code = "policy"


class StreamError(LeadlightError):
    """The stream cannot go on."""

    code = "stream"


class RequestError(LeadlightError):
    """The request was refused."""

    code = "request"

    def __init__(
        self,
        status: int = 400,
        message: str | None = None,
        *,
        wait: int | None = None,
        allow: str | None = None,
        **known: str | None,
    ) -> None:
        self.status = status
        self.wait = wait
        self.allow = allow
        super().__init__(message, **known)


class BundleError(LeadlightError):
    """The bundle was refused."""

    code = "bundle"


class StoreError(LeadlightError):
    """The store cannot be used."""

    code = "store"


class ConnectorError(LeadlightError):
    """The other system could not be reached, or refused."""

    code = "connector"

    def __init__(
        self,
        message: str | None = None,
        *,
        again: bool | float = False,
        status: int | None = None,
        **known: str | None,
    ) -> None:
        self.again = again
        """Whether trying again may help; a number says after how many seconds."""
        self.status = status
        super().__init__(message, **known)
