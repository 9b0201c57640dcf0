"""The one family of errors the rules raise."""


class DomainError(Exception):
    """The rules refuse this."""

    # A subclass's docstring is the message shown to the person; the facts it names in braces are attributes.

    def __init__(self, **facts: object) -> None:
        super().__init__()
        self.__dict__.update(facts)

    def __str__(self) -> str:
        return (type(self).__doc__ or "").format(**self.__dict__)
