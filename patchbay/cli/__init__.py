"""The command line of operators: `python -m patchbay inbox ...`.

    command   arguments -> a command's options -> its exit code
    opening   the database from the environment
    printing  aligned text, or JSON for machines
    inbox     list, show, replay, purge
    reactions list, show, retry, resolve
    keys      create, list, revoke
    serve     the graph of this folder, or of descriptions
    import    what an import finds
    check     what has changed in descriptions since
    eject     an imported upstream as files
    new       a project
    rebuild   records made anew

Exit codes: 0 it is done; 1 it cannot be done now, or there is no such thing; 2 the command or a setting is
wrong.
"""

from patchbay.cli.command import main

__all__ = ["main"]
