#!/usr/bin/env bash
# Bindings on a machine with four NUMA nodes, two packages and version 2 of cgroups: a guest that is a node
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

libvirt=$TEQUIO_SOURCE/tests/libvirt
parts=$TEQUIO_BUILD/tests/libvirt/parts

missing() { # what is needed and not there
    local program
    for program in qemu-system-x86_64 cpio setpriv; do
        command -v "$program" >/dev/null || echo "$program"
    done
    [ -e "$parts/kernel" ] || "$libvirt/image" fetch "$parts" >/dev/null 2>&1 || echo "the parts of an image"
}

test_description='On four NUMA nodes with cgroups of version 2, each rank is where it was shown'
. "$SHARNESS"
missing >needed
if [ -s needed ]; then
    skip_all="not there: $(paste -s -d , needed); see tests/libvirt/README.md"
    test_done
fi
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"
net_deadline=120 # an emulated processor is slow, and others may work on this machine
image=$net_dir/image
[ -x "$net_bin/examples/ends" ] && [ -x "$net_bin/tequio-pmix" ] && test_set_prereq MPI

# A machine of 2 packages, 4 NUMA nodes and 8 cores.  By QEMU's own network it sees this machine's doors at 10.0.2.2.
guest_start() {
    network_start guest qemu-system-x86_64 -name "$net_dir" -accel tcg,thread=multi -cpu max -nodefaults -no-reboot -display none \
        -serial "file:$net_dir/logs/console" -m 1536M -smp 8,sockets=2,cores=4 \
        -object memory-backend-ram,id=m0,size=384M -object memory-backend-ram,id=m1,size=384M \
        -object memory-backend-ram,id=m2,size=384M -object memory-backend-ram,id=m3,size=384M \
        -numa node,memdev=m0,cpus=0-1 -numa node,memdev=m1,cpus=2-3 -numa node,memdev=m2,cpus=4-5 -numa node,memdev=m3,cpus=6-7 \
        -netdev user,id=net -device virtio-net-pci,netdev=net -object rng-random,id=rng,filename=/dev/urandom -device virtio-rng-pci,rng=rng \
        -kernel "$image/kernel" -initrd "$image/initrd" -append "console=ttyS0 panic=-1 quiet"
}

# What guest_user_data says, as the scheduler would fill it in for a guest of libvirt's; v5 has 10.0.2.15.
guest_data() {
    local text token
    token=$(tequio key token node v5 --cluster cc 2>>"$net_dir/logs/tokens") && text=$(cat "$libvirt/guest_user_data") || return 1
    text=${text//NETWORK/10.0.2} text=${text//@NODE@/v5} text=${text//@SCHEDULER@/tcp://10.0.2.2:${net_agents##*:}}
    text=${text//@SCHEDULER_KEY@/"$net_key"} # keys have & and other signs
    printf "%s\n" "${text//@TOKEN@/"$token"}"
}

# A second archive adds to the first.
guest_image() {
    "$libvirt/image" make "$parts" "$image" "$net_bin" && mkdir -p more/etc && guest_data >more/etc/user-data && chmod 0755 more/etc/user-data &&
        (cd more && find . -print0 | cpio --null --create --format=newc --quiet --owner 0:0) >>"$image/initrd" && chmod a+r "$image"/*
}

# "WHAT RANK LIST": its cpus, their NUMA nodes, the policy of its memory; and what the group of the whole part has.
where='
allowed=$(sed -n "s/^Cpus_allowed_list:[[:space:]]*//p" /proc/self/status)
part=/sys/fs/cgroup$(sed -n "s/^0:://p" /proc/self/cgroup)/..
echo "cpus $TEQUIO_PROCID $allowed"
for range in $(echo "$allowed" | tr , " "); do
    for cpu in $(seq "${range%-*}" "${range#*-}"); do
        node=$(echo /sys/devices/system/cpu/cpu"$cpu"/node*)
        echo "numa $TEQUIO_PROCID ${node##*/node}"
    done
done
sed -n "1s/^[^ ]* bind:\([^ ]*\).*/memory $TEQUIO_PROCID \1/p" /proc/self/numa_maps
echo "part x $(cat "$part/cpuset.cpus")"
'
# "RANK NUMBER" for each number of a line's list.
expand() {
    awk '{ n = split($2, ranges, ","); for (i = 1; i <= n; i++) { m = split(ranges[i], ends, "-"); for (k = ends[1]; k <= ends[m]; k++) print $1, k } }' |
        sort -u
}
column() { # NUMBER: of what was shown
    tail -n +2 shown | awk "{ print \$1, \$$1 }" | expand
}
told() { # WHAT: by the ranks
    sed -n "s/^$1 //p" out | expand
}

in_guest() {
    network_as tester run -Q --chdir /tmp --nodelist v5 "$@"
}
shown() { # OPTIONS...
    network_as tester submit --nodelist v5 "$@" --show-binding --wrap true >shown 2>err
}

test_expect_success 'a guest with four NUMA nodes is a node, and its groups are of version 2' '
    basic_network && guest_image && guest_start && network_until "it is a node" network_idle 1 &&
    grep -q "jobs run as their own accounts, in cgroups" "$net_dir/logs/console" &&
    tequio nodes --topology v5 >drawn && cat drawn && test "$(grep -c "NUMA node" drawn)" = 4 && test "$(grep -c package drawn)" = 2 &&
    in_guest -n 1 cat /proc/self/cgroup >groups && cat groups && test "$(wc -l <groups)" = 1 && grep -q "^0::/.*tequio" groups
'

for options in "-n 8" "-n 4 -c 2" "-n 2 -c 4" "-n 1 -c 3" "-n 4 -m block:cyclic" "-n 2 -c 2 -m block:cyclic" "-n 3 --cpu-bind=sockets" "-n 4 --mem-bind=local" \
    "-n 2 --cpu-bind=ldoms --mem-bind=local"; do
    test_expect_success "each rank has what was shown: $options" '
        shown $options && cat shown && in_guest $options sh -c "$where" >out && cat out &&
        column 4 >expected && test -s expected && told cpus >seen && test_cmp expected seen &&
        column 6 >expected && test -s expected && told numa >seen && test_cmp expected seen &&
        if [[ "$options" = *mem-bind* ]]; then told memory >seen && test_cmp expected seen; else ! grep -q "^memory" out; fi
    '
done

test_expect_success 'no rank gets out of what the job has' '
    in_guest -n 2 sh -c "$where" >out && cat out && printf "x %s\n" 0 1 >expected && told part >seen && test_cmp expected seen &&
    test_must_fail in_guest -n 2 taskset 80 true && in_guest -n 2 taskset 1 true
'

test_expect_success MPI 'an MPI program finds itself on the same cores' '
    shown -n 4 -c 2 && column 3 >expected &&
    OMPI_MCA_pml=ob1 OMPI_MCA_btl=tcp,vader,self OMPI_MCA_mpi_yield_when_idle=1 in_guest --mpi=pmix -n 4 -c 2 "$net_bin/examples/ends" well >out && cat out &&
    awk "{ for (i = 7; i <= NF; i++) print \$1, \$i }" out | sort -u >seen && test_cmp expected seen
'

ended() { # JOB STATE
    [ "$(history_of "$1" State)" = "$2" ]
}

test_expect_success 'who takes more memory than the job has is ended for that, and it is told so' '
    job=$(network_as tester submit --parsable --nodelist v5 --mem 64M --chdir /tmp --output /dev/null --wrap "head -c 300000000 /dev/zero | tail -n 1") &&
    network_until "it has ended" ended "$job" OUT_OF_MEMORY && in_guest -n 1 true
'

left() {
    in_guest -n 1 sh -c "ls -d /sys/fs/cgroup/tequio*/[0-9]*.[0-9]*.[0-9]*" >out && [ "$(wc -l <out)" = 1 ]
}
test_expect_success 'no group of theirs stays behind' '
    network_until "only the group of who looks is there" left
'

test_done
