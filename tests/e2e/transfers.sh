# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Bytes through every call: what is done, and that all families say so. Sourced after lib.sh, on other kernels too.

# call, on what, turns, bytes a turn
transfers_list() {
	cat <<-'EOT'
		read file 401 1009
		readv file 13 4099
		pread file 17 2003
		sendfile file 7 40009
		splice file 5 8191
		copy file 11 10007
		open pipe 23 1
		io_uring file 29 1013
		io_uring_open pipe 13 1
		read pipe 31 503
		splice pipe 3 701
		read tcp4 211 1021
		readv tcp6 19 1031
		send tcp4 37 1033
		sendmsg tcp6 41 1039
		sendmmsg tcp4 43 1049
		sendfile tcp4 47 1051
		splice tcp6 53 1061
		io_uring tcp4 59 1063
		read udp4 61 1069
		send udp6 67 1087
		sendmsg udp4 71 1091
		sendmmsg udp6 73 1093
		sendfile udp4 79 1097
		splice udp6 83 1103
		io_uring udp4 89 1109
		read unix 97 1117
		send unix-datagram 101 1123
		sendmsg unix 103 1129
		sendmmsg unix-datagram 107 1151
		sendfile unix 109 1153
		splice unix 113 1163
		io_uring unix 127 1171
	EOT
}

# transfers_expected REPORT...: what the workload did, summed up, as "family=number" lines without those that are 0.
transfers_expected() {
	awk -F= '{ sum[$1] += $2 } END { for (key in sum) if (sum[key]) printf "%s=%.15g\n", key, sum[key] }' "$@" | sort
}

# transfers_counted SCRAPE LABELS: the same as ktally has it for the program that has these labels.
transfers_counted() {
	WANTED=$2 awk 'index($0, ENVIRON["WANTED"]) && match($0, /^ktally_program_(file|network)_[a-z_]*_total/) {
		key = substr($0, 16, RLENGTH - 21)
		if (match($0, /protocol="[a-z]*"/)) key = key "_" substr($0, RSTART + 10, RLENGTH - 11)
		sum[key] += $NF
	} END { for (key in sum) if (sum[key]) printf "%s=%.15g\n", key, sum[key] }' "$1" | sort
}

# transfers_check WHAT SCRAPE LABELS REPORT...
transfers_check() {
	local expected what=$1 scrape=$2 labels=$3
	shift 3
	expected=$(transfers_expected "$@" | tr '\n' ' ')
	is "$what: ${expected}and nothing else" "$(transfers_counted "$scrape" "$labels" | tr '\n' ' ')" "$expected"
}
