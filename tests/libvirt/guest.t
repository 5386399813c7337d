#!/usr/bin/env bash
# Nodes that are virtual machines
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

libvirt=$TEQUIO_SOURCE/tests/libvirt
parts=$TEQUIO_BUILD/tests/libvirt/parts

missing() { # what is needed and not there
    local program
    [ "$(id -u)" = 0 ] || echo "root"
    for program in libvirtd virsh qemu-system-x86_64 cpio ip setpriv; do
        command -v "$program" >/dev/null || echo "$program"
    done
}

# In a network of its own, where nobody has the addresses and no filter is in the way; what comes
# from elsewhere is fetched before.
if [ -z "${GUEST_ISOLATED-}" ] && [ -z "$(missing)" ]; then
    "$libvirt/image" fetch "$parts" || true
    GUEST_ISOLATED=1 exec unshare --net "$0" "$@"
fi

test_description='Jobs make guests boot under libvirt, run there, and the guests go again'
. "$SHARNESS"
missing >needed
[ -e "$parts/kernel" ] || echo "the parts of an image" >>needed
if [ -s needed ]; then
    skip_all="not there: $(paste -s -d , needed); see tests/libvirt/README.md"
    test_done
fi
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"
host=$net_dir/host
network=10.77.0
door=tcp://$network.1:7101
net_deadline=120 # an emulated processor is slow, and others may work on this machine
ends=$net_bin/examples/ends
[ -x "$ends" ] && [ -x "$net_bin/tequio-pmix" ] && test_set_prereq MPI
ip link set lo up

eval "network_$(declare -f network_over)"
network_over() {
    "$libvirt/host" stop "$host"
    network_network_over
}

virsh() {
    command virsh --connect "$(cat "$host/uri")" --quiet "$@"
}

guests() {
    virsh list --all --name | sed '/^$/d'
}

no_guest_is_left() {
    [ -z "$(guests)" ] && [ -z "$(virsh vol-list default)" ]
}

guest_is_there() { # NODE
    guests | grep -qx "tequio-trial-vm.$1"
}

state_is() { # NODE STATE
    [ "$(tequio nodes -h -o state "$1")" = "$2" ]
}

ended() { # JOB STATE
    [ "$(history_of "$1" state)" = "$2" ]
}

runs() { # JOB
    [ "$(network_as tester queue -h -j "$1" -o state)" = RUNNING ]
}

# What runs there waits for nobody: it is in the guest, and its output comes over the network.
in_guest() {
    network_as tester run -Q --chdir /tmp --nodelist v1 "$@"
}

# At the doors that it had, where agents look for it.
start_again() {
    network_until "it is gone" network_gone "$(cat "$net_dir/pids/scheduler")" &&
        sed -i "s|^listen-clients = .*|listen-clients = \"$net_clients\"|" "$net_dir/etc/scheduler.conf" &&
        network_scheduler_start
}

test_expect_success 'an image is made, and a host comes up' '
    "$libvirt/image" make "$parts" "$net_dir/image" "$net_bin" && "$libvirt/host" start "$host" "$network.1/24" &&
    chmod 0644 "$net_dir/image"/* && no_guest_is_left
'

test_expect_success 'the nodes are known, and off' '
    sed "s/NETWORK/$network/" "$libvirt/guest_user_data" >"$net_dir/etc/user-data" &&
    cat >"$net_dir/clouds" <<END &&
heartbeat = "1s"
node-suspect-after = "5s"
node-silent-after = "10s"
kill-wait = "2s"
cluster "lab" {
    institution = "uni"
    partition "general" { default = true limit = "1h" default-limit = "10m" }
}
cloud "vm" {
    cluster = "lab"
    nodes = "v[1-4]"
    scheduler = "$door"
    provider = "libvirt"
    uri = "$(cat "$host/uri")"
    program = "$net_bin/tequio-libvirt"
    hypervisor = "qemu"
    kernel = "$net_dir/image/kernel"
    initrd = "$net_dir/image/initrd"
    arguments = "console=ttyS0 panic=-1 quiet"
    network = "bridge:$(cat "$host/bridge")"
    user-data = "$net_dir/etc/user-data"
    vcpus = 1
    memory = "1G"
    boot-limit = "3m"
    idle = "5s"
    look = "1s"
    timeout = "10s"
}
END
    net_listen_agents=$door && network_scheduler <"$net_dir/clouds" && network_accounting &&
    tequio admin institution add uni && tequio admin project add science --institution uni &&
    tequio admin user add tester --project science &&
    tequio admin grant add --institution uni --amount 1000 && network_person tester &&
    network_until "v1 is known" state_is v1 off && state_is v4 off
'

test_expect_success 'a job makes a guest boot, runs in it, and its output comes back' '
    in_guest sh -c "uname -r; uname -n; id -un; cat /proc/cpuinfo | grep -c ^processor" >out 2>err &&
    sed -n 2p out >name && echo v1 >expected && test_cmp expected name &&
    test "$(sed -n 3p out)" = nobody && test "$(sed -n 4p out)" = 1 &&
    test "$(sed -n 1p out)" != "$(uname -r)" && guest_is_there v1
'

test_expect_success 'its processor is pinned to a core, and its memory is what was asked for' '
    virsh vcpupin tequio-trial-vm.v1 | awk "\$1 == 0 { print \$2 }" >pinned &&
    grep -qxE "[0-9]+(,[0-9]+|-[0-9]+)?" pinned && ! grep -qx "0-$(($(nproc) - 1))" pinned &&
    virsh dominfo tequio-trial-vm.v1 | grep -q "Max memory: *1048576 KiB"
'

# Whoever may look at the host is not told; nor are jobs.
test_expect_success 'what the guest was told nobody else reads' '
    seed=$(echo "$host"/images/tequio-trial-vm.*.iso) && test "$(stat -c %a "$seed")" = 600 &&
    token=$(strings -n 64 "$seed" | grep -oE "[0-9a-f]{64}" | head -n 1) && test -n "$token" &&
    ! virsh dumpxml tequio-trial-vm.v1 | grep -q "$token" &&
    ! grep -qs "$token" /proc/[0-9]*/cmdline &&
    for file in /dev/vda /etc/tequio/node.token; do
        test_must_fail in_guest cat "$file" >out 2>err &&
            grep -qE "^cat: .*$file.*(Permission denied|No such file)" err || return 1
    done
'

test_expect_success 'a script runs there, with its exit status' '
    job=$(network_as tester submit --parsable --chdir /tmp --wrap "echo from \$(hostname); exit 3") &&
    network_until "it has ended" ended "$job" FAILED &&
    network_as tester logs "$job" >out && grep -q "from v" out &&
    test "$(history_of "$job" exitcode)" = 3:0
'

test_expect_success 'it is charged, and the guest goes when it is idle' '
    network_as tester usage | grep -q science &&
    network_until "no guest is left" no_guest_is_left && network_until "the node is off" state_is v1 off &&
    ! ls "$host"/run/qemu/tequio-*.pid 2>/dev/null
'

test_expect_success 'a guest that somebody else ends takes its job to another' '
    job=$(network_as tester submit --parsable --chdir /tmp --requeue --wrap "sleep 5") &&
    network_until "it runs" runs "$job" && virsh destroy "$(guests | head -n 1)" &&
    network_until "it has ended elsewhere" ended "$job" COMPLETED &&
    network_until "no guest is left" no_guest_is_left
'

none_is_doubled() {
    [ -z "$(guests | sort | uniq -d)" ] && [ "$(guests | wc -l)" -le 4 ]
}

# Once the scheduler has come so far with a node, it is killed.
for step in asked booting idle allocated; do
    test_expect_success "killed while a node is $step, the scheduler leaks no guest and makes none twice" '
        job=$(network_as tester submit --parsable --chdir /tmp --wrap "sleep 4") &&
        network_until "a node is $step" sh -c "$net_bin/tequio nodes -h -o state | grep -qx $step" &&
        kill -KILL "$(cat "$net_dir/pids/scheduler")" && start_again && none_is_doubled &&
        network_until "it has ended" ended "$job" COMPLETED && none_is_doubled &&
        network_until "no guest is left" no_guest_is_left
    '
done

# --- over a guest and a node that is none --------------------------------------------------------

beside_iron() { # VERB MORE
    local verb=$1
    shift
    OMPI_MCA_mpi_yield_when_idle=1 network_as tester "$verb" --chdir /tmp --nodelist n1,v1 -N 2 -n 2 "$@"
}

test_expect_success MPI 'an MPI program has a rank on this machine, and one in a guest made for it' '
    network_node n1 lab "synthetic:package:1 core:2 pu:1" &&
    network_until "n1 is there" state_is n1 idle && [ -z "$(guests)" ] &&
    beside_iron run -Q --mpi=pmix sh -c "echo \$TEQUIO_NODENAME \$(uname -r); exec $ends well" >out 2>err &&
    sed -n "s/^n1 //p" out >here && uname -r >expected && test_cmp expected here &&
    sed -n "s/^v1 //p" out >there && test -s there && ! test_cmp expected there &&
    sed -n "s/ cpus.*//p" out | sort >seen &&
    printf "%s of 2 sum 1\n" 0 1 >expected && test_cmp expected seen
'

test_expect_success MPI 'so it has by mpirun' '
    job=$(beside_iron submit --parsable --wrap "mpirun sh -c \"uname -r; exec $ends well\"") &&
    network_until "it has ended" ended "$job" COMPLETED && network_as tester logs "$job" >out &&
    sed -n "s/ cpus.*//p" out | sort >seen &&
    printf "%s of 2 sum 1\n" 0 1 >expected && test_cmp expected seen &&
    test "$(grep -v cpus out | sort -u | wc -l)" = 2
'

test_expect_success 'nothing of libvirt is left of a scheduler that was killed' '
    network_until "no guest is left" no_guest_is_left &&
    test "$(pgrep -f "^$net_bin/tequio-libvirt" | wc -l)" = 1
'

test_done
