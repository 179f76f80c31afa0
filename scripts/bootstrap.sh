#!/bin/sh
# Makes .venv: Python 3.10 with every package of requirements.lock and this project.
# Needs python3 (3.8 or newer, with venv) and, on the first run, a package index.
#
#   scripts/bootstrap.sh        make or refresh .venv; does nothing if it is up to date
#   scripts/bootstrap.sh uv …   run the installer, uv, with these arguments

set -eu
cd "$(dirname "$0")/.."

UV_VERSION=0.13.9
PYTHON_VERSION=3.10
STAMP=.venv/.synced

say() { printf '%s\n' "$*" >&2; }
fail() {
    say ""
    say "Set-up failed: $*"
    exit 1
}

is_python() { # $1: the program, $2: a condition on its version
    "$1" -c "import sys; sys.exit(0 if sys.version_info[:2] $2 else 1)" 2>/dev/null
}

find_any_python() {
    for program in python3 /usr/bin/python3 /usr/local/bin/python3 python3.10 python; do
        if is_python "$program" ">= (3, 8)"; then
            printf '%s\n' "$program"
            return
        fi
    done
    fail "no python3 of version 3.8 or newer was found. Install one, for example with
    apt install python3 python3-venv      (Debian, Ubuntu)
    dnf install python3                   (Fedora)
then try again."
}

# uv reads no settings of pip's; where pip was told of a mirror, uv shall use it too.
take_over_pip_settings() {
    index=${PIP_INDEX_URL:-$(pip_setting index-url)}
    if [ -n "$index" ] && [ -z "${UV_DEFAULT_INDEX:-${UV_INDEX_URL:-}}" ]; then
        export UV_DEFAULT_INDEX="$index"
    fi
    certificates=${PIP_CERT:-$(pip_setting cert)}
    if [ -n "$certificates" ] && [ -z "${SSL_CERT_FILE:-}" ]; then
        export SSL_CERT_FILE="$certificates"
    fi
}

pip_setting() { .bootstrap/bin/python -m pip config get "global.$1" 2>/dev/null || :; }

install_uv() {
    if [ "$(.bootstrap/bin/uv --version 2>/dev/null | cut -d' ' -f2)" = "$UV_VERSION" ]
    then
        return
    fi
    python=$(find_any_python)
    say "Preparing the installer (uv $UV_VERSION) in .bootstrap …"
    rm -rf .bootstrap
    "$python" -m venv .bootstrap >&2 || fail "$python cannot make virtual environments.
On Debian and Ubuntu the module comes apart from Python:
    apt install python3-venv
then try again."
    .bootstrap/bin/python -m pip install --quiet --disable-pip-version-check \
        "uv==$UV_VERSION" >&2 || fail "the installer could not be fetched.
Check the network, or name a mirror of the package index in PIP_INDEX_URL."
}

find_python() {
    # A shim of pyenv exists for versions that are not chosen, and then fails.
    for program in "python$PYTHON_VERSION" \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$PYTHON_VERSION".*/bin/python; do
        if is_python "$program" "== (3, 10)"; then
            "$program" -c "import sys; print(sys.executable)"
            return
        fi
    done
    "$UV" python find --system --quiet "$PYTHON_VERSION" 2>/dev/null && return
    say "No Python $PYTHON_VERSION here; fetching one …"
    if "$UV" python install "$PYTHON_VERSION" >&2; then
        "$UV" python find --system --quiet "$PYTHON_VERSION" && return
    fi
    fail "Python $PYTHON_VERSION was not found and could not be fetched. Rasa runs on
no newer one. Any of these will do, then try again:
    apt install python3.10 python3.10-venv      (Ubuntu 22.04)
    dnf install python3.10                      (Fedora)
    pyenv install 3.10                          (anywhere)
    UV_PYTHON_INSTALL_MIRROR=… make setup       (a mirror of python-build-standalone)
    conda create -n py310 python=3.10 && conda activate py310"
}

make_environment() {
    if ! is_python .venv/bin/python "== (3, 10)"; then
        python=$(find_python)
        say "Making .venv with $python …"
        "$UV" venv --quiet --clear --python "$python" .venv
    fi
    "$UV" pip sync --python .venv/bin/python --require-hashes requirements.lock ||
        fail "the packages could not be installed; the reason stands above.
Once it is out of the way, the same command goes on where it stopped."
    "$UV" pip install --quiet --python .venv/bin/python \
        --no-deps --no-build-isolation --editable .
    cp requirements.lock "$STAMP"
}

is_current() {
    [ "$STAMP" -nt pyproject.toml ] && cmp -s requirements.lock "$STAMP" &&
        is_python .venv/bin/python "== (3, 10)"
}

UV=$PWD/.bootstrap/bin/uv
case ${1:-} in
uv)
    shift
    install_uv
    take_over_pip_settings
    exec "$UV" "$@"
    ;;
"")
    is_current && exit 0
    install_uv
    take_over_pip_settings
    make_environment
    ;;
*) fail "unknown argument '$1'; expected 'uv' and its arguments, or nothing." ;;
esac
