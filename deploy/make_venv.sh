#!/usr/bin/env bash
# Make .venv with the given Python, or say what is missing.
set -euo pipefail
python="${1:-}"
if [ -z "$python" ]; then
  echo "Python 3.11 or newer is needed and was not found. Install it, or name it: make run PYTHON=/path/to/python3" >&2
  exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "$python is $("$python" -V 2>&1); Python 3.11 or newer is needed. Name another: make run PYTHON=/path/to/python3" >&2
  exit 1
fi
rm -rf .venv
if ! "$python" -m venv .venv >/dev/null 2>.venv-error; then
  cat .venv-error >&2
  rm -rf .venv .venv-error
  echo "The virtual environment could not be made. On Debian and Ubuntu: apt install python3-venv" >&2
  exit 1
fi
rm -f .venv-error
