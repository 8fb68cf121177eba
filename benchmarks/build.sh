#!/bin/sh
# Builds what the benchmarks compare with: the C programs, and a virtual environment with the peers of requirements.txt.
# Everything goes to benchmarks/.build/ and is built only when it is older than its source. PYTHON chooses the interpreter.
set -eu
cd "$(dirname "$0")"
mkdir -p .build

compiler=${CC:-gcc}
if ! command -v "$compiler" >/dev/null; then
    echo "build.sh: no C compiler '$compiler'; install gcc (Debian: apt install gcc libc6-dev) or set CC" >&2
    exit 3
fi
for program in epoll_echo tcp_load udp_echo udp_load; do
    if [ ! -e ".build/$program" ] || [ -n "$(find c \( -name "$program.c" -o -name '*.h' \) -newer ".build/$program")" ]; then
        "$compiler" -O2 -Wall -Wextra -o ".build/$program" "c/$program.c"
        echo "built .build/$program"
    fi
done

# A peer that cannot be installed costs its row, not the run: run.py says which are missing.
if [ ! -e .build/venv/installed ] || [ requirements.txt -nt .build/venv/installed ]; then
    "${PYTHON:-python3}" -m venv .build/venv
    install() { .build/venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"; }
    if install --requirement requirements.txt; then
        touch .build/venv/installed
        echo "installed the peers into .build/venv"
    else
        grep -v '^#' requirements.txt | while read -r peer; do  # one by one, then: some need a compiler
            install "$peer" || echo "build.sh: could not install $peer; its rows will say so" >&2
        done
    fi
fi
