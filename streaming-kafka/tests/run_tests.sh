#!/usr/bin/env bash
# All tests of Part C: tests/run_tests.sh [--docker|--native] [--replace-lab] [OPTION of swift test...]
# The native broker is the embedded one, unless KAFKA_HOME or KAFKA_BOOTSTRAP names a real Kafka.
set -euo pipefail
part=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd)
. "$part/../common/shell/tests.sh"
run_tests libmicrohttpd-dev librdkafka-dev -- "$@"
