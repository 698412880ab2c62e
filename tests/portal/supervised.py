"""A supervisor over small shell scripts, each given as an argument; `--attached` comes first."""

from __future__ import annotations

import os
import sys

from apps.portal.supervisor import Program, Supervisor


def main(arguments: list[str]) -> None:
    attached = arguments[0] == "--attached"
    scripts = arguments[1:] if attached else arguments
    programs = [Program(f"script {number}", ["sh", "-c", script]) for number, script in enumerate(scripts)]
    Supervisor(programs, attached_to=os.getppid() if attached else None).run()


if __name__ == "__main__":
    main(sys.argv[1:])
