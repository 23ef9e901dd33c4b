# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the lint scripts share: the list of our own files, and complaints. Sourced, not run.
# A script prints `file:line: what is wrong` and ends with 1, or prints nothing and ends with 0.
set -u -o pipefail
export LC_ALL=C
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

complaints=0

# complain FILE:LINE WHAT
complain() {
	printf '%s: %s\n' "$1" "$2"
	complaints=$((complaints + 1))
}

# Call it last.
lint_end() {
	[ "$complaints" = 0 ]
	exit
}

# own_files [PATHSPEC...]: tracked files and those that would be, one a line; not the pinned vmlinux.h, vendored or
# generated files, nor fixtures. The names hold no newline (names.sh).
# shellcheck disable=SC2120  # shell_files wants them all
own_files() {
	git ls-files --cached --others --exclude-standard -- "$@" | sort -u |
		grep -v -E '^(vmlinux/[^/]*/|tests/fixtures/|build/)|(^|/)vendor/|\.min\.(js|css)$' |
		while IFS= read -r file; do [ -f "$file" ] && printf '%s\n' "$file"; done
}

# shell_files: every shell script, by its name or its first line.
shell_files() {
	# shellcheck disable=SC2119
	own_files | while IFS= read -r file; do
		case $file in
		*.sh) printf '%s\n' "$file" ;;
		*.*) ;;
		*) IFS= read -r first <"$file" 2>/dev/null
		   [[ ${first:-} =~ ^#!.*/(env\ )?(ba)?sh(\ |$) ]] && printf '%s\n' "$file" ;;
		esac
	done
	return 0
}
