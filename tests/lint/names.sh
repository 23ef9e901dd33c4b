#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Names and first lines: SPDX first, no struct typedefs, nothing called util, public functions begin with their noun.
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"

while IFS= read -r file; do
	case ${file,,} in
	*util | *utils | */util[./_-]* | */utils[./_-]* | *[_-]util.* | *[_-]utils.*) complain "$file:1" "call it by what it holds, not util" ;;
	esac
	[[ $file =~ [[:space:][:cntrl:]\"] ]] && complain "$file:1" "blank or quote in a file name"
	case $file in
	*.c | *.h | *.def | *.py | *.js | *.css | *.html | *.mk | Makefile | */Makefile) ;;
	*.sh) ;;
	*.*) continue ;;
	*) [ "$(head -c 2 "$file" | tr -d '\0')" = '#!' ] || continue ;;
	esac
	head -n 2 "$file" | grep -q 'SPDX-License-Identifier: ' || complain "$file:1" "no SPDX line at the top"
done < <(own_files)

# sources CODE PATHSPEC...: runs perl CODE per file, with the text in $_ (comments and strings blanked, lines kept).
sources() {
	local code=$1
	shift
	# shellcheck disable=SC2016  # perl, not shell
	own_files "$@" | tr '\n' '\0' | xargs -0 -r perl -e '
		sub line_of { 1 + (substr($_[0], 0, $_[1]) =~ tr/\n//) }
		sub blank { my $t = shift; $t =~ s/[^\n]/ /g; $t }
		for my $file (@ARGV) {
			open(my $in, "<", $file) or die "$file: $!";
			local $/; $_ = <$in>;
			s{(/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*")}{blank($1)}gse;
			'"$code"'
		}'
}

while IFS=: read -r file line what; do complain "$file:$line" "$what"; done < <(
	# shellcheck disable=SC2016  # perl, not shell
	sources '
		while (/\btypedef\s+(?:const\s+)?(struct|union|enum)\b/g) {
			print "$file:", line_of($_, $-[0]), ":typedef of a $1\n";
		}
		while (/\b(\w*_)?utils?(_\w*)?\s*\(/g) {
			print "$file:", line_of($_, $-[0]), ":a function is called util\n";
		}' '*.c' '*.h'

	# Declarations of user/<stage>/<noun>.h: what stands outside braces and preprocessor lines, up to each semicolon.
	# shellcheck disable=SC2016
	sources '
		my ($noun) = $file =~ m{([^/]*)\.h$};
		my ($last) = $noun =~ /([^_]*)$/; # runtime_source.h: source_up()
		s{^[ \t]*#(?:[^\n]*\\\n)*[^\n]*}{blank($&)}gme;
		s{^[A-Z][A-Z0-9_]*\([^()]*\)[ \t]*$}{blank($&)}gme; # a macro that declares, without a semicolon
		s{__attribute__\s*(\((?:[^()]|(?1))*\))}{blank($&)}ge;
		s{(\{(?:[^{}]|(?1))*\})}{my $t = blank($1); $t =~ s/ /;/ if $t =~ / /; $t}ge;
		while (/([^;]+);/g) {
			my ($text, $at) = ($1, $-[1]);
			next if $text =~ /^\s*(typedef|static|struct\s+\w+\s*$|enum\s+\w+\s*$|extern\s+[^(]*$)/;
			next unless $text =~ /^\s*[\w\s\*]*?\b(\w+)\s*\(/;
			my ($name, $offset) = ($1, $-[1]);
			next if $name =~ /^(_Static_assert|static_assert|typeof)$/ or $name =~ /^(\Q$noun\E|\Q$last\E)s?_/;
			print "$file:", line_of($_, $at + $offset), ":public function $name does not begin with ${noun}_\n";
		}' 'user/*/*.h'
)
lint_end
