#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every shell script passes shellcheck; not SC2317, which takes functions called by ok and eventually for unreachable.
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"

command -v shellcheck >/dev/null || { complain "tests/lint/shell.sh:1" "shellcheck is not installed"; lint_end; }
shell_files | tr '\n' '\0' | xargs -0 -r shellcheck -x -f gcc -e SC2317 || exit 1
lint_end
