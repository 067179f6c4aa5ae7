#!/bin/bash
# What compat tests are expected to say, and expectations that nobody can read.

. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/../tap.sh"

matrix=$(cd "$(dirname "$0")" && pwd)

# a_test LINE - the only test there is has this line.
a_test() { printf '// SPDX-License-Identifier: GPL-2.0-only\n%s\n' "$1" >"$out/it.c"; }

# says LINE ANSWER VERSION... - a test with that line is expected to say so on each.
says() {
	local version
	a_test "$1"
	for version in "${@:3}"; do
		echo "on $version:"
		"$matrix/expected" -d "$out" "$version" | tee "$out/answer"
		[[ $(<"$out/answer") == "it $2" ]]
	done
}

# refused TEXT ARGUMENT...
refused() { refuses 2 "$1" "$matrix/expected" "${@:2}"; }

# names LINE - a test with that line is named, with it.
names() {
	a_test "$1"
	refused "it.c:2: '$1', expected" -d "$out" 6.1.0
}

readable() { "$matrix/expected" 6.1.0; }

since='/* since 6.9, commit 74fa8f9c553f; stable 6.6.30 5.10.9 */'
report "since: from that release on" says "$since" yes 6.9.0 6.9.7 6.12.117 6.10.0 7.0.0
report "since: not before" says "$since" no 6.8.99 6.7.0 5.15.300 4.14.336
report "since: in stable series from their release on" says "$since" yes 6.6.30 6.6.117 5.10.9 5.10.262
report "since: in stable series not before" says "$since" no 6.6.29 6.6.0 5.10.8 5.10.0
until='/* until 6.14, commit 9cc5169cd478; stable 6.12.4 */'
report "until: before that release" says "$until" yes 6.13.99 6.12.3 6.1.192 5.10.9
report "until: no longer" says "$until" no 6.14.0 6.15.1 7.3.4 6.12.4 6.12.117
both='/* since 5.14, commit b461dfc49eb6; stable 5.10.9; until 6.9, commit 27e32cd23fed; stable 6.6.30 */'
report "both: between" says "$both" yes 5.14.0 6.8.0 6.6.29 5.10.9
report "both: not outside" says "$both" no 5.13.0 6.9.0 6.6.30 5.10.8
turns='/* since 5.10, commit 54c9de89895e; stable 5.4.78; until 5.11, commit 3bd5371a4da6; since 5.16, commit fe415186b43d; stable 5.15.11 */'
report "by turns: there" says "$turns" yes 5.10.0 5.4.78 5.15.11 5.16.0 7.3.4
report "on two lines" says "${turns/; until/ */$'\n'/* until}" no 5.9.0 5.12.0
report "by turns: not there" says "$turns" no 5.4.77 5.9.0 5.11.0 5.15.10
report "a commit by its title" says '/* until 5.10, commit "block: remove revalidate_disk()" */' yes 5.9.0
report "always" says '/* always */' yes 2.6.0 99.0.0
report "never" says '/* never */' no 2.6.0 99.0.0
report "there is no order of digits" says '/* since 6.9, commit 74fa8f9c553f */' yes 6.10.0
c=', commit 74fa8f9c553f'
for line in '' '#include <linux/bio.h>' "/* Since 6.9$c */" "/* since 6$c */" '/* since 6.9 */' '/* since 6.9, commit XXX */' \
	'/* since 6.9, commit "" */' "/* since 6.9$c; stable */" "/* since 6.9$c; stable 6.6 */" '/* stable 6.6.30 */' \
	"/* since 6.9$c; stable 6.10.3 */" "/* until 6.9$c; since 5.4$c */" "/* until 6.9$c; until 6.10$c */" \
	"/* since 6.9$c; since 6.10$c */" "/* since 6.9$c; until 5.4$c */" "/* always; since 6.9$c */" "/* since 6.9$c */ int x;"; do
	report "named: '$line'" names "$line"
done
report "a version that is none is named" refused "version '6.12', expected one like" 6.12
report "no version is an error" refused "version '', expected one like"
report "a directory without tests is named" refused "no tests in '$out/none'" -d "$out/none" 6.1.0
report "every test of this tree has an expectation" readable
printf '1..%d\n' $count
