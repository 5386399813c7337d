# tests/unit/agent/local.mk - one test_<file>.c for each <file>.c of agent/
#
#   test_programs += %D%/test_thing
#   %C%_test_thing_LDADD = $(test_libs) LIBRARIES OF THE FOLDER $(base_libs)   (default: $(LDADD))

agent_scene = %D%/scene.c %D%/scene.h %D%/scene_jobs.c
agent_test_libs = $(test_libs) $(agent_libs)

test_programs += %D%/test_agent
%C%_test_agent_SOURCES = %D%/test_agent.c $(agent_scene)
%C%_test_agent_LDADD = $(agent_test_libs)
$(%C%_test_agent_OBJECTS): $(wire_headers)

test_programs += %D%/test_attach
%C%_test_attach_SOURCES = %D%/test_attach.c $(agent_scene)
%C%_test_attach_LDADD = $(agent_test_libs)
$(%C%_test_attach_OBJECTS): $(wire_headers)

test_programs += %D%/test_hold
%C%_test_hold_SOURCES = %D%/test_hold.c $(agent_scene)
%C%_test_hold_LDADD = $(agent_test_libs)
$(%C%_test_hold_OBJECTS): $(wire_headers)

test_programs += %D%/test_hook
%C%_test_hook_SOURCES = %D%/test_hook.c $(agent_scene)
%C%_test_hook_LDADD = $(agent_test_libs)
$(%C%_test_hook_OBJECTS): $(wire_headers)

# --- launcher, shepherd and the runtime that talks to them ------------------------------------------

launched_sources = %D%/launched.c %D%/launched.h
launched_libs = agent/libruntime.a agent/liblauncher.a $(test_libs) $(base_libs)

test_programs += %D%/test_runtime_process
%C%_test_runtime_process_SOURCES = %D%/test_runtime_process.c $(launched_sources)
%C%_test_runtime_process_LDADD = $(launched_libs)

test_programs += %D%/test_runtime_end
%C%_test_runtime_end_SOURCES = %D%/test_runtime_end.c $(launched_sources)
%C%_test_runtime_end_LDADD = $(launched_libs)

test_programs += %D%/test_runtime_hooks
%C%_test_runtime_hooks_SOURCES = %D%/test_runtime_hooks.c $(launched_sources)
%C%_test_runtime_hooks_LDADD = $(launched_libs)

test_programs += %D%/test_runtime_restart
%C%_test_runtime_restart_SOURCES = %D%/test_runtime_restart.c $(launched_sources)
%C%_test_runtime_restart_LDADD = $(launched_libs)

test_programs += %D%/test_runtime_users
%C%_test_runtime_users_SOURCES = %D%/test_runtime_users.c $(launched_sources)
%C%_test_runtime_users_LDADD = $(launched_libs)

test_helpers += %D%/hostile %D%/witness

# Sanitizers would use memory that the witness knows nothing of.
%C%_witness_CFLAGS = $(AM_CFLAGS) -fno-sanitize=all
%C%_witness_LDFLAGS = $(AM_LDFLAGS) -fno-sanitize=all
test_programs += %D%/test_runtime_witness
%C%_test_runtime_witness_SOURCES = %D%/test_runtime_witness.c $(launched_sources)
%C%_test_runtime_witness_LDADD = $(launched_libs)

test_programs += %D%/test_runtime_hostile
%C%_test_runtime_hostile_SOURCES = %D%/test_runtime_hostile.c $(launched_sources)
%C%_test_runtime_hostile_LDADD = $(launched_libs)

agent_core_libs = $(test_libs) agent/core/libagentcore.a $(base_libs)

test_programs += %D%/test_devices %D%/test_placement %D%/test_ranks %D%/test_slots %D%/test_slots_take \
	%D%/test_task_state
%C%_test_placement_LDADD = $(agent_core_libs)
%C%_test_ranks_LDADD = $(agent_core_libs)
%C%_test_devices_LDADD = $(agent_core_libs)
%C%_test_slots_LDADD = $(agent_core_libs)
%C%_test_slots_take_LDADD = $(agent_core_libs)
%C%_test_task_state_LDADD = $(agent_core_libs)

test_programs += %D%/test_request
%C%_test_request_SOURCES = %D%/test_request.c $(launched_sources)
%C%_test_request_LDADD = $(launched_libs)

test_programs += %D%/test_series_file
%C%_test_series_file_LDADD = agent/liblauncher.a $(test_libs) $(base_libs)

agent_plain_tests = %D%/test_gpu_files %D%/test_environment %D%/test_journal %D%/test_topology
test_programs += $(agent_plain_tests)
%C%_test_environment_LDADD = $(agent_test_libs)
%C%_test_gpu_files_LDADD = $(agent_test_libs)
%C%_test_journal_LDADD = $(agent_test_libs)
%C%_test_topology_LDADD = $(agent_test_libs)
$(%C%_test_environment_OBJECTS): $(wire_headers)

test_programs += %D%/test_task_prolog
%C%_test_task_prolog_SOURCES = %D%/test_task_prolog.c agent/task_prolog.c

test_programs += %D%/test_last_word
%C%_test_last_word_LDADD = $(launched_libs)

test_programs += %D%/test_task_gpus
%C%_test_task_gpus_LDADD = $(launched_libs)

test_programs += %D%/test_texts
%C%_test_texts_LDADD = $(launched_libs)

test_programs += %D%/test_launcher_config
%C%_test_launcher_config_LDADD = $(launched_libs)

test_programs += %D%/test_cgroup
%C%_test_cgroup_LDADD = $(launched_libs)

test_programs += %D%/test_restore %D%/test_step
%C%_test_restore_SOURCES = %D%/test_restore.c $(agent_scene)
%C%_test_restore_LDADD = $(agent_test_libs)
%C%_test_step_SOURCES = %D%/test_step.c $(agent_scene)
%C%_test_step_LDADD = $(agent_test_libs)
$(%C%_test_restore_OBJECTS) $(%C%_test_step_OBJECTS): $(wire_headers)

test_programs += %D%/test_shepherd
%C%_test_shepherd_SOURCES = %D%/test_shepherd.c $(launched_sources)
%C%_test_shepherd_LDADD = $(launched_libs)

test_programs += %D%/test_output %D%/test_settings
%C%_test_output_SOURCES = %D%/test_output.c $(agent_scene)
%C%_test_output_LDADD = $(agent_test_libs)
%C%_test_settings_LDADD = $(agent_test_libs)
$(%C%_test_output_OBJECTS): $(wire_headers)

test_programs += %D%/test_meet
%C%_test_meet_SOURCES = %D%/test_meet.c $(agent_scene)
%C%_test_meet_LDADD = $(agent_test_libs)
$(%C%_test_meet_OBJECTS): $(wire_headers)

test_programs += %D%/test_pmix_job
%C%_test_pmix_job_SOURCES = %D%/test_pmix_job.c agent/pmix_job.c
%C%_test_pmix_job_LDADD = $(agent_core_libs)

test_programs += %D%/test_pmix_fence
%C%_test_pmix_fence_SOURCES = %D%/test_pmix_fence.c agent/pmix_fence.c agent/pmix_job.c
%C%_test_pmix_fence_LDADD = $(agent_core_libs)

test_programs += %D%/test_pmix_link
%C%_test_pmix_link_SOURCES = %D%/test_pmix_link.c agent/pmix_address.c agent/pmix_link.c agent/pmix_job.c
%C%_test_pmix_link_LDADD = $(agent_core_libs)
test_programs += %D%/test_runtime_files
%C%_test_runtime_files_SOURCES = %D%/test_runtime_files.c $(launched_sources)
%C%_test_runtime_files_LDADD = $(launched_libs)

# --- nodes of a Slurm cluster --------------------------------------------------------------------------

gateway_test_libs = $(test_libs) $(gateway_libs)

test_programs += %D%/test_gateway_settings %D%/test_lent_job %D%/test_runtime_slurm %D%/test_slurm_job %D%/test_slurm_state %D%/test_slurm_text
%C%_test_gateway_settings_LDADD = $(gateway_test_libs)
%C%_test_lent_job_LDADD = $(gateway_test_libs)
%C%_test_runtime_slurm_LDADD = $(gateway_test_libs)
%C%_test_slurm_job_LDADD = $(gateway_test_libs)
%C%_test_slurm_state_LDADD = $(gateway_test_libs)
%C%_test_slurm_text_LDADD = $(gateway_test_libs)

test_programs += %D%/test_lent
%C%_test_lent_SOURCES = %D%/test_lent.c $(agent_scene)
%C%_test_lent_LDADD = $(agent_test_libs)
$(%C%_test_lent_OBJECTS): $(wire_headers)

# --- virtual machines ----------------------------------------------------------------------------------

test_programs += %D%/test_vm_disk %D%/test_vm_domain %D%/test_vm_guest %D%/test_vm_image %D%/test_vm_machine \
	%D%/test_vm_offer %D%/test_vm_relay
%C%_test_vm_disk_LDADD = $(test_libs) $(vm_libs)
%C%_test_vm_domain_LDADD = $(test_libs) $(vm_libs)
%C%_test_vm_guest_LDADD = $(test_libs) $(vm_libs)
%C%_test_vm_image_LDADD = $(test_libs) $(vm_libs)
%C%_test_vm_machine_LDADD = $(test_libs) $(vm_libs)
%C%_test_vm_offer_LDADD = $(agent_test_libs)
%C%_test_vm_relay_LDADD = $(test_libs) $(vm_libs)

test_programs += %D%/test_energy
%C%_test_energy_LDADD = $(launched_libs)
