#!/usr/bin/env bash
# All tests of Part B: tests/run_tests.sh [--docker|--native] [--chaos] [--replace-lab] [OPTION of swift test...]
set -euo pipefail
part=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd)
. "$part/../common/shell/tests.sh"
run_tests libmicrohttpd-dev librabbitmq-dev libssl-dev openssl -- "$@"
