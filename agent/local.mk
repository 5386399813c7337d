# agent/local.mk - what runs on every node
#
# agent/core -> noinst_LIBRARIES %D%/core/libagentcore.a;
# programs: sbin_PROGRAMS tequio-agent tequio-launcher, pkglibexec_PROGRAMS tequio-rsh.

# --- the privileged side: launcher and shepherd, on libc and pure files of base/ ------------------

noinst_LIBRARIES += %D%/liblauncher.a
%C%_liblauncher_a_SOURCES = \
	%D%/cgroup.c %D%/cgroup.h %D%/cgroup_inside.h \
	%D%/cgroup_devices.c \
	%D%/cgroup_freeze.c \
	%D%/cgroup_group.c \
	%D%/cgroup_v1.c \
	%D%/cgroup_v2.c \
	%D%/runtime.h \
	%D%/task_gpus.c %D%/task_gpus.h \
	%D%/launcher/account.c %D%/launcher/account.h \
	%D%/launcher/config.c %D%/launcher/config.h \
	%D%/launcher/peers.c %D%/launcher/peers.h \
	%D%/launcher/record.c %D%/launcher/record.h \
	%D%/launcher/series_file.c %D%/launcher/series_file.h \
	%D%/launcher/input.h \
	%D%/launcher/reply.c %D%/launcher/reply.h \
	%D%/launcher/request.h \
	%D%/launcher/request_check.c %D%/launcher/request_check.h \
	%D%/launcher/scratch.c %D%/launcher/scratch.h \
	%D%/launcher/serve.c %D%/launcher/serve.h %D%/launcher/serve_inside.h \
	%D%/launcher/serve_input.c \
	%D%/launcher/serve_part.c \
	%D%/launcher/serve_read.c \
	%D%/launcher/spool.c %D%/launcher/spool.h \
	%D%/launcher/sweep.c %D%/launcher/sweep.h \
	%D%/shepherd/environment.c %D%/shepherd/environment.h \
	%D%/shepherd/files.c %D%/shepherd/files.h \
	%D%/shepherd/host.c %D%/shepherd/host.h \
	%D%/shepherd/energy.c %D%/shepherd/energy.h \
	%D%/shepherd/last_word.c %D%/shepherd/last_word.h \
	%D%/shepherd/shepherd.c %D%/shepherd/shepherd.h %D%/shepherd/shepherd_inside.h \
	%D%/shepherd/shepherd_start.c \
	%D%/shepherd/task.c %D%/shepherd/task.h \
	%D%/shepherd/sampler.c %D%/shepherd/sampler.h \
	%D%/shepherd/terminal.c %D%/shepherd/terminal.h \
	%D%/shepherd/texts.c %D%/shepherd/texts.h \
	%D%/shepherd/tree.c %D%/shepherd/tree.h

sbin_PROGRAMS += %D%/tequio-launcher
%C%_tequio_launcher_SOURCES = %D%/launcher/main.c
%C%_tequio_launcher_LDADD = %D%/liblauncher.a base/libbase.a

# --- the unprivileged side: the agent --------------------------------------------------------------

noinst_LIBRARIES += %D%/core/libagentcore.a
%C%_core_libagentcore_a_SOURCES = \
	%D%/core/placement.c %D%/core/placement.h \
	%D%/core/ranks.c %D%/core/ranks.h \
	%D%/core/devices.c %D%/core/devices.h \
	%D%/core/slots.c %D%/core/slots.h %D%/core/slots_inside.h \
	%D%/core/slots_take.c \
	%D%/core/task_state.c %D%/core/task_state.h

noinst_LIBRARIES += %D%/libagent.a
%C%_libagent_a_SOURCES = \
	%D%/agent.c %D%/agent.h %D%/agent_inside.h \
	%D%/alarm.c %D%/alarm.h \
	%D%/binding.c %D%/binding.h \
	%D%/course.h \
	%D%/enrol.c %D%/enrol.h \
	%D%/environment.c %D%/environment.h \
	%D%/gpu_files.c %D%/gpu_files.h \
	%D%/health.c %D%/health.h \
	%D%/handlers.h \
	%D%/handlers_attach.c \
	%D%/handlers_binding.c \
	%D%/handlers_course.c \
	%D%/handlers_lineage.c \
	%D%/handlers_local.c \
	%D%/handlers_meet.c \
	%D%/handlers_output.c \
	%D%/handlers_part.c \
	%D%/handlers_relay.c \
	%D%/handlers_restore.c \
	%D%/handlers_session.c \
	%D%/handlers_step.c \
	%D%/hook.c %D%/hook.h \
	%D%/journal.c %D%/journal.h \
	%D%/notes.c \
	%D%/notes_read.c \
	%D%/part.c %D%/part.h \
	%D%/relay.c %D%/relay.h \
	%D%/report.c %D%/report.h \
	%D%/run.c %D%/run.h \
	%D%/run_gpus.c \
	%D%/run_stage.c \
	%D%/run_vm.c \
	%D%/settings.c %D%/settings.h \
	%D%/step.c %D%/step.h \
	%D%/suspend.c %D%/suspend.h \
	%D%/topology.c %D%/topology.h %D%/topology_gpus.c %D%/topology_inside.h \
	%D%/transport.h \
	%D%/vm_offer.c %D%/vm_offer.h

$(%C%_libagent_a_OBJECTS): $(wire_headers)
agent_libs = %D%/libagent.a %D%/core/libagentcore.a $(proto_libs) $(HWLOC_LIBS)

# --- the agent's side of it: runtime.h by the launcher --------------------------------------------

noinst_LIBRARIES += %D%/libruntime.a
%C%_libruntime_a_SOURCES = \
	%D%/launcher_link.c %D%/launcher_link.h \
	%D%/runtime_process.c %D%/runtime_process.h %D%/runtime_process_inside.h \
	%D%/runtime_texts.c %D%/runtime_texts.h \
	%D%/runtime_watch.c

sbin_PROGRAMS += %D%/tequio-agent
%C%_tequio_agent_SOURCES = %D%/main.c
%C%_tequio_agent_LDADD = $(agent_libs) %D%/libruntime.a %D%/liblauncher.a $(base_libs)
$(%C%_tequio_agent_OBJECTS): $(wire_headers)

# --- nodes of a Slurm cluster: runtime.h by sbatch -------------------------------------------------

noinst_LIBRARIES += %D%/libgateway.a
%C%_libgateway_a_SOURCES = \
	%D%/gateway/command.c %D%/gateway/command.h \
	%D%/gateway/handover.c %D%/gateway/handover.h \
	%D%/gateway/lent_job.c %D%/gateway/lent_job.h \
	%D%/gateway/member.c %D%/gateway/member.h \
	%D%/gateway/runtime_slurm.c %D%/gateway/runtime_slurm.h %D%/gateway/runtime_slurm_inside.h \
	%D%/gateway/runtime_slurm_ask.c \
	%D%/gateway/runtime_slurm_batch.c \
	%D%/gateway/runtime_slurm_files.c \
	%D%/gateway/runtime_slurm_look.c \
	%D%/gateway/settings.c %D%/gateway/settings.h \
	%D%/gateway/slurm_call.c %D%/gateway/slurm_call.h \
	%D%/gateway/slurm_job_environment.c %D%/gateway/slurm_job_environment.h \
	%D%/gateway/slurm_state.c %D%/gateway/slurm_state.h \
	%D%/gateway/slurm_text.c %D%/gateway/slurm_text.h
$(%C%_libgateway_a_OBJECTS): $(wire_headers)
gateway_libs = %D%/libgateway.a $(agent_libs) $(base_libs)

sbin_PROGRAMS += %D%/tequio-gateway
%C%_tequio_gateway_SOURCES = %D%/gateway/main.c
%C%_tequio_gateway_LDADD = $(gateway_libs)
$(%C%_tequio_gateway_OBJECTS): $(wire_headers)

# On the nodes: of it only what needs no library but libc's.
pkglibexec_PROGRAMS += %D%/tequio-slurm-job
%C%_tequio_slurm_job_SOURCES = %D%/gateway/slurm_job.c %D%/about.c %D%/about.h
%C%_tequio_slurm_job_LDADD = %D%/libgateway.a $(base_libs)

pkglibexec_PROGRAMS += %D%/tequio-rsh
%C%_tequio_rsh_SOURCES = %D%/rsh.c %D%/about.c %D%/about.h
%C%_tequio_rsh_LDADD = $(proto_libs)
$(%C%_tequio_rsh_OBJECTS): $(wire_headers)

pkglibexec_PROGRAMS += %D%/tequio-bind
%C%_tequio_bind_SOURCES = %D%/bind.c %D%/about.c %D%/about.h %D%/task_gpus.c %D%/task_gpus.h
%C%_tequio_bind_LDADD = $(base_libs)

pkglibexec_PROGRAMS += %D%/tequio-task
%C%_tequio_task_SOURCES = %D%/task.c %D%/about.c %D%/about.h %D%/task_prolog.c %D%/task_prolog.h
%C%_tequio_task_LDADD = $(base_libs)

pkglibexec_PROGRAMS += %D%/tequio-container
%C%_tequio_container_SOURCES = %D%/container.c %D%/about.c %D%/about.h
%C%_tequio_container_LDADD = $(base_libs)

# A job's script between files that are brought and carried away.
noinst_LIBRARIES += %D%/libstage.a
%C%_libstage_a_SOURCES = \
	%D%/stage.h \
	%D%/stage_curl.c %D%/stage_curl.h \
	%D%/stage_item.c %D%/stage_item.h \
	%D%/stage_place.c %D%/stage_place.h \
	%D%/stage_transfer.c
$(%C%_libstage_a_OBJECTS): $(wire_headers)
stage_libs = %D%/libstage.a $(proto_libs) $(base_libs) $(LIBCURL_LIBS)

pkglibexec_PROGRAMS += %D%/tequio-stage
%C%_tequio_stage_SOURCES = %D%/stage.c %D%/about.c %D%/about.h
%C%_tequio_stage_LDADD = $(stage_libs)
$(%C%_tequio_stage_OBJECTS): $(wire_headers)

# A job's script inside a virtual machine.
noinst_LIBRARIES += %D%/libvm.a
%C%_libvm_a_SOURCES = \
	%D%/vm_disk.c %D%/vm_disk.h \
	%D%/vm_domain.c %D%/vm_domain.h \
	%D%/vm_image.c %D%/vm_image.h \
	%D%/vm_machine.c %D%/vm_machine.h \
	%D%/vm_relay.c %D%/vm_relay.h
vm_libs = %D%/libvm.a $(base_libs) $(LIBVIRT_LIBS)

pkglibexec_PROGRAMS += %D%/tequio-vm
%C%_tequio_vm_SOURCES = %D%/vm.c %D%/about.c %D%/about.h
%C%_tequio_vm_LDADD = $(vm_libs)

# The headers of PMIx have functions in them that are not written to our rules.
if HAVE_PMIX
noinst_LIBRARIES += %D%/libpmix_server.a
%C%_libpmix_server_a_SOURCES = \
	%D%/pmix_server.c %D%/pmix_server.h %D%/pmix_server_inside.h \
	%D%/pmix_server_calls.c
%C%_libpmix_server_a_CPPFLAGS = -I$(top_srcdir) -D_GNU_SOURCE $(COMMON_CPPFLAGS) $(PMIX_CFLAGS:-I%=-isystem%)

pkglibexec_PROGRAMS += %D%/tequio-pmix
%C%_tequio_pmix_SOURCES = %D%/pmix.c %D%/pmix_inside.h \
	%D%/about.c %D%/about.h \
	%D%/task_gpus.c %D%/task_gpus.h \
	%D%/pmix_address.c %D%/pmix_address.h \
	%D%/pmix_fence.c %D%/pmix_fence.h \
	%D%/pmix_job.c %D%/pmix_job.h \
	%D%/pmix_link.c %D%/pmix_link.h \
	%D%/pmix_meet.c %D%/pmix_meet.h \
	%D%/pmix_rank.c %D%/pmix_rank.h \
	%D%/pmix_talk.c \
	%D%/topology_locality.c %D%/topology_locality.h
%C%_tequio_pmix_LDADD = %D%/libpmix_server.a %D%/core/libagentcore.a $(proto_libs) $(base_libs) $(HWLOC_LIBS) $(PMIX_LIBS)
$(%C%_tequio_pmix_OBJECTS): $(wire_headers)
endif
