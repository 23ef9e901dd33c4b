#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The include rule: data goes one way, bpf -> read -> model -> (enrich) -> export, and a stage knows only what feeds it.
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"

# What a stage may include: names of stages, `include` for the shared headers, `skeleton` for generated BPF skeletons.
declare -A allowed=(
	[base]="base"
	[probe]="probe base include skeleton"
	[model]="model base include"
	[read]="read probe model base include"
	[enrich]="enrich model base"
	[collect]="collect enrich read probe model options base include"
	[capture]="capture model base"
	[http]="http web base"
	[api]="api http model base"
	[export]="export http model base"
	[web]="web"
	[client]="client base"
	[top]="top client base"
	[options]="options base"
	[wiring]="wiring options base probe model read enrich collect capture http api export client top web include skeleton"
	[bpf]="bpf include vmlinux"
	[include]="include"
	[unknown]="unknown wiring options base probe model read enrich collect capture http api export client top web include skeleton" # said once, below the table
)

# stage_of PATH: the stage a file belongs to, empty where no rule holds.
stage_of() {
	local path=$1
	case $path in
	user/commands/* | user/daemon.[ch] | user/main.c | user/choice.[ch] | user/own.[ch] | user/scrape.[ch] | user/interface.[ch]) echo wiring ;;
	user/*/*) path=${path#user/}; echo "${path%%/*}" ;;
	user/*) echo unknown ;;
	bpf/*) echo bpf ;;
	vmlinux/*) echo vmlinux ;;
	include/*) echo include ;;
	esac
}

# target_of FILE NAME: the stage that `#include "NAME"` in FILE reaches. First where the compiler looks first.
target_of() {
	local file=$1 name=$2 folder
	case $name in
	*.skel.h) echo skeleton; return ;;
	vmlinux.h) echo vmlinux; return ;;
	*.c) echo "a .c file"; return ;;
	esac
	for folder in "$(dirname "$file")" user include bpf; do
		[ -f "$folder/$name" ] || continue
		stage_of "$(realpath --relative-to=. "$folder/$name")"
		return
	done
	[ -d "user/${name%%/*}" ] && [ "$name" != "${name%%/*}" ] && echo "${name%%/*}"
	return 0 # else generated, or a library's
}

while IFS= read -r file; do
	[ "$(stage_of "$file")" != unknown ] ||
		complain "$file:1" "beside the stages stand only main, daemon and what it is made of: move it into a stage"
done < <(own_files 'user/*.c' 'user/*.h')

while IFS=: read -r file line _; do
	[ "$file" = user/base/hash.h ] || complain "$file:$line" "uthash.h ends the process without memory: include base/hash.h"
done < <(own_files 'user/*.c' 'user/*.h' | tr '\n' '\0' | xargs -0 -r grep -n -H '<uthash.h>')

while IFS=: read -r file line name; do
	stage=$(stage_of "$file")
	[ -n "$stage" ] || continue
	target=$(target_of "$file" "$name")
	[ -n "$target" ] || continue
	case " ${allowed[$stage]-} " in
	*" $target "*) ;;
	"  ") complain "$file:$line" "no include rule for stage '$stage'; add it to tests/lint/layers.sh" ;;
	*) complain "$file:$line" "$stage may not include $target (\"$name\")" ;;
	esac
done < <(own_files 'user/*.c' 'user/*.h' 'bpf/*.c' 'bpf/*.h' 'include/*.h' | tr '\n' '\0' |
	xargs -0 -r grep -n -E -H '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' |
	sed -E 's/^([^:]*):([0-9]+):[^"]*"([^"]*)".*/\1:\2:\3/')
lint_end
