"""What goes wrong by the user's hand: one exception, one line, a way out."""


class UserError(Exception):
  """An error the user can cause and mend.

  The message is one line that names the file or the value and says what to do.
  The launchers print it to stderr and leave with status 2.
  """
