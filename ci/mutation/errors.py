"""What ends the command: a line of words and an exit status."""


class Trouble(Exception):
    """Bad usage, bad input or a patch that cannot be built: status 2. Something that the machine lacks: 3."""

    def __init__(self, message, status=2):
        super().__init__(message)
        self.status = status


class Interrupted(BaseException):
    """A signal asked this command to end."""

    def __init__(self, number):
        super().__init__(f"signal {number}")
        self.status = 128 + number
