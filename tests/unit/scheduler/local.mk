# tests/unit/scheduler/local.mk - one test_<file>.c for each <file>.c of scheduler/
#
#   test_programs += %D%/test_thing
#   %C%_test_thing_LDADD = $(test_libs) LIBRARIES OF THE FOLDER $(base_libs)   (default: $(LDADD))

scheduler_service_tests = \
	%D%/test_agents \
	%D%/test_books \
	%D%/test_check \
	%D%/test_audit_line %D%/test_erasing \
	%D%/test_correct \
	%D%/test_dependency \
	%D%/test_identify \
	%D%/test_jobs \
	%D%/test_keys \
	%D%/test_launch \
	%D%/test_parts \
	%D%/test_parts_use \
	%D%/test_strangers \
	%D%/test_policy_asks \
	%D%/test_quota \
	%D%/test_rate_asks \
	%D%/test_read_ahead \
	%D%/test_reads \
	%D%/test_register \
	%D%/test_reservations \
	%D%/test_roles \
	%D%/test_service \
	%D%/test_settings \
	%D%/test_store \
	%D%/test_store_postgres \
	%D%/test_store_sqlite \
	%D%/test_store_tamper \
	%D%/test_store_upgrade \
	%D%/test_submit
EXTRA_DIST += %D%/roles.golden

test_programs += $(scheduler_service_tests)
check_LIBRARIES += %D%/libservicebench.a
%C%_libservicebench_a_SOURCES = \
	%D%/agent_scene.c %D%/agent_scene.h \
	%D%/service_bench.c %D%/service_bench.h %D%/service_people.c
$(%C%_libservicebench_a_OBJECTS): $(wire_headers)

service_test_libs = %D%/libservicebench.a $(test_libs) $(scheduler_libs)
%C%_test_service_LDADD = $(service_test_libs)
$(%C%_test_service_OBJECTS): $(wire_headers)
%C%_test_correct_LDADD = $(service_test_libs)
$(%C%_test_correct_OBJECTS): $(wire_headers)
%C%_test_books_LDADD = $(service_test_libs)
$(%C%_test_books_OBJECTS): $(wire_headers)
%C%_test_reservations_LDADD = $(service_test_libs)
$(%C%_test_reservations_OBJECTS): $(wire_headers)
%C%_test_policy_asks_LDADD = $(service_test_libs)
$(%C%_test_policy_asks_OBJECTS): $(wire_headers)
%C%_test_rate_asks_LDADD = $(service_test_libs)
$(%C%_test_rate_asks_OBJECTS): $(wire_headers)
%C%_test_read_ahead_LDADD = $(service_test_libs)
$(%C%_test_read_ahead_OBJECTS): $(wire_headers)
%C%_test_register_LDADD = $(service_test_libs)
$(%C%_test_register_OBJECTS): $(wire_headers)
%C%_test_agents_LDADD = $(service_test_libs)
$(%C%_test_agents_OBJECTS): $(wire_headers)
%C%_test_strangers_LDADD = $(service_test_libs)
$(%C%_test_strangers_OBJECTS): $(wire_headers)
%C%_test_launch_LDADD = $(service_test_libs)
$(%C%_test_launch_OBJECTS): $(wire_headers)
%C%_test_parts_use_LDADD = $(service_test_libs)
$(%C%_test_parts_use_OBJECTS): $(wire_headers)
%C%_test_parts_LDADD = $(service_test_libs)
$(%C%_test_parts_OBJECTS): $(wire_headers)
%C%_test_keys_LDADD = $(service_test_libs)
%C%_test_identify_LDADD = $(service_test_libs)
$(%C%_test_identify_OBJECTS): $(wire_headers)
%C%_test_quota_LDADD = $(service_test_libs)
$(%C%_test_quota_OBJECTS): $(wire_headers)
$(%C%_test_keys_OBJECTS): $(wire_headers)
%C%_test_dependency_LDADD = $(service_test_libs)
$(%C%_test_dependency_OBJECTS): $(wire_headers)
%C%_test_jobs_LDADD = $(service_test_libs)
$(%C%_test_jobs_OBJECTS): $(wire_headers)
%C%_test_roles_LDADD = $(service_test_libs)
$(%C%_test_roles_OBJECTS): $(wire_headers)
%C%_test_settings_SOURCES = %D%/test_settings.c %D%/settings_scene.c %D%/settings_scene.h
%C%_test_settings_LDADD = $(service_test_libs)
test_programs += %D%/test_settings_cloud
%C%_test_settings_cloud_SOURCES = %D%/test_settings_cloud.c %D%/settings_scene.c %D%/settings_scene.h
%C%_test_settings_cloud_LDADD = $(service_test_libs)
%C%_test_submit_LDADD = $(service_test_libs)
$(%C%_test_submit_OBJECTS): $(wire_headers)
%C%_test_store_SOURCES = %D%/test_store.c %D%/store_scene.c %D%/store_scene.h
%C%_test_store_LDADD = $(service_test_libs)
$(%C%_test_store_OBJECTS): $(wire_headers)
%C%_test_store_postgres_SOURCES = %D%/test_store_postgres.c %D%/store_scene.c %D%/store_scene.h
%C%_test_store_postgres_LDADD = $(service_test_libs)
$(%C%_test_store_postgres_OBJECTS): $(wire_headers)
%C%_test_store_sqlite_SOURCES = %D%/test_store_sqlite.c %D%/store_scene.c %D%/store_scene.h
%C%_test_store_sqlite_LDADD = $(service_test_libs)
$(%C%_test_store_sqlite_OBJECTS): $(wire_headers)
%C%_test_check_SOURCES = %D%/test_check.c %D%/store_scene.c %D%/store_scene.h
%C%_test_check_LDADD = $(service_test_libs)
$(%C%_test_check_OBJECTS): $(wire_headers)
%C%_test_reads_SOURCES = %D%/test_reads.c
%C%_test_reads_LDADD = $(service_test_libs)
$(%C%_test_reads_OBJECTS): $(wire_headers)
%C%_test_audit_line_SOURCES = %D%/test_audit_line.c
%C%_test_audit_line_LDADD = $(service_test_libs)
$(%C%_test_audit_line_OBJECTS): $(wire_headers)
%C%_test_erasing_SOURCES = %D%/test_erasing.c %D%/store_scene.c %D%/store_scene.h
%C%_test_erasing_LDADD = $(service_test_libs)
$(%C%_test_erasing_OBJECTS): $(wire_headers)
%C%_test_store_upgrade_SOURCES = %D%/test_store_upgrade.c %D%/store_scene.c %D%/store_scene.h
%C%_test_store_upgrade_LDADD = $(service_test_libs)
$(%C%_test_store_upgrade_OBJECTS): $(wire_headers)
%C%_test_store_tamper_SOURCES = %D%/test_store_tamper.c %D%/store_scene.c %D%/store_scene.h
%C%_test_store_tamper_LDADD = $(service_test_libs)
$(%C%_test_store_tamper_OBJECTS): $(wire_headers)

# The core, and a small network around it.
core_test_libs = $(test_libs) $(core_libs) $(base_libs)
core_scene = %D%/core_scene.c %D%/core_scene.h

test_programs += \
	%D%/test_array %D%/test_core_arrays %D%/test_elements \
	%D%/test_constraints %D%/test_features %D%/test_gpus %D%/test_licenses \
	%D%/test_attempt %D%/test_core %D%/test_core_series %D%/test_demand %D%/test_effect %D%/test_event \
	%D%/test_het %D%/test_inventory %D%/test_job %D%/test_job_index %D%/test_job_state %D%/test_line \
	%D%/test_limit %D%/test_limits %D%/test_limits_admit %D%/test_limits_charge %D%/test_limits_plan \
	%D%/test_prediction %D%/test_qos %D%/test_queue_parking %D%/test_sizes \
	%D%/test_finish %D%/test_guarantee %D%/test_loan %D%/test_near %D%/test_switch_tree \
	%D%/test_match %D%/test_node_class %D%/test_placement %D%/test_plan %D%/test_policy %D%/test_preempt %D%/test_preemption %D%/test_suspend \
	%D%/test_preview %D%/test_price %D%/test_priority %D%/test_profile \
	%D%/test_queue %D%/test_request %D%/test_reservation \
	%D%/test_schedule %D%/test_seek \
	%D%/test_shape %D%/test_timeline %D%/test_why %D%/test_why_lift %D%/test_window \
	%D%/test_advice %D%/test_explain %D%/test_foresee %D%/test_front
%C%_test_core_arrays_SOURCES = %D%/test_core_arrays.c $(core_scene)
%C%_test_attempt_SOURCES = %D%/test_attempt.c $(core_scene)
%C%_test_core_series_SOURCES = %D%/test_core_series.c $(core_scene)
%C%_test_core_series_LDADD = $(core_test_libs)
%C%_test_core_SOURCES = %D%/test_core.c $(core_scene)
%C%_test_het_SOURCES = %D%/test_het.c $(core_scene)
%C%_test_het_LDADD = $(core_test_libs)
%C%_test_plan_SOURCES = %D%/test_plan.c $(core_scene)
%C%_test_reservation_SOURCES = %D%/test_reservation.c $(core_scene)
%C%_test_schedule_SOURCES = %D%/test_schedule.c $(core_scene)
%C%_test_seek_SOURCES = %D%/test_seek.c $(core_scene)
%C%_test_advice_SOURCES = %D%/test_advice.c $(core_scene)
%C%_test_explain_SOURCES = %D%/test_explain.c $(core_scene)
%C%_test_foresee_SOURCES = %D%/test_foresee.c $(core_scene)
%C%_test_front_SOURCES = %D%/test_front.c $(core_scene)
%C%_test_why_SOURCES = %D%/test_why.c $(core_scene)
%C%_test_why_lift_SOURCES = %D%/test_why_lift.c $(core_scene)
%C%_test_array_LDADD = $(core_test_libs)
%C%_test_core_arrays_LDADD = $(core_test_libs)
%C%_test_elements_LDADD = $(core_test_libs)
%C%_test_attempt_LDADD = $(core_test_libs)
%C%_test_constraints_LDADD = $(core_test_libs)
%C%_test_limit_LDADD = $(core_test_libs)
%C%_test_limits_LDADD = $(core_test_libs)
%C%_test_limits_admit_LDADD = $(core_test_libs)
%C%_test_limits_charge_SOURCES = %D%/test_limits_charge.c $(core_scene)
%C%_test_limits_charge_LDADD = $(core_test_libs)
%C%_test_limits_plan_SOURCES = %D%/test_limits_plan.c $(core_scene)
%C%_test_limits_plan_LDADD = $(core_test_libs)
%C%_test_qos_LDADD = $(core_test_libs)
%C%_test_queue_parking_LDADD = $(core_test_libs)
%C%_test_core_LDADD = $(core_test_libs)
%C%_test_demand_LDADD = $(core_test_libs)
%C%_test_effect_LDADD = $(core_test_libs)
%C%_test_event_LDADD = $(core_test_libs)
%C%_test_features_LDADD = $(core_test_libs)
%C%_test_gpus_LDADD = $(core_test_libs)
%C%_test_inventory_LDADD = $(core_test_libs)
%C%_test_job_LDADD = $(core_test_libs)
%C%_test_job_index_LDADD = $(core_test_libs)
%C%_test_job_state_LDADD = $(core_test_libs)
%C%_test_licenses_LDADD = $(core_test_libs)
%C%_test_line_LDADD = $(core_test_libs)
%C%_test_match_LDADD = $(core_test_libs)
%C%_test_guarantee_LDADD = $(core_test_libs)
%C%_test_loan_LDADD = $(core_test_libs)
%C%_test_finish_SOURCES = %D%/test_finish.c $(core_scene)
%C%_test_finish_LDADD = $(core_test_libs)
%C%_test_near_LDADD = $(core_test_libs)
%C%_test_switch_tree_LDADD = $(core_test_libs)
%C%_test_node_class_LDADD = $(core_test_libs)
%C%_test_placement_LDADD = $(core_test_libs)
%C%_test_plan_LDADD = $(core_test_libs)
%C%_test_policy_LDADD = $(core_test_libs)
%C%_test_preempt_LDADD = $(core_test_libs)
%C%_test_preemption_LDADD = $(core_test_libs)
%C%_test_suspend_SOURCES = %D%/test_suspend.c $(core_scene)
%C%_test_suspend_LDADD = $(core_test_libs)
%C%_test_prediction_LDADD = $(core_test_libs)
%C%_test_priority_SOURCES = %D%/test_priority.c $(core_scene)
%C%_test_price_SOURCES = %D%/test_price.c $(core_scene)
%C%_test_price_LDADD = $(core_test_libs)
%C%_test_preview_LDADD = $(core_test_libs)
%C%_test_priority_LDADD = $(core_test_libs)
%C%_test_profile_LDADD = $(core_test_libs)
%C%_test_queue_LDADD = $(core_test_libs)
%C%_test_request_LDADD = $(core_test_libs)
%C%_test_reservation_LDADD = $(core_test_libs)
%C%_test_schedule_LDADD = $(core_test_libs)
%C%_test_seek_LDADD = $(core_test_libs)
%C%_test_shape_LDADD = $(core_test_libs)
%C%_test_sizes_LDADD = $(core_test_libs)
%C%_test_timeline_LDADD = $(core_test_libs)
%C%_test_advice_LDADD = $(core_test_libs)
%C%_test_explain_LDADD = $(test_libs) scheduler/libscheduler.a $(core_libs) $(base_libs)
%C%_test_foresee_LDADD = $(core_test_libs)
%C%_test_front_LDADD = $(core_test_libs)
%C%_test_why_LDADD = $(core_test_libs)
%C%_test_why_lift_LDADD = $(core_test_libs)
%C%_test_window_LDADD = $(core_test_libs)

# A thousand edits and as many flipped bits and more, instead of a part of them.
check-tamper: %D%/test_store_tamper$(EXEEXT)
	TEQUIO_TEST_ALL=1 %D%/test_store_tamper$(EXEEXT)
.PHONY: check-tamper

# The replay of logs.
test_programs += %D%/test_statistics %D%/test_swf
%C%_test_statistics_LDADD = $(test_libs) $(simulate_libs)
%C%_test_swf_LDADD = $(test_libs) $(simulate_libs)

# Nodes that are made on demand.
test_programs += %D%/test_pool
%C%_test_pool_LDADD = $(test_libs) $(scheduler_libs)
test_programs += %D%/test_wanted
%C%_test_wanted_SOURCES = %D%/test_wanted.c $(core_scene)
%C%_test_wanted_LDADD = $(test_libs) $(scheduler_libs)
test_programs += %D%/test_libvirt %D%/test_libvirt_process %D%/test_libvirt_room %D%/test_seed
%C%_test_libvirt_process_LDADD = $(test_libs) $(scheduler_libs) $(LIBCURL_LIBS) $(JANSSON_LIBS)
%C%_test_libvirt_LDADD = $(test_libs) $(libvirt_host_libs) $(scheduler_libs) $(LIBCURL_LIBS) $(JANSSON_LIBS)
%C%_test_libvirt_room_LDADD = $(test_libs) $(scheduler_libs)
%C%_test_seed_LDADD = $(test_libs) $(scheduler_libs)
test_programs += %D%/test_openstack
%C%_test_openstack_SOURCES = %D%/test_openstack.c %D%/http_script.c %D%/http_script.h
%C%_test_openstack_LDADD = $(test_libs) $(scheduler_libs) $(LIBCURL_LIBS) $(JANSSON_LIBS)
