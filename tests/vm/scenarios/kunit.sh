# kunit: the cases of tests/unit pass in this kernel too, compiled as it compiles modules
# shellcheck shell=dash

guest() {
	# The second parameter is news to older kernels, which ignore it.
	insmod /modules/kunit.ko enable=1 autorun=1
	insmod /modules/xbf_split_kunit.ko
	ok "the suite has run" sh -c 'dmesg | grep -E "ok [0-9]+ (- )?xbf_split$"'
	ok "it has passed" sh -c 'dmesg | grep -E "\] ok [0-9]+ (- )?xbf_split$"'
	is "no case has failed" "$(dmesg | grep -cE '\] +not ok ')" 0
	measure tried "$(dmesg | sed -n 's/.*: tried //p' | awk '{ n += $1 } END { print n + 0 " shapes in " NR " cases" }')"
}
