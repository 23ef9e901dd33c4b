#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Exercises: `ktally top` in a real terminal (tmux): views, order, filter, drill-down, tree, pause, sizes, hostile names, colours,
# a daemon that goes and comes back, plain text and JSON, recordings, and how it leaves the terminal.
# time-limit: 300
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v tmux >/dev/null || skip_all "no tmux (tools/deps test)"

t() { tmux -S "$WORK/tmux" "$@"; }
cleanup_push t kill-server
t -u -f /dev/null new-session -d -s keep 'sleep 3600' # a server without a session ends, perhaps while another begins

# A terminal of its own with a shell in it, whose TERM is the one of tmux.
terminal_open() { # terminal_open NAME WIDTH HEIGHT
	SCREEN=$1
	t -u -f /dev/null new-session -d -s "$1" -x "$2" -y "$3" "PS1='ready> ' LC_ALL=C.UTF-8 TZ=UTC bash --norc --noprofile"
	on_screen 10 'ready>'
}
type_keys() { t send-keys -t "$SCREEN" "$@"; }
screen() { t capture-pane -p -t "$SCREEN"; }
screen_has() { screen | grep -qE -- "$1"; }
shown() { screen; false; } # for the log of what failed
on_screen() { eventually "$1" screen_has "$2" || shown; } # on_screen SECONDS PATTERN
line_of() { screen | grep -nE -- "$1" | head -n 1 | cut -d: -f1; } # line_of PATTERN
is_before() { local a b; a=$(line_of "$1") b=$(line_of "$2"); [ -n "$a" ] && [ -n "$b" ] && [ "$a" -lt "$b" ]; }
before() { eventually "$1" is_before "$2" "$3" || shown; } # before SECONDS PATTERN PATTERN
has_not() { ! screen_has "$1"; }
gone() { eventually "$1" has_not "$2" || shown; } # gone SECONDS PATTERN
pid_of_top() { pgrep -f "^$KTALLY top --connect $URL" | head -n 1; }
alive() { kill -0 "$1" 2>/dev/null; }
dead() { ! alive "$1"; }

# ---- work: one container that is busy, two that are not, one with a name that would like to own the terminal ----

container_make busy && container_start busy spin-forever
container_make idle && container_start idle
container_make also && container_start also
hostile=$'\e]0;owned\a\xe2\x80\xae\xe6\x97\xa5\xff'
cgroup_make "$hostile"
background cgroup_run "$CGROUP" "$WORKLOAD" sleep 1 3600000
BUSY=ktally-e2e-$$-busy IDLE=ktally-e2e-$$-idle ALSO=ktally-e2e-$$-also
daemon_start
settle
busy_pid=$(pgrep -f '^/bin/workload spin-forever' | head -n 1)

# ---- views ----

terminal_open first 132 40
type_keys "$KTALLY top --connect $URL --filter e2e-$$-; echo ended \$?" Enter # the machine may have a thousand others
ok "the containers are shown" on_screen 20 "^$BUSY "
ok "the header has the node" screen_has '^CPU +\[.*\] cores [0-9.]+/[0-9]+'
ok "the busy one stands above the idle one" before 20 "^$BUSY " "^$IDLE "
ok "what is busy uses most of a CPU or waits for one" \
	on_screen 20 "^$BUSY +(0\.[0-9]{3}|[1-9])"
type_keys N
ok "N sorts by name" before 5 "^$ALSO " "^$BUSY "
type_keys I
ok "I turns it round" before 5 "^$IDLE " "^$BUSY "
ok "the order is told" screen_has 'by CONTAINER down'
type_keys P

# ---- a hostile name ----

ok "a hostile name is shown harmless, wide characters and all" on_screen 5 'ktally-e2e-[0-9]+-�\]0;owned�日�'
is "and did not change the title" "$(t display-message -p -t "$SCREEN" '#{pane_title}' | grep -c owned)" 0

# ---- filter ----

type_keys / ; type_keys -l ALSO
ok "the filter narrows as it is typed" gone 5 "^$BUSY "
ok "whatever the case" on_screen 5 "^$ALSO "
type_keys Escape
ok "Esc brings all back" on_screen 5 "^$BUSY "

# ---- into a container and back ----

type_keys / ; type_keys -l "$$-busy"; type_keys Enter
gone 5 "^$IDLE "
type_keys Enter
ok "Enter leads to its programs" on_screen 10 "^Programs of container $BUSY +[0-9]"
ok "which are its own" on_screen 10 '^workload .*busy'
type_keys Enter
ok "Enter leads to the processes of the program" on_screen 10 "^ *$busy_pid workload"
type_keys Enter
ok "Enter leads to the threads of the process" on_screen 10 "^Threads of process $busy_pid "
ok "which use the CPU, and wait for it" on_screen 10 "^ *$busy_pid +0\\.[0-9]{3} +[0-9.]+ "
type_keys BSpace BSpace BSpace
on_screen 10 '^Containers '
type_keys Enter Enter Enter
ok "keys that are typed ahead arrive as well" on_screen 10 "^Threads of process $busy_pid "
type_keys BSpace BSpace BSpace
ok "Backspace comes back to the containers, filter and all" on_screen 10 "^Containers .*filter: $$-busy"
ok "to the row that was entered" on_screen 10 "^$BUSY "
type_keys s
ok "s leads to the system calls of the container" on_screen 10 "^System calls of container $BUSY"
scrape "$WORK/focus" "/api/v1/syscalls?container=$BUSY"
if jq -e .focus "$WORK/focus" >/dev/null 2>&1; then
	ok "which are counted while it is looked at" on_screen 20 'focus on'
	container_exec busy calls 1009 getppid >/dev/null
	ok "one by one" on_screen 20 '^getppid .* 1009 '
else
	skip "which are counted while it is looked at" "this daemon counts them for the node alone"
	skip "one by one" "this daemon counts them for the node alone"
fi
type_keys BSpace
on_screen 10 '^Containers '
type_keys Escape

# ---- the other views ----

for view in '2:Pods' '3:Programs' '4:Processes' '5:Connections' '6:System calls' '7:Files by program' '8:Events' '9:Node' '0:ktally itself'; do
	type_keys "${view%%:*}"
	ok "${view%%:*} leads to: ${view#*:}" on_screen 10 "^${view#*:} .*by "
done
type_keys 9
ok "the node has its kernel" on_screen 10 "node +kernel +$(uname -r | cut -c1-8)"
type_keys Tab
ok "Tab goes on" on_screen 10 '^ktally itself'
type_keys BTab BTab
ok "Shift-Tab goes back" on_screen 10 '^Events'
type_keys 1 t / ; type_keys -l "$$-busy"; type_keys Enter
ok "the tree has programs below their container" on_screen 10 "^- $BUSY "
line=$(line_of "^- $BUSY ")
is "right below it" "$(screen | sed -n "$((line + 1))p" | grep -cE '^ {4}workload ')" 1
type_keys Escape t
on_screen 10 '^Containers '

# ---- help, columns, pause ----

type_keys h
ok "h shows the keys" on_screen 5 'F6 +choose the column to sort by'
type_keys q
ok "any key leaves the help" on_screen 5 '^CONTAINER '
type_keys C Down Down Down Down Down Space Escape
ok "a column is added" on_screen 10 '^CONTAINER .* USER|^CONTAINER .* SYSTEM|^CONTAINER .* KIND'
type_keys Space
ok "Space stands still" on_screen 5 'PAUSED'
paused=$(screen)
sleep 2.5 # longer than two intervals
is "nothing moves then" "$(screen)" "$paused"
type_keys Space
ok "and goes on" gone 5 PAUSED

# ---- sizes ----

t resize-window -t "$SCREEN" -x 40 -y 10
ok "40 by 10 has the containers still" on_screen 10 '^CONTAINER .* CPU'
is "and the bar in its last line" "$(screen | sed -n 10p | cut -c1-6)" F1Help
type_keys h q 9 1 Down Up
t resize-window -t "$SCREEN" -x 200 -y 50
ok "200 by 50 has more columns" on_screen 10 '^CONTAINER .* SWITCH'
is "and the bar in its last line" "$(screen | sed -n 50p | cut -c1-6)" F1Help

# ---- the mouse: a click on a heading, as xterm tells it (column 3, the line of the headings) ----

heading=$(line_of '^CONTAINER ')
ok "the mouse is asked for" [ "$(t display-message -p -t "$SCREEN" '#{mouse_standard_flag}')" = 1 ]
if [ "$(t display-message -p -t "$SCREEN" '#{mouse_sgr_flag}')" = 1 ]; then
	t send-keys -t "$SCREEN" -l $'\e[<0;3;'"$heading"'M'
else
	t send-keys -t "$SCREEN" -H 1b 5b 4d 20 23 "$(printf %x $((32 + heading)))"
fi
ok "a click on a heading sorts by it" on_screen 5 'by CONTAINER'
type_keys P

# ---- the daemon goes, and comes back ----

port=${URL##*:}
daemon_stop
ok "without a daemon it says so" on_screen 15 "$port: .*; retrying"
ok "and shows what it knew" screen_has "^$BUSY "
"$KTALLY" run --web.listen-address="127.0.0.1:$port" >>"$WORK/daemon.log" 2>&1 </dev/null &
DAEMON_PID=$!
cleanup_push kill_now "$DAEMON_PID"
ok "when it is back all goes on" gone 60 'retrying'
ok "with its numbers" on_screen 20 "^$BUSY +(0\.[0-9]{3}|[1-9])"

# ---- stopping, going on, ending ----

top=$(pid_of_top)
type_keys C-z
ok "Ctrl-Z gives the shell back" on_screen 10 'Stopped'
type_keys 'fg; echo ended $?' Enter
ok "fg comes back to the picture" on_screen 10 '^CONTAINER '
type_keys q
ok "q ends it with 0" on_screen 10 '^ended 0'
ok "the screen is as before" screen_has 'ready> .*top --connect'
type_keys "clear; stty -a" Enter
ok "the terminal echoes again" on_screen 5 ' echo '
is "the mouse is the terminal's again" "$(t display-message -p -t "$SCREEN" '#{mouse_any_flag}')" 0

# run_and_kill SIGNAL STATUS: the terminal after a signal
run_and_kill() {
	type_keys "clear; $KTALLY top --connect $URL; echo ended \$?; stty -a" Enter
	on_screen 20 '^CONTAINER ' || return
	kill "-$1" "$(pid_of_top)"
	on_screen 10 "^ended $2" && on_screen 5 ' echo ' && [ "$(t display-message -p -t "$SCREEN" '#{alternate_on}')" = 0 ]
}
ok "SIGTERM leaves the terminal as it was" run_and_kill TERM 143
ok "SIGINT leaves the terminal as it was" run_and_kill INT 130
ok "a crash leaves the terminal as it was" run_and_kill SEGV 139

type_keys "clear; $KTALLY top --connect $URL" Enter
on_screen 20 '^CONTAINER '
top=$(pid_of_top)
t kill-session -t "$SCREEN"
ok "it ends with its terminal" eventually 10 dead "$top"

# ---- colours ----

colours() { # colours ENVIRONMENT ARGUMENT...: how many colours are on the screen
	local settings=$1
	shift
	terminal_open "colours$RANDOM" 100 24
	type_keys "env $settings $KTALLY top --connect $URL $*" Enter
	on_screen 20 '^CONTAINER ' || return
	t capture-pane -p -e -t "$SCREEN" | grep -oE $'\e\\[[0-9;]*m' | grep -cE '(\[|;)(3|4)[0-7](;|m)'
	t kill-session -t "$SCREEN"
}
between "there are colours" "$(colours A=b)" 3 10000
is "not with NO_COLOR" "$(colours NO_COLOR=1)" 0
between "an empty NO_COLOR means nothing" "$(colours NO_COLOR=)" 3 10000
is "not with --no-color" "$(colours A=b --no-color)" 0

# ---- no terminal ----

top() { LC_ALL=C.UTF-8 "$KTALLY" top --connect "$URL" "$@"; }
ok "--once ends with 0" top --once
top --once --filter "e2e-$$-" >"$WORK/once"
is "with the node above and a row for each" "$(grep -cE "^CPU |^CONTAINER |^($BUSY|$IDLE|$ALSO) " "$WORK/once")" 5
[ "$failures" = 0 ] || note "$(cat "$WORK/once")"
is "without any escape" "$(top --once | grep -c $'\e')" 0
top --json --view containers --filter "e2e-$$-" --sort -cpu_cores >"$WORK/json"
is "--json has the filtered rows" "$(jq -r '.items | length' "$WORK/json")" 4
is "in their order" "$(jq -r '.items[0].container' "$WORK/json")" "$BUSY"
is "with the API's fields" "$(jq -r '.items[0] | has("cpu_cores") and has("memory_working_set_bytes")' "$WORK/json")" true
is "--json of processes has the busy one" \
	"$(top --json --view processes --container "$BUSY" --sort pid | jq -r ".items[] | select(.pid == $busy_pid) | .program")" workload
top --bogus >"$WORK/out" 2>&1
is "an unknown option is 2" $? 2
is "and one line" "$(cat "$WORK/out")" "ktally top: '--bogus' is not an option"
"$KTALLY" top --once --connect http://127.0.0.1:1 >"$WORK/out" 2>&1
is "no daemon is 1" $? 1
is "and one line with the address" "$(grep -c '^ktally top: http://127.0.0.1:1: ' "$WORK/out")" 1
"$KTALLY" top </dev/null >"$WORK/out" 2>&1
is "no terminal is 1, and says what else there is" "$? $(grep -c -- --once "$WORK/out")" "1 1"
terminal_open dumb 80 24
type_keys "TERM=dumb $KTALLY top; echo ended \$?" Enter
ok "a dumb terminal is told" on_screen 10 "the terminal 'dumb' .*--once"

# ---- what it asks for is what the API has: else it would ask once more, for all fields. The questions are caught by another server. ----

ask_port=$(free_port)
(cd "$WORK" && exec python3 -u -m http.server --bind 127.0.0.1 "$ask_port") >"$WORK/asked" 2>&1 </dev/null &
cleanup_push kill_now $!
# shellcheck disable=SC2016
eventually 10 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$0"' "$ask_port" 2>/dev/null
for view in containers pods programs processes files; do
	COLUMNS=300 "$KTALLY" top --once --view "$view" --connect "http://127.0.0.1:$ask_port" >/dev/null 2>&1
done
sed -n 's/.*"GET \([^ ]*fields=[^ ]*\) HTTP.*/\1/p' "$WORK/asked" >"$WORK/paths"
is "each list is asked for its fields" "$(wc -l <"$WORK/paths")" 5
while read -r path; do
	ok "the daemon knows the fields of ${path%%\?*}" scrape "$WORK/answer" "$path"
done <"$WORK/paths"

# ---- a recording ----

"$KTALLY" record "$WORK/recording" --connect "$URL" --interval 500ms --duration 3s >"$WORK/out" 2>&1
daemon_stop
t kill-session -t dumb
terminal_open replay 100 30
type_keys "$KTALLY top --replay $WORK/recording; echo ended \$?" Enter
ok "a recording begins with its first snapshot" on_screen 10 'replay [0-9:]+ 1/[3-9]'
ok "with the containers of then" screen_has "^$BUSY "
type_keys Right Right
ok "Right goes forward" on_screen 5 'replay [0-9:]+ 3/'
type_keys Left
ok "Left goes back" on_screen 5 'replay [0-9:]+ 2/'
type_keys j 1 Enter
ok "j goes to a number" on_screen 5 'replay [0-9:]+ 1/'
type_keys 3
ok "the other views are there too" on_screen 5 '^workload '
type_keys q
ok "q ends it with 0" on_screen 5 '^ended 0'
head -c 100 /dev/urandom >"$WORK/foreign"
"$KTALLY" top --once --replay "$WORK/foreign" >"$WORK/out" 2>&1
is "a foreign file is an error" $? 1
is "in one line" "$(wc -l <"$WORK/out")" 1
done_testing
