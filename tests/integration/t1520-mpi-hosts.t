#!/usr/bin/env bash
# MPI programs on hosts with networks of their own, joined by a bridge
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

missing() { # what is needed and not there
    local program
    [ "$(id -u)" = 0 ] || echo "root"
    for program in ip unshare nsenter setpriv mpirun; do
        command -v "$program" >/dev/null || echo "$program"
    done
    [ -x "$TEQUIO_BUILD/agent/tequio-pmix" ] && [ -x "$TEQUIO_BUILD/tests/mpi/ends" ] || echo "the programs for MPI"
    [ "$(nproc)" -ge 2 ] || echo "two processors"
    unshare --net --mount ip link add tequio type bridge 2>/dev/null || echo "bridges"
}

# In a network of its own nobody else has the addresses, and all of it goes with the test.
if [ -z "${HOSTS_ISOLATED-}" ] && [ -z "$(missing)" ]; then
    HOSTS_ISOLATED=1 exec unshare --net --mount "$0" "$@"
fi

test_description='mpirun and tequio run --mpi=pmix span hosts that share nothing of their networks but a bridge'
. "$SHARNESS"
if [ -z "${HOSTS_ISOLATED-}" ]; then
    skip_all="not there: $(missing | paste -s -d ,)"
    test_done
fi
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"
net_listen_agents='tcp://10.78.0.1:*'
ends=$net_bin/examples/ends

host_up() { # NAME NUMBER
    : >"$net_dir/net-$1" && unshare --net="$net_dir/net-$1" ip link set lo up &&
        ip link add "to-$1" type veth peer name "eth-$1" netns "$net_dir/net-$1" && ip link set "to-$1" master hosts up &&
        nsenter --net="$net_dir/net-$1" ip address add "10.78.0.$2/24" dev "eth-$1" && nsenter --net="$net_dir/net-$1" ip link set "eth-$1" up
}

# What is of a host runs there.
eval "here_$(declare -f network_start)"
network_start() { # NAME COMMAND...
    local name=$1 place=$net_dir/net-${1%-launcher}
    shift
    [ -e "$place" ] || { here_network_start "$name" "$@"; return; }
    [ "$1" != network_exec_daemon ] || set -- setpriv --reuid "$net_daemon_user" --regid "$(id -g "$net_daemon_user")" --clear-groups "${@:2}"
    here_network_start "$name" nsenter --net="$place" "$@"
}
eval "hosts_$(declare -f network_over)"
network_over() {
    umount "$net_dir"/net-* 2>/dev/null
    hosts_network_over
}

# By TCP alone: Open MPI would else find that both hosts are one machine, and use its memory.
over_tcp() {
    OMPI_MCA_pml=ob1 OMPI_MCA_btl=tcp,self OMPI_MCA_mpi_yield_when_idle=1 "$@"
}
mpirun_job() { # ARGUMENTS of mpirun; its output is in $net_dir/work/out
    printf "#!/bin/sh\nexec mpirun %s\n" "$*" >"$net_dir/work/job" && chmod 0755 "$net_dir/work/job" && rm -f "$net_dir/work/out" &&
        job=$(over_tcp submit -N 2 --ntasks-per-node 2 --hint=nomultithread --output out "$net_dir/work/job") && network_as tester wait "$job"
}

test_expect_success 'two hosts are nodes, each with an address of its own' '
    ip link set lo up && ip link add hosts type bridge && ip address add 10.78.0.1/24 dev hosts && ip link set hosts up &&
    host_up n1 11 && host_up n2 12 && basic_network &&
    network_node n1 cc machine "host-name = \"node\"" && network_node n2 cc machine "host-name = \"node\"" &&
    network_until "both nodes are idle" network_idle 2 &&
    network_as tester run -Q -N 2 -n 2 sh -c "echo \$TEQUIO_NODENAME \$(ip -o -4 address show scope global | tr -s \" \" | cut -d \" \" -f 4)" | sort >seen &&
    printf "%s\n" "n1 10.78.0.11/24" "n2 10.78.0.12/24" >expected && test_cmp expected seen
'

# "RANK CPU" for each cpu: of what was shown, and of what each rank found.
shown_cpus() {
    tail -n +2 shown | awk '{ n = split($4, all, ","); for (i = 1; i <= n; i++) { m = split(all[i], ends, "-"); for (k = ends[1]; k <= ends[m]; k++) print $1, k } }' | sort
}
found_cpus() { # FILE
    awk '{ for (i = 7; i <= NF; i++) print $1, $i }' "$1" | sort
}

test_expect_success 'ranks that tequio run starts are one program over the bridge, where it was shown' '
    network_as tester submit -N 2 --ntasks-per-node 2 --hint=nomultithread --show-binding --wrap true >shown 2>err && tail -n +2 shown | awk "{ print \$1, \$2 }" >expected &&
    network_as tester run -Q --mpi=pmix -N 2 --ntasks-per-node 2 --hint=nomultithread sh -c "echo \$TEQUIO_PROCID \$TEQUIO_NODENAME" | sort >seen && test_cmp expected seen &&
    over_tcp network_as tester run -Q --mpi=pmix -N 2 --ntasks-per-node 2 --hint=nomultithread "$ends" well >out && cut -d " " -f 1-5 out | sort >seen &&
    printf "%s of 4 sum 6\n" 0 1 2 3 >sums && test_cmp sums seen && shown_cpus >expected && test "$(wc -l <expected)" -ge 4 && found_cpus out >seen && test_cmp expected seen
'

test_expect_success 'so are those of mpirun, without ssh' '
    mpirun_job "$ends" well && cat "$net_dir/work/out" && cut -d " " -f 1-5 "$net_dir/work/out" | sort >seen && test_cmp sums seen &&
    found_cpus "$net_dir/work/out" >seen && test_cmp expected seen
'

test_expect_success 'an abort on one host ends the program on both' '
    test_expect_code 42 over_tcp network_as tester run -Q --mpi=pmix -N 2 --ntasks-per-node 2 "$ends" abort 2>err >out &&
    grep -q "rank 3 called MPI_Abort with 42" err && test_must_fail mpirun_job "$ends" abort
'

test_done
