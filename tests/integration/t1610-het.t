#!/usr/bin/env bash
# Heterogeneous jobs, from the command line to steps in their components, with real daemons
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='Components of a job start together, on nodes of their own'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

test_expect_success 'a network comes up' '
    basic_network &&
    network_node n1 cc "synthetic:package:1 numa:1 core:2 pu:1" &&
    network_node n2 cc "synthetic:package:1 numa:1 core:4 pu:1" &&
    network_node n3 cc "synthetic:package:1 numa:1 core:4 pu:1" &&
    network_until "the nodes are idle" network_idle 3
'

test_expect_success 'the script finds what Slurm tells of each component' '
    job=$(submit -n1 -c1 -w n1 : -N2 -n4 -c2 --wrap "
        echo \$SLURM_HET_SIZE \$SLURM_JOB_ID \$SLURM_JOB_NODELIST \$SLURM_NTASKS
        echo \$((SLURM_JOB_ID_HET_GROUP_1 - SLURM_JOB_ID_HET_GROUP_0)) \
            \$SLURM_JOB_NODELIST_HET_GROUP_1 \$SLURM_JOB_NUM_NODES_HET_GROUP_1 \
            \$SLURM_NTASKS_HET_GROUP_1 \$SLURM_CPUS_PER_TASK_HET_GROUP_1 \
            \$SLURM_TASKS_PER_NODE_HET_GROUP_1
        $net_bin/tequio run sh -c \"echo \\\$TEQUIO_NODENAME\"
        $net_bin/tequio run --het-group=1 sh -c \"echo \\\$TEQUIO_NODENAME\" | sort
        $net_bin/tequio run --het-group=0-1 true && echo both
        $net_bin/tequio run --het-group=2 true || echo none") &&
    network_as tester wait "$job" &&
    printf "%s\n" "2 $job n1 1" "1 n[2-3] 2 4 2 2(x2)" n1 n2 n2 n3 n3 both \
        "tequio: --het-group: the job has no component 2" none >expected &&
    test_cmp expected "$net_dir/work/slurm-$job.out"
'

test_expect_success 'each component is shown, and charged, as a job of its own' '
    history_of "$job" JobID,cpus,NodeList,State >seen &&
    printf "%s\n" "$job+0|1|n1|COMPLETED" "$job+1|8|n[2-3]|COMPLETED" >expected &&
    test_cmp expected seen &&
    network_as tester show "$job" >seen && grep -qw "$job+0" seen && grep -qw "$job+1" seen &&
    network_as tester show "$job+1" >seen && ! grep -qw "$job+0" seen
'

test_expect_success 'the blocks of a script are components; they wait, are held and end as one' '
    cat >"$net_dir/work/two.sh" <<-\SCRIPT &&
	#!/bin/sh
	#SBATCH --ntasks=1 --nodelist=n1 --output=/dev/null
	#SBATCH hetjob
	#TEQUIO --ntasks=8 --nodes=2
	sleep 600
	SCRIPT
    first=$(submit "$net_dir/work/two.sh") &&
    network_until "it runs" eval "network_as tester queue -h -j $first -o %t | grep -c R | grep -qx 2" &&
    job=$(submit "$net_dir/work/two.sh") &&
    network_as tester queue -h -j "$job" -o "%i %t %C" | tr -s " " >seen &&
    printf "%s\n" "$job+0 PD 1" "$job+1 PD 8" >expected && test_cmp expected seen &&
    network_as tester why "$job+1" >seen && grep -q "8 tasks of 1 cores on 2 nodes" seen &&
    network_as tester hold "$job+1" &&
    network_as tester queue -h -j "$job" -o %r | sort -u >seen && test "$(cat seen)" = JobHeldUser &&
    network_as tester release "$job" && network_as tester cancel "$first+1" &&
    network_until "the second runs" eval \
        "network_as tester queue -h -j $job -o %t | grep -c R | grep -qx 2" &&
    network_as tester cancel "$job" &&
    network_until "all is over" network_idle 3
'

test_expect_success 'what cannot be is refused, with its component' '
    test_must_fail network_as tester submit -n1 : -n1 -b now+1h --wrap true 2>seen &&
    grep -q "component 1: --begin holds for the whole job" seen &&
    test_must_fail network_as tester submit -n1 -w n1 : -n64 --wrap true 2>seen &&
    grep -q "component 1: More processors requested" seen &&
    network_as tester submit --test-only -n1 : -N2 --wrap true >seen &&
    grep -q "1 node(s) or more, 1 task(s) of 1 core(s) : 2 node(s)" seen
'

test_done
