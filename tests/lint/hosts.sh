#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The tree must build anywhere: it names neither a package registry of this machine nor a folder of this machine.
# The names looked for come from the machine's own configuration, so that this file holds none.
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"

hosts=$({
	cat /etc/apt/sources.list /etc/apt/sources.list.d/* /etc/pip.conf ~/.config/pip/pip.conf ~/.npmrc /etc/docker/daemon.json
	printf '%s\n' "${PIP_INDEX_URL-}" "${npm_config_registry-}" "${GOPROXY-}" "${GOSUMDB-}"
	for ask in 'go env GOPROXY' 'npm config get registry' 'pip config get global.index-url'; do
		# shellcheck disable=SC2086  # a command and its arguments
		command -v ${ask%% *} >/dev/null && timeout 10 $ask
	done
} 2>/dev/null | grep -oE 'https?://[^/,|"[:space:]]+' | sed -E 's#^https?://([^@]*@)?##; s#:[0-9]+$##' |
	grep -v -x -E 'localhost|127\..*|\[::1\]' | sort -u)

folders=$(pwd -P)
case $(dirname "$folders") in
/ | /src | /root | /home | /home/* | /tmp | /mnt | /opt | /usr/src | /build) ;;
*) folders+=$'\n'$(dirname "$folders") ;;
esac

pattern=$({
	printf '%s\n' "$hosts"
	printf '%s\n' "$folders" | sed 's#$#/#'
	echo '[/]work/'
} | grep -v -x -E '/?' | sed -E '/^\[/!s#[.+*?(){}|^$]#\\&#g; s#^#(^|[^A-Za-z0-9_./-])#' | paste -sd'|')
while IFS=: read -r file line text; do
	complain "$file:$line" "host or folder of one machine: $(printf '%s' "$text" | cut -c1-100)"
done < <(git ls-files --cached --others --exclude-standard -z | xargs -0 -r grep -n -H -I -E -e "$pattern" 2>/dev/null)
lint_end
