# tests/local.mk - the parts of the tests; add a part here, a test in its own local.mk

include tests/lib/local.mk
include tests/unit/base/local.mk
include tests/unit/proto/local.mk
include tests/unit/scheduler/local.mk
include tests/unit/agent/local.mk
include tests/unit/client/local.mk
include tests/unit/accounting/local.mk
include tests/property/local.mk
include tests/golden/local.mk
include tests/replay/local.mk
include tests/simulation/local.mk
include tests/crash/local.mk
include tests/integration/local.mk
include tests/openstack/local.mk
include tests/slurm/local.mk
include tests/libvirt/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
include tests/mpi/local.mk
include tests/lint/local.mk
