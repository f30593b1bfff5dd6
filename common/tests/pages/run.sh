#!/usr/bin/env bash
# Tests of /docs in a browser.
#
#   common/tests/pages/run.sh          the page itself, with a description made for that
#   common/tests/pages/run.sh URL...   the page of these running services, such as http://127.0.0.1:8000
#
# Installs what is missing: Chromium and its driver by apt-get, Selenium and axe by pip into a folder that git ignores.
# The service of the first form listens on a free port, or on PAGES_PORT. Exits with 0 if every test passed.
set -uo pipefail
here=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd)

# What the shared shell expects of a part.
# shellcheck disable=SC2034
part=$(cd -- "$here/../.." && pwd)
state=$part/.lab
. "$part/shell/text.sh"
. "$part/shell/state.sh"
. "$part/shell/setup.sh"
make_state logs

# A folder of its own for Python packages: Debian lets pip change none of the system's.
install_python_packages() {
    local folder=$1 log=$state/logs/pip.log
    shift
    [ "$(cat "$folder/installed" 2>/dev/null)" != "$*" ] || return 0
    say "installing $*"
    rm -rf -- "$folder"
    local pip=$folder/bin/pip
    { python3 -m venv "$folder" && "$pip" install "$1" && "$pip" install --no-deps "$2"; } >"$log" 2>&1 ||
        { tail -n 5 "$log" >&2; die "pip could not install $*"; }
    printf '%s' "$*" >"$folder/installed"
}

install_packages chromium chromium-driver python3 python3-venv || exit 1
# Of the second only its copy of axe-core is used, so what it depends on is left out.
install_python_packages "$state/pages" selenium==4.51.0 axe-playwright-python==0.1.8 || exit 1

export PAGES_URLS="$*" PYTHONDONTWRITEBYTECODE=1
cd -- "$here" || exit 1
if [ $# -gt 0 ]; then tests=(test_service); else tests=(test_service test_page); fi
exec "$state/pages/bin/python" -m unittest -v "${tests[@]}"
