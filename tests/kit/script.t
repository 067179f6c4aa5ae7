#!/bin/bash
# script.t [KERNEL]... - the kit's archive, and what its script does to a kernel's source
# (the newest 64 KiB one's), and refuses.
. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/lib.sh"

files=(drivers/block/{Kconfig,Makefile} include/xen/platform_pci.h)

same_for_all() {
	local other
	mkdir "$out/other"
	cp -r "$repo"/{.git,*} "$out/other/"
	umask 077
	chmod -R go-rwx "$out/other"
	find "$out/other/src" -exec touch {} +
	other=$(make_kit "$out/other")
	[[ $other == "$out"/* ]]
	cmp "$kit" "$other"
}

whole() {
	cd "$repo"
	{
		printf '%s\n' LICENSE README add-to-kernel
		printf 'xen_blkfront_64k/%s\n' Kbuild Kconfig src/*.[ch] src/compat/{*.h,.gitignore,detect,interfaces} src/compat/tests/*.c
	} | sort | diff - <(cd "$unpacked" && find . -type f | cut -c3- | sort)
}

# tree FROM - $out/tree becomes the few files of a kernel's source that the script looks at.
tree() {
	rm -rf "$out/tree"
	mkdir "$out/tree"
	(cd "$1" && cp --parents "${files[@]}" Makefile init/main.c drivers/xen/xenbus/xenbus_probe_frontend.c "$out/tree/")
}

# keep - $out/before becomes a copy of it.
keep() {
	rm -rf "$out/before"
	cp -a "$out/tree" "$out/before"
}

# added FROM - one line in each of three files, and the directory.
added() {
	local file
	tree "$1"
	add "$out/tree"
	for file in "${files[@]}"; do
		diff "$1/$file" "$out/tree/$file" >>"$out/lines" || [[ $? == 1 ]]
	done
	grep '^[<>]' "$out/lines" | diff - <(
		printf '> %s\n' 'source "drivers/block/xen_blkfront_64k/Kconfig"' '' \
			"obj-\$(CONFIG_XEN_BLKDEV_FRONTEND_64K)"$'\t+= xen_blkfront_64k/' \
			$'\t\tIS_ENABLED(CONFIG_XEN_BLKDEV_FRONTEND_64K) || \\'
	)
	rm "$out/lines"
	diff -r "$unpacked/xen_blkfront_64k" "$out/tree/drivers/block/xen_blkfront_64k"
}

# Changes what is ours, and not even the times of the rest.
again() {
	tree "$1"
	add "$out/tree"
	rm -rf "$out/once"
	cp -a "$out/tree" "$out/once"
	echo '/* older */' >>"$out/tree/drivers/block/xen_blkfront_64k/src/bus.c"
	touch "$out/tree/drivers/block/xen_blkfront_64k/src/gone.c"
	add "$out/tree"
	diff -r "$out/once" "$out/tree"
	cd "$out/once"
	stat -c '%n %y' "${files[@]}" | diff - <(cd "$out/tree" && stat -c '%n %y' "${files[@]}")
}

removed() {
	tree "$1"
	keep
	add "$out/tree"
	add --remove "$out/tree"
	diff -r "$out/before" "$out/tree"
	add --remove "$out/tree"
	diff -r "$out/before" "$out/tree"
}

# leaves STATUS TEXT COMMAND... - refuses, and $out/tree is as before.
leaves() {
	keep
	refuses "$@"
	diff -r "$out/before" "$out/tree"
}

# without STATUS TEXT PATH - a tree that lacks something.
without() {
	tree "$source"
	rm -r "${out:?}/tree/$3"
	leaves "$1" "$2" add "$out/tree"
}

# reshaped FILE SED-SCRIPT - a tree where a file looks different.
reshaped() {
	tree "$source"
	sed -i "$2" "$out/tree/$1"
	leaves 1 "$1 has not one line" add "$out/tree"
}

foreign() {
	tree "$source"
	mkdir "$out/tree/drivers/block/xen_blkfront_64k"
	leaves 1 "drivers/block/xen_blkfront_64k is there" add "$out/tree"
}

unwritable() {
	tree "$source"
	leaves 1 "drivers/block cannot be written to" \
		setpriv --reuid=65534 --regid=65534 --clear-groups "$unpacked/add-to-kernel" "$out/tree"
}

# The mount is this test's own, and goes with its namespace.
# shellcheck disable=SC2016
full() {
	tree "$source"
	unshare -m sh -c '
		mount -t tmpfs -o size=192k tmpfs /mnt
		cp -a "$1/tree/." /mnt/
		status=0
		"$2/add-to-kernel" /mnt || status=$?
		diff -r "$1/tree" /mnt && exit $status
		exit 9
	' - "$out" "$unpacked" >"$out/small" 2>&1 || echo "exit $?" >>"$out/small"
	cat "$out/small"
	[[ $(wc -l <"$out/small") == 2 && $(tail -n 1 "$out/small") == 'exit 1' ]]
	grep -q 'No space left' "$out/small"
}

report "the archive is the same, bit for bit, whoever makes it" same_for_all
report "the archive has the driver, the script and the instructions" whole
(($#)) || set -- "$(own_kernels | tail -n 1)"
for kernel; do
	source=$(source_of "$kernel")
	report "$kernel: the driver is added" added "$source"
	report "$kernel: a second run brings it up to date, and no more" again "$source"
	report "$kernel: --remove leaves no trace" removed "$source"
done
tree "$source"
report "no argument is an error" leaves 2 "got '', expected" add
report "an unknown option is named" leaves 2 "got '--undo $out/tree', expected" add --undo "$out/tree"
report "two trees are an error" leaves 2 "got '$out/tree $out', expected" add "$out/tree" "$out"
report "a directory that is not there is named" leaves 2 "/nowhere has no Makefile" add /nowhere
report "a directory that is no kernel's is named" leaves 2 "$repo has no init/main.c" add "$repo"
report "headers of a kernel are not its source" without 2 "has no init/main.c" init
report "a kernel without Xen's frontends is refused" without 1 "expected a kernel with Xen's frontends" drivers/xen
report "a header of another shape is refused" reshaped include/xen/platform_pci.h 's/defined(\(CONFIG_XEN_BLK.*_MODULE\))/IS_MODULE(\1)/'
report "a Makefile of another shape is refused" reshaped drivers/block/Makefile '/xen-blkfront/d'
report "a Kconfig of another shape is refused" reshaped drivers/block/Kconfig 's/^config XEN_BLKDEV_BACKEND/menu&/'
report "a directory of that name that is not ours is left alone" foreign
report "a tree that is not writable is left alone" unwritable
report "a full disk leaves the tree as it was" full
echo "1..$count"
