"""The command line: `pressroom COMMAND`. Each command lives in a file of its own; this one only joins them.

Exit codes: 0 published, skipped or fine; 1 failed; 2 wrong usage; 3 held.
"""

import os
import sys

import typer

from content.errors import BadConfigurationError, PressroomError
from pressroom import contact_sheet, doctor, edit, look, models, produce, serve, video, write

app = typer.Typer(
    name="pressroom",
    help="From feeds to a checked, illustrated, narrated edition.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(produce.newsletter)
app.command()(produce.rerun)
app.command()(write.write)
app.command()(video.video)
app.command()(edit.edit)
app.command()(contact_sheet.contact_sheet)
app.command()(look.show)
app.command()(look.verify)
app.command()(doctor.doctor)
app.command()(serve.serve)
app.add_typer(models.app)


def main() -> None:
    """Run the command line, and tell our own errors in one line instead of a traceback."""
    os.umask(0o022)
    try:
        app()
    except BadConfigurationError as error:
        sys.exit(_told(error, 2))
    except PressroomError as error:
        sys.exit(_told(error, 1))
    except KeyboardInterrupt:
        sys.exit(130)


def _told(error: PressroomError, code: int) -> int:
    print(f"pressroom: {error}", file=sys.stderr)  # noqa: T201
    return code


if __name__ == "__main__":
    main()
