#!/usr/bin/env bash
# GPUs, features, licences, partitions and clusters, with real daemons
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1090,SC1091,SC2034,SC2016,SC2154

test_description='A job gets the GPUs, nodes and licences that it asked for, and no others'
. "$SHARNESS"
. "$TEQUIO_SOURCE/tests/integration/lib-network.sh"

test_expect_success 'a network with GPUs, features and licences comes up' '
    network_scheduler <<-\END &&
	heartbeat = "1s"
	node-suspect-after = "2s"
	node-silent-after = "4s"
	kill-wait = "2s"
	license "matlab" { count = 2 }
	cluster "cc" {
	    institution = "uni"
	    partition "all" { default = true limit = "1h" default-limit = "10m" }
	    partition "gpu" { nodes = "g1" limit = "1h" }
	    feature "rack1" { nodes = "g1" }
	    license "fluent" { count = 1 }
	}
	END
    network_accounting &&
    tequio admin institution add uni --title "Universidad de Prueba" &&
    tequio admin project add science --institution uni &&
    tequio admin user add tester --project science &&
    tequio admin grant add --institution uni --amount 1000 &&
    network_person tester &&
    network_node n1 cc "synthetic:package:2 numa:1 core:4 pu:1" "features = \"ib\"" &&
    network_node g1 cc "synthetic:package:2 numa:1 core:4 pu:1" \
        "features = \"ib,fast\"
gpu \"a100\" { count = 4 }" &&
    network_until "both nodes are idle" network_idle 2
'

test_expect_success 'nodes tell what they have' '
    tequio nodes --json >nodes.json &&
    grep -q "a100:4" nodes.json && grep -q "fast,ib,rack1" nodes.json
'

test_expect_success 'two jobs have two GPUs each, near their cores' '
    cat >"$net_dir/work/gpu.sh" <<-\END &&
	#!/bin/bash
	#SBATCH --gres=gpu:a100:2 --ntasks=4
	echo "$TEQUIO_GPUS $CUDA_VISIBLE_DEVICES $SLURM_GPUS_ON_NODE $TEQUIO_CORE_LIST"
	until [ -e "$1" ]; do read -rt 0.1 <> <(:); done
	exit 0
	END
    first=$(submit --output first "$net_dir/work/gpu.sh" "$net_dir/work/go") &&
    second=$(submit --output second "$net_dir/work/gpu.sh" "$net_dir/work/go") &&
    third=$(submit --output third "$net_dir/work/gpu.sh" "$net_dir/work/go") &&
    network_until "the first has written" test -s "$net_dir/work/first" &&
    network_until "the second has written" test -s "$net_dir/work/second" &&
    echo "0-1 0,1 2 0-3" >expected && test_cmp expected "$net_dir/work/first" &&
    echo "2-3 2,3 2 4-7" >expected && test_cmp expected "$net_dir/work/second" &&
    network_as tester queue -h -j "$third" -o %T:%r >out &&
    grep -qx "PENDING:Resources" out &&
    tequio show "$first" >out && grep -q "a100:2 (gpus 0-1)" out
'

test_expect_success 'who asks for none sees none' '
    job=$(submit --output none -w g1 --wrap "echo \"[\$CUDA_VISIBLE_DEVICES][\$TEQUIO_GPUS]\"") &&
    network_as tester cancel "$third" &&
    : >"$net_dir/work/go" && network_as tester wait "$first" && network_as tester wait "$job" &&
    echo "[][]" >expected && test_cmp expected "$net_dir/work/none"
'

runs() { # JOB
    network_as tester queue -h -j "$1" -o %T | grep -qx RUNNING
}

test_expect_success 'features, partitions and clusters choose the node' '
    job=$(submit -C "ib&!fast" --output where --wrap hostname) && network_as tester wait "$job" &&
    test "$(cat "$net_dir/work/where")" = n1 &&
    job=$(submit -p gpu,all --output where2 --wrap hostname) && network_as tester wait "$job" &&
    test "$(cat "$net_dir/work/where2")" = g1
'

# The partition that has no such node is no reason to change what is asked for.
test_expect_success 'who waits in one of two partitions is not told to give up for the other' '
    hold=$(submit -p all -w n1 -N 1 -n 8 --gres=none --output /dev/null "$net_dir/work/gpu.sh" \
        "$net_dir/work/leave") &&
    network_until "it runs" runs "$hold" &&
    wait=$(submit -p gpu,all -C "ib&!fast" -n 8 -N 1 --output /dev/null --wrap true) &&
    network_as tester why "$wait" >out && cat out &&
    grep -q "BadConstraints .*cc/gpu" out && grep -q "Resources .*cc/all" out &&
    ! grep "no node is like that" out &&
    : >"$net_dir/work/leave" && network_as tester wait "$wait"
'

test_expect_success 'licences are counted' '
    hold=$(submit -L matlab:2 --gres=none -n 1 --output /dev/null "$net_dir/work/gpu.sh" \
        "$net_dir/work/free") &&
    network_until "it runs" runs "$hold" &&
    wait=$(submit -L matlab --output /dev/null --wrap true) &&
    network_as tester queue -h -j "$wait" -o %r >out && grep -qx Licenses out &&
    : >"$net_dir/work/free" && network_as tester wait "$wait"
'

test_expect_success 'what cannot be had is refused, with what can' '
    refuse() { test_must_fail submit --wrap true "$@" 2>err && cat err; } &&
    refuse --gpus=5 | grep "have at most 4" &&
    refuse --gpus=h100:1 | grep "the network has a100" &&
    refuse -C fsat | grep "did you mean fast" &&
    refuse -L mathlab | grep "did you mean matlab" &&
    refuse -L fluent:2 | grep "1 at most" &&
    refuse -p gpus | grep "did you mean gpu" &&
    refuse -M ^cc | grep "all are excluded"
'

test_expect_success 'GPUs are kept over a restart of the agent' '
    rm -f "$net_dir/work/go" "$net_dir/work/kept" &&
    job=$(submit --output kept "$net_dir/work/gpu.sh" "$net_dir/work/go") &&
    network_until "it has written" test -s "$net_dir/work/kept" &&
    network_end g1 && network_agent_start g1 &&
    other=$(submit --output other "$net_dir/work/gpu.sh" "$net_dir/work/go") &&
    network_until "the other has written" test -s "$net_dir/work/other" &&
    test "$(cut -d" " -f1 "$net_dir/work/kept")" = 0-1 &&
    test "$(cut -d" " -f1 "$net_dir/work/other")" = 2-3 &&
    : >"$net_dir/work/go" && network_as tester wait "$job" && network_as tester wait "$other"
'

test_done
