#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Length of files: past the hard limit is wrong, past the goal is a note. Split by noun, not by "utils".
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"

while IFS= read -r file; do
	case $file in
	*.bpf.c | *.bpf.h) goal=300 hard=300 ;;
	tests/*) goal=600 hard=800 ;;
	*.c) goal=400 hard=600 ;;
	*) goal=100 hard=150 ;;
	esac
	lines=$(wc -l <"$file")
	if [ "$lines" -gt "$hard" ]; then
		complain "$file:$hard" "$lines lines, at most $hard"
	elif [ "$lines" -gt "$goal" ]; then
		printf '%s:%s: note: %s lines, goal %s\n' "$file" "$goal" "$lines" "$goal"
	fi
done < <(own_files '*.c' '*.h')
lint_end
