#!/usr/bin/env bash
# Ranks of an MPI program started directly on several nodes, with real daemons
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='tequio run --mpi=pmix starts one MPI program on several nodes'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

[ -x "$net_bin/examples/ends" ] && [ -x "$net_bin/tequio-pmix" ] && test_set_prereq PMIX

ends=$net_bin/examples/ends

# Under an environment of our own making: small machines without a fast network.
run_pmix() {
    OMPI_MCA_pml=ob1 OMPI_MCA_btl=tcp,vader,self OMPI_MCA_mpi_yield_when_idle=1 \
        network_as tester run -Q --mpi=pmix "$@"
}

nothing_is_left() {
    network_until "no rank is left" sh -c "! pgrep -f \"$net_dir/.*[e]xamples/ends\"" &&
        network_until "no server is left" sh -c "! pgrep -f \"$net_dir/.*[t]equio-pmix\""
}

test_expect_success PMIX 'a network comes up' '
    basic_network &&
    network_node n1 cc "synthetic:package:2 numa:1 core:4 pu:1" &&
    network_node n2 cc "synthetic:package:2 numa:1 core:4 pu:1" &&
    network_until "the nodes are idle" network_idle 2
'

test_expect_success PMIX 'the ranks on two nodes are one program' '
    run_pmix -N 2 --ntasks-per-node 2 "$ends" well >out &&
    cut -d " " -f 1-5 out | sort >seen &&
    printf "%s of 4 sum 6\n" 0 1 2 3 >expected && test_cmp expected seen &&
    nothing_is_left
'

test_expect_success PMIX 'they are numbered over the nodes as asked, and each node tells its name' '
    run_pmix -N 2 --ntasks-per-node 2 -m cyclic sh -c "echo \$TEQUIO_PROCID \$TEQUIO_NODENAME \$(uname -n)" | sort >seen &&
    printf "%s\n" "0 n1 n1" "1 n2 n2" "2 n1 n1" "3 n2 n2" >expected && test_cmp expected seen &&
    run_pmix -N 2 --ntasks-per-node 2 -m cyclic "$ends" well | cut -d " " -f 1-5 | sort >seen &&
    printf "%s of 4 sum 6\n" 0 1 2 3 >expected && test_cmp expected seen
'

test_expect_success PMIX 'lines tell whose they are' '
    run_pmix --label -N 2 -n 2 "$ends" well | cut -d " " -f 1-2 | sort >seen &&
    printf "%s: %s\n" 0 0 1 1 >expected && test_cmp expected seen &&
    run_pmix --label -N 2 --ntasks-per-node 2 "$ends" well | cut -d ":" -f 1 | sort >seen &&
    printf "%s\n" n1 n1 n2 n2 >expected && test_cmp expected seen
'

test_expect_success PMIX 'they find each other one by one, too' '
    OMPI_MCA_pmix_base_async_modex=1 OMPI_MCA_pmix_base_collect_data=0 \
        run_pmix -N 2 --ntasks-per-node 2 "$ends" well | cut -d " " -f 1-5 | sort >seen &&
    printf "%s of 4 sum 6\n" 0 1 2 3 >expected && test_cmp expected seen
'

test_expect_success PMIX 'each is where it was shown' '
    network_as tester submit -N 2 --ntasks-per-node 2 -c 2 --show-binding --wrap true >shown 2>err &&
    cpus=$(nproc) &&
    tail -n +2 shown | awk -v cpus="$cpus" "{ split(\$4, a, \"[-,]\"); print \$1, \$2, a[1] % cpus }" >expected &&
    run_pmix -N 2 --ntasks-per-node 2 -c 2 --hint=nomultithread sh -c \
        "echo \$TEQUIO_PROCID \$TEQUIO_NODENAME \$(sed -n \"s/^Cpus_allowed_list:[[:space:]]*//p\" /proc/self/status)" |
        sort | awk "{ split(\$3, a, \"[-,]\"); print \$1, \$2, a[1] }" >seen &&
    test_cmp expected seen
'

test_expect_success PMIX 'an abort on one node ends the step on all, with its code' '
    test_expect_code 42 run_pmix -N 2 --ntasks-per-node 2 "$ends" abort 2>err >out &&
    grep -q "rank 3 called MPI_Abort with 42" err &&
    test_expect_code 42 run_pmix -N 2 --ntasks-per-node 2 "$ends" abort 0 2>err >out &&
    grep -q "rank 0 called MPI_Abort with 42" err && nothing_is_left
'

test_expect_success PMIX 'so does a crash, and a rank that leaves' '
    test_expect_code 139 run_pmix -N 2 --ntasks-per-node 2 "$ends" crash 2>err >out &&
    grep -q "rank 3 was ended by signal 11: the others are ended" err &&
    test_expect_code 7 run_pmix -N 2 --ntasks-per-node 2 "$ends" leave 1 2>err >out &&
    grep -q "rank 1 exited with 7" err &&
    test_expect_code 1 run_pmix -N 2 --ntasks-per-node 2 "$ends" vanish 2>err >out &&
    grep -q "rank 3 exited without MPI_Finalize" err && nothing_is_left
'

test_expect_success PMIX 'a rank whose connection was torn does not decide how the step ends, unless nobody else does' '
    test_expect_code 42 run_pmix -N 2 --ntasks-per-node 2 "$ends" torn 2>err >out &&
    grep -q "rank 0 called MPI_Abort with 42" err &&
    test_expect_code 141 run_pmix -N 2 --ntasks-per-node 2 "$ends" pipe 2>err >out &&
    grep -q "rank 3 was ended by signal 13: the others are ended" err && nothing_is_left
'

test_expect_success PMIX 'ranks that wait for some that never speak are not left waiting' '
    test_expect_code 1 run_pmix -N 2 -n 2 sh -c \
        "[ \$TEQUIO_PROCID = 1 ] || exec $ends well" 2>err >out &&
    grep -q "n2: its ranks have ended while others wait for them" err && nothing_is_left
'

test_expect_success PMIX 'a server that is killed ends the step' '
    { run_pmix -N 2 -n 2 "$ends" wait >out 2>err; echo $? >code; } &
    runner=$! &&
    network_until "the ranks wait" sh -c "[ \$(grep -c waiting \"$PWD/out\") = 2 ]" &&
    kill -KILL $(pgrep -f "$net_dir/.*[t]equio-pmix.* wait" | tail -n 1) &&
    wait $runner && test "$(cat code)" = 137 && nothing_is_left
'

test_expect_success PMIX 'more ranks than were asked for are refused, with the reason' '
    test_must_fail run_pmix -N 2 -n 2 "$ends" spawn 2>err >out &&
    grep -q "rank 0 asked for more ranks (MPI_Comm_spawn)" err && nothing_is_left
'

test_expect_success PMIX 'a program of no MPI ends on both nodes, and what is missing is told' '
    run_pmix -N 2 -n 2 true &&
    test_expect_code 127 run_pmix -N 2 -n 2 "$ends-not" 2>err && grep -q "ends-not: No such file" err
'

test_done
