#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# C files as .clang-format says, by the one pinned version. `format.sh --fix` rewrites them.
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"

readonly VERSION=14
tool=$(command -v "clang-format-$VERSION" || command -v clang-format)
[ -n "$tool" ] || { complain "tests/lint/format.sh:1" "clang-format-$VERSION is not installed"; lint_end; }
"$tool" --version | grep -q "version $VERSION\." ||
	{ complain "tests/lint/format.sh:1" "needs clang-format $VERSION, found $("$tool" --version)"; lint_end; }

mode=(--dry-run --Werror --ferror-limit=3)
[ "${1-}" != --fix ] || mode=(-i)
own_files '*.c' '*.h' | tr '\n' '\0' | xargs -0 -r "$tool" --style=file "${mode[@]}" 2>&1 |
	grep -E ': (error|warning): ' && exit 1
lint_end
