#!/usr/bin/env bash
# Ranks of an MPI program started directly, with real daemons
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='tequio run --mpi=pmix starts the ranks of an MPI program without mpirun'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

[ -x "$net_bin/examples/ends" ] && [ -x "$net_bin/tequio-pmix" ] && test_set_prereq PMIX

[ "$(nproc)" -ge 2 ] && test_set_prereq CORES
ends=$net_bin/examples/ends

# Under an environment of our own making: the small machine's.
run_pmix() {
    OMPI_MCA_pml=ob1 OMPI_MCA_btl=vader,self OMPI_MCA_mpi_yield_when_idle=1 \
        network_as tester run -Q --mpi=pmix "$@"
}

test_expect_success PMIX 'a network comes up' '
    basic_network &&
    network_node n1 cc "synthetic:package:2 numa:1 core:4 pu:1" &&
    network_until "the node is idle" network_idle 1
'

test_expect_success PMIX 'the ranks are one program' '
    run_pmix -n 4 "$ends" well >out &&
    cut -d " " -f 1-5 out | sort >seen &&
    printf "%s of 4 sum 6\n" 0 1 2 3 >expected && test_cmp expected seen
'

test_expect_success PMIX,CORES 'each is where it was shown' '
    network_node own cc machine &&
    network_until "both nodes are idle" network_idle 2 &&
    network_as tester submit -w own -n 2 --hint=nomultithread --show-binding --wrap true >shown 2>err &&
    tail -n +2 shown | awk "{ print \$1, \$4 }" >expected &&
    run_pmix -w own -n 2 --hint=nomultithread "$ends" well >out &&
    sort out | awk "{ print \$1, \$7 }" >seen && test_cmp expected seen
'

test_expect_success PMIX 'an abort ends the step with its code' '
    test_expect_code 42 run_pmix -n 3 "$ends" abort 2>err >out &&
    grep -q "rank 2 called MPI_Abort with 42" err
'

test_expect_success PMIX 'a crash ends the step, and so does a rank that leaves' '
    test_expect_code 139 run_pmix -n 3 "$ends" crash 2>err >out &&
    grep -q "rank 2 was ended by signal 11: the others are ended" err &&
    test_expect_code 7 run_pmix -n 3 "$ends" leave 0 2>err >out &&
    grep -q "rank 0 exited with 7" err
'

test_expect_success PMIX 'what is not there is told, and no MPI program runs as well' '
    test_expect_code 127 run_pmix -n 2 "$ends-not" 2>err &&
    grep -q "ends-not: No such file" err &&
    run_pmix -n 2 sh -c "echo \$TEQUIO_PROCID" | sort >seen &&
    printf "0\n1\n" >expected && test_cmp expected seen
'

test_expect_success PMIX 'nothing is left behind' '
    network_until "no rank is left" sh -c "! pgrep -f \"$net_dir/.*[e]xamples/ends\"" &&
    network_until "no server is left" sh -c "! pgrep -f \"$net_dir/.*[t]equio-pmix\""
'

test_done
