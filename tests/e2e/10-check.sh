#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Exercises: `ktally check` as root, as nobody, and with nothing to read; text and JSON; it leaves no program behind.
# shellcheck source=tests/e2e/lib.sh disable=SC2317  # functions called by ok and eventually
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"

# A copy that anybody may run: the tree may be readable by root alone.
chmod 755 "$WORK"
ktally=$WORK/ktally
install -m 755 "$KTALLY" "$ktally"

mapfile -t programs < <(sed -n 's/^PROGRAM([a-z]*, \([a-z_]*\),.*/\1/p' "$ROOT/user/probe/probes.def")

# Ids of loaded programs of ours, by name.
loaded() { bpftool -j prog show | jq -r --args '.[] | select(.name as $name | $ARGS.positional | index($name)) | .id' "${names[@]}" | sort; }
# The kernel cuts names at 15 characters.
names=("${programs[@]}")
for i in "${!names[@]}"; do names[i]=${names[i]:0:15}; done

as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all "$@"; }
narrow() { awk 'length($0) > 80 { print; long = 1 } END { exit long }' "$1"; }
state_of() { jq -r --arg name "$2" '.rows[] | select(.name == $name) | .state' "$1"; }
row_of() { awk -v name="$2" '$2 == name' "$1"; }
parses() { python3 -c 'import json, sys; json.load(open(sys.argv[1], encoding="utf-8"))' "$1"; }

before=$(loaded)

# ---- as root ----
"$ktally" check >"$WORK/root.txt" 2>"$WORK/root.error"
status=$?
between "root: the exit status is 0 (full) or 1 (reduced)" "$status" 0 1
is "root: nothing on stderr" "$(cat "$WORK/root.error")" ""
ok "root: at most 80 columns" narrow "$WORK/root.txt"
words=(full reduced)
is "root: the last line sums up" "$(grep -cE "^${words[status]}: " "$WORK/root.txt")" 1
between "root: probes.def names its programs" "${#programs[@]}" 13 99
for program in "${programs[@]}"; do
	is "root: a row for $program" "$(row_of "$WORK/root.txt" "$program" | wc -l)" 1
done
is "root: no colour without a terminal" "$(grep -c $'\033' "$WORK/root.txt")" 0

"$ktally" check --json >"$WORK/root.json"
is "root: --json has the same exit status" "$?" "$status"
ok "root: --json is JSON" parses "$WORK/root.json"
is "root: .exit_status" "$(jq .exit_status "$WORK/root.json")" "$status"
is "root: .result" "$(jq -r .result "$WORK/root.json")" "${words[status]}"
is "root: rows are whole" "$(jq '[.rows[] | select((keys | join(",")) != "detail,group,mend,name,state")] | length' "$WORK/root.json")" 0
is "root: reduced if and only if a row is" \
	"$(jq '[.rows[].state] | any(. == "off" or . == "reduced") | if . then 1 else 0 end' "$WORK/root.json")" "$status"
for program in "${programs[@]}"; do
	if [ -e /sys/kernel/btf/vmlinux ]; then
		is "root: $program works" "$(state_of "$WORK/root.json" "$program")" ok
	else
		is "root: $program is off without BTF" "$(state_of "$WORK/root.json" "$program")" off
	fi
done

# ---- as nobody ----
as_nobody "$ktally" check >"$WORK/nobody.txt" 2>"$WORK/nobody.error"
is "nobody: reduced" "$?" 1
is "nobody: nothing on stderr" "$(cat "$WORK/nobody.error")" ""
ok "nobody: at most 80 columns" narrow "$WORK/nobody.txt"
ok "nobody: says what root would add" grep -q "run it as root" "$WORK/nobody.txt"
is "nobody: the last line sums up" "$(grep -c '^reduced: .*all programs' "$WORK/nobody.txt")" 1
as_nobody "$ktally" check --json >"$WORK/nobody.json"
ok "nobody: --json is JSON" parses "$WORK/nobody.json"
is "nobody: CAP_BPF is missed" "$(state_of "$WORK/nobody.json" CAP_BPF)" reduced
is "nobody: every program is off" \
	"$(jq '[.rows[] | select(.group == "programs") | select(.state == "off" and .mend != "")] | length' "$WORK/nobody.json")" "${#programs[@]}"

# ---- nothing at all ----
mkdir "$WORK/empty"
as_nobody "$ktally" check --path.procfs "$WORK/empty" --path.cgroupfs "$WORK/empty" >"$WORK/nothing.txt"
is "neither BPF nor files: unusable" "$?" 2
is "neither BPF nor files: the last line says so" "$(grep -c '^unusable: ' "$WORK/nothing.txt")" 1

# ---- arguments ----
ok "--help ends with 0" "$ktally" check --help
"$ktally" check --no-such-flag >/dev/null 2>"$WORK/wrong.error"
is "a wrong argument is told apart" "$?" 64
is "a wrong argument is named" "$(grep -c -e --no-such-flag "$WORK/wrong.error")" 1
# A directory with bytes that JSON must escape: quote, backslash, no UTF-8.
odd=$WORK/$'a"b\\\xff'
mkdir "$odd"
"$ktally" check --json --path.cgroupfs "$odd" >"$WORK/odd.json" 2>"$WORK/odd.error"
if [ -s "$WORK/odd.error" ]; then
	skip "odd bytes in a path are escaped" "the path is refused: $(tr -d '\377' <"$WORK/odd.error")"
else
	ok "odd bytes in a path are escaped" parses "$WORK/odd.json"
fi

# The kernel frees programs a moment after their last descriptor is closed.
nothing_left() { [ -z "$(comm -13 <(echo "$before") <(loaded))" ]; }
ok "no program is left loaded" eventually 10 nothing_left
done_testing
