#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `ktally verify` finds every number right: calls, errors, ends, starts, execs, faults, CPU time, waits by reason, the books; and a
# word about it where there is no BPF.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"

"$KTALLY" verify >"$WORK/verify"
is "verify ends with 0" $? 0
while read -r state text; do
	is "$text" "$state" ok
done < <(grep -E '^(ok|WRONG) ' "$WORK/verify")
is "it has 21 lines of numbers" "$(grep -c -E '^(ok|WRONG) ' "$WORK/verify")" 21

"$KTALLY" verify --no-bpf.enabled >"$WORK/out" 2>"$WORK/err"
is "without BPF it ends with 2" $? 2
ok "and says why" grep -q "BPF is off: switched off" "$WORK/err"
done_testing
