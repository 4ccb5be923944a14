"""Prints the completion of a shell, of commands and of the names of configs; all else is completed as files are.

``eval "$(dartsx completion bash)"`` in ~/.bashrc, or ``eval "$(dartsx completion zsh)"`` in ~/.zshrc.
"""

import sys

from dartsx import configs
from dartsx.experiments.commands import COMMANDS

# Bash splits --config=NAME into three words and replaces the last, zsh leaves it whole and replaces it all.
_FUNCTION = """_dartsx() {
  local word="${COMP_WORDS[COMP_CWORD]}" typed="${COMP_LINE:0:$COMP_POINT}" prefix=""
  typed="${typed##* }"
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "COMMANDS" -- "$word"))
  elif [ "${typed#--config=}" != "$typed" ]; then
    if [ "${word#--config=}" != "$word" ]; then prefix="--config="; fi
    COMPREPLY=($(compgen -P "$prefix" -W "CONFIGS" -- "${typed#--config=}"))
  fi
}
complete -o default -F _dartsx dartsx"""
SHELLS = {"bash": _FUNCTION, "zsh": f"autoload -U +X bashcompinit && bashcompinit\n{_FUNCTION}"}


def main(arguments: list[str]) -> None:
    """Prints the completion of the one shell that is named."""
    if len(arguments) != 1 or arguments[0] not in SHELLS:
        print(f"error: {' '.join(arguments) or 'nothing'} given; name one of {', '.join(SHELLS)}", file=sys.stderr)
        sys.exit(2)
    print(SHELLS[arguments[0]].replace("COMMANDS", " ".join(COMMANDS)).replace("CONFIGS", " ".join(configs.names())))


if __name__ == "__main__":
    if sys.argv[1:] == ["--help"]:
        print(__doc__)
    else:
        main(sys.argv[1:])
