# scheduler/local.mk - the central scheduler

# The decisions, pure.
noinst_LIBRARIES += %D%/core/libcore.a
%C%_core_libcore_a_SOURCES = \
	%D%/core/advice.c %D%/core/advice.h \
	%D%/core/array.c %D%/core/array.h \
	%D%/core/attempt.c \
	%D%/core/attempt_end.c \
	%D%/core/constraints.c %D%/core/constraints.h \
	%D%/core/core.c %D%/core/core.h \
	%D%/core/core_arrays.c \
	%D%/core/core_books.c \
	%D%/core/core_checks.c \
	%D%/core/core_dependencies.c \
	%D%/core/core_inside.h \
	%D%/core/core_invariants.c \
	%D%/core/core_jobs.c \
	%D%/core/core_nodes.c \
	%D%/core/core_outbox.c \
	%D%/core/core_parts.c \
	%D%/core/core_restore.c \
	%D%/core/core_windows.c \
	%D%/core/demand.c %D%/core/demand.h \
	%D%/core/dependency.c %D%/core/dependency.h \
	%D%/core/effect.c %D%/core/effect.h \
	%D%/core/elements.c %D%/core/elements.h \
	%D%/core/event.c %D%/core/event.h \
	%D%/core/features.c %D%/core/features.h \
	%D%/core/finish.c %D%/core/finish.h %D%/core/finish_terms.c %D%/core/finish_terms.h \
	%D%/core/gpus.c %D%/core/gpus.h \
	%D%/core/foresee.c %D%/core/foresee.h \
	%D%/core/front.c %D%/core/front.h \
	%D%/core/het.c %D%/core/het.h %D%/core/het_seek.c %D%/core/het_seek.h \
	%D%/core/inventory.c %D%/core/inventory.h %D%/core/inventory_inside.h \
	%D%/core/inventory_clusters.c \
	%D%/core/job.c %D%/core/job.h \
	%D%/core/job_index.c %D%/core/job_index.h \
	%D%/core/job_state.c %D%/core/job_state.h \
	%D%/core/licenses.c %D%/core/licenses.h \
	%D%/core/limit.c %D%/core/limit.h \
	%D%/core/limits.c %D%/core/limits.h %D%/core/limits_inside.h \
	%D%/core/limits_admit.c \
	%D%/core/limits_charge.c \
	%D%/core/limits_plan.c \
	%D%/core/line.c %D%/core/line.h \
	%D%/core/guarantee.c %D%/core/guarantee.h %D%/core/guarantee_nodes.c %D%/core/guarantee_nodes.h \
	%D%/core/loan.c %D%/core/loan.h \
	%D%/core/match.c %D%/core/match.h \
	%D%/core/near.c %D%/core/near.h \
	%D%/core/node_class.c %D%/core/node_class.h \
	%D%/core/placement.c %D%/core/placement.h \
	%D%/core/plan.c %D%/core/plan.h %D%/core/plan_obstacle.c \
	%D%/core/plan_pass.c \
	%D%/core/preempt.c \
	%D%/core/preemption.c %D%/core/preemption.h \
	%D%/core/prediction.c %D%/core/prediction.h \
	%D%/core/policy.c %D%/core/policy.h \
	%D%/core/preview.c %D%/core/preview.h \
	%D%/core/priority.c %D%/core/priority.h \
	%D%/core/price.c %D%/core/price.h \
	%D%/core/profile.c %D%/core/profile.h \
	%D%/core/queue.c %D%/core/queue.h %D%/core/queue_order.c \
	%D%/core/queue_parking.c %D%/core/queue_users.c %D%/core/queue_walk.c \
	%D%/core/qos.c %D%/core/qos.h \
	%D%/core/request.c %D%/core/request.h \
	%D%/core/request_possible.c \
	%D%/core/reservation.c \
	%D%/core/schedule.c %D%/core/schedule.h %D%/core/schedule_room.c \
	%D%/core/seek.c %D%/core/seek_inside.h \
	%D%/core/seek_later.c %D%/core/seek_turnings.c \
	%D%/core/seek_many.c \
	%D%/core/shape.c %D%/core/shape.h \
	%D%/core/sizes.c %D%/core/sizes.h \
	%D%/core/suspend.c %D%/core/suspend.h \
	%D%/core/switch_tree.c %D%/core/switch_tree.h \
	%D%/core/timeline.c %D%/core/timeline.h \
	%D%/core/why.c %D%/core/why.h %D%/core/why_constraints.c %D%/core/why_lift.c \
	%D%/core/why_limits.c %D%/core/why_need.c %D%/core/why_own.c %D%/core/why_shortage.c \
	%D%/core/why_guarantee.c \
	%D%/core/why_loan.c \
	%D%/core/why_sooner.c \
	%D%/core/why_switches.c \
	%D%/core/why_window.c \
	%D%/core/window.c %D%/core/window.h

# Everything around it, for the program and for the tests that link the real service.
noinst_LIBRARIES += %D%/libscheduler.a
%C%_libscheduler_a_SOURCES = \
	%D%/audit.c \
	%D%/audit_line.c %D%/audit_line.h \
	%D%/authority.c %D%/authority.h \
	%D%/booking_rows.c %D%/booking_rows.h \
	%D%/check.c %D%/check.h \
	%D%/check_books.c %D%/check_books.h \
	%D%/check_rates.c %D%/check_rates.h \
	%D%/cloud/cloud_settings.h \
	%D%/cloud/http.c %D%/cloud/http.h \
	%D%/cloud/libvirt.c %D%/cloud/libvirt.h \
	%D%/cloud/libvirt_domain.c %D%/cloud/libvirt_domain.h \
	%D%/cloud/libvirt_room.c %D%/cloud/libvirt_room.h \
	%D%/cloud/libvirt_talk.c %D%/cloud/libvirt_talk.h \
	%D%/cloud/openstack.c %D%/cloud/openstack.h \
	%D%/cloud/openstack_session.c %D%/cloud/openstack_session.h \
	%D%/cloud/pool.c %D%/cloud/pool.h \
	%D%/cloud/provider.c %D%/cloud/provider.h \
	%D%/cloud/seed.c %D%/cloud/seed.h \
	%D%/cloud/server.c %D%/cloud/server.h \
	%D%/cloud/user_data.c %D%/cloud/user_data.h \
	%D%/cloud/wanted.c %D%/cloud/wanted.h \
	%D%/clouds.c %D%/clouds.h %D%/clouds_inside.h \
	%D%/clouds_nodes.c \
	%D%/doors.c \
	%D%/erasing.c %D%/erasing.h %D%/erasing_inside.h \
	%D%/erasing_jobs.c \
	%D%/explain.c %D%/explain.h \
	%D%/filter.c %D%/filter.h \
	%D%/forwards.c %D%/forwards.h \
	%D%/given.c %D%/given.h \
	%D%/group.c %D%/group.h \
	%D%/handlers_agent.c \
	%D%/handlers_attach.c \
	%D%/handlers_binding.c \
	%D%/handlers_enrol.c \
	%D%/handlers_inventory.c \
	%D%/handlers_books.c \
	%D%/handlers_care.c \
	%D%/handlers_correct.c \
	%D%/handlers_jobs.c \
	%D%/handlers_keys.c \
	%D%/handlers_limits.c \
	%D%/handlers_list.c \
	%D%/handlers_nodes.c \
	%D%/handlers_parts.c \
	%D%/handlers_policy.c \
	%D%/handlers_privacy.c \
	%D%/handlers_rates.c \
	%D%/handlers_register.c \
	%D%/handlers_reservation.c \
	%D%/handlers_submit.c \
	%D%/handlers_usage.c \
	%D%/handlers_wait.c \
	%D%/handlers_why.c \
	%D%/identify.c \
	%D%/job_rows.c %D%/job_rows.h \
	%D%/series_rows.c %D%/series_rows.h \
	%D%/jobspec.c %D%/jobspec.h %D%/jobspec_array.c %D%/jobspec_het.c %D%/jobspec_stage.c %D%/jobspec_vm.c \
	%D%/keyed.c \
	%D%/launch.c \
	%D%/listen.c %D%/listen.h \
	%D%/migrate.c %D%/migrate.h \
	%D%/pace.c %D%/pace.h \
	%D%/peers.c %D%/peers.h \
	%D%/people.c %D%/people.h \
	%D%/queued.c %D%/queued.h \
	%D%/quota.c %D%/quota.h \
	%D%/rate_rows.c %D%/rate_rows.h \
	%D%/read_ahead.c %D%/read_ahead.h \
	%D%/reading.c \
	%D%/room.c \
	%D%/reads.c %D%/reads.h \
	%D%/register.c %D%/register.h \
	%D%/foresee.c %D%/foresee.h \
	%D%/row.c %D%/row.h \
	%D%/service.c %D%/service.h \
	%D%/service_change.c \
	%D%/service_cloud.c %D%/service_cloud.h \
	%D%/service_commit.c \
	%D%/service_inside.h \
	%D%/service_load.c \
	%D%/service_load_given.c \
	%D%/service_save.c \
	%D%/settings.c %D%/settings.h \
	%D%/settings_books.c \
	%D%/settings_change.c \
	%D%/settings_cloud.c \
	%D%/settings_clusters.c %D%/settings_inside.h \
	%D%/settings_gear.c \
	%D%/settings_policy.c \
	%D%/settings_priority.c \
	%D%/settings_store.c \
	%D%/sealing.c %D%/sealing.h \
	%D%/store.c %D%/store.h \
	%D%/store_inside.h \
	%D%/store_key.c \
	%D%/store_open.c \
	%D%/store_postgres.c \
	%D%/store_postgres_inside.h \
	%D%/store_postgres_leader.c \
	%D%/store_postgres_schema.c \
	%D%/store_postgres_sql.c \
	%D%/store_postgres_upgrade.c \
	%D%/store_postgres_write.c \
	%D%/store_query.c \
	%D%/store_sqlite.c \
	%D%/store_sqlite_books.c \
	%D%/store_sqlite_care.c \
	%D%/store_sqlite_connection.c \
	%D%/store_sqlite_inside.h \
	%D%/store_sqlite_row.c \
	%D%/store_sqlite_schema.c \
	%D%/store_sqlite_space.c \
	%D%/store_sqlite_sql.c \
	%D%/store_sqlite_tally.c \
	%D%/store_tally.c \
	%D%/token.c %D%/token.h \
	%D%/transport.h \
	%D%/twins.c %D%/twins.h \
	%D%/tell_blockers.c %D%/tell_blockers.h \
	%D%/view_het.c %D%/view.c %D%/view.h \
	%D%/waits.c %D%/waits.h

$(%C%_libscheduler_a_OBJECTS): $(wire_headers) %D%/schema.sql.h

scheduler_libs = %D%/libscheduler.a %D%/core/libcore.a accounting/core/libledger.a \
	$(proto_libs) $(SQLITE3_LIBS)

sbin_PROGRAMS += %D%/tequio-scheduler
%C%_tequio_scheduler_SOURCES = %D%/main.c
%C%_tequio_scheduler_LDADD = $(scheduler_libs) $(LIBCURL_LIBS) $(JANSSON_LIBS)
$(%C%_tequio_scheduler_OBJECTS): $(wire_headers)

# What speaks to libvirt, in a process of its own.
noinst_LIBRARIES += %D%/cloud/liblibvirthost.a
%C%_cloud_liblibvirthost_a_SOURCES = \
	%D%/cloud/libvirt_host.c %D%/cloud/libvirt_host.h %D%/cloud/libvirt_host_inside.h \
	%D%/cloud/libvirt_host_make.c \
	%D%/cloud/libvirt_host_seed.c

libvirt_host_libs = %D%/cloud/liblibvirthost.a $(LIBVIRT_LIBS)

pkglibexec_PROGRAMS += %D%/tequio-libvirt
%C%_tequio_libvirt_SOURCES = %D%/cloud/libvirt_main.c
%C%_tequio_libvirt_LDADD = $(libvirt_host_libs) %D%/libscheduler.a $(base_libs)

# The replay of logs: the core alone, without what is around it in the daemon.
noinst_LIBRARIES += %D%/simulate/libsimulate.a
%C%_simulate_libsimulate_a_SOURCES = \
	%D%/simulate/federation.c %D%/simulate/federation.h %D%/simulate/federation_watch.c \
	%D%/simulate/federation_picture.c %D%/simulate/federation_report.c \
	%D%/simulate/picture.c %D%/simulate/picture.h \
	%D%/simulate/replay.c %D%/simulate/replay.h %D%/simulate/replay_inside.h \
	%D%/simulate/replay_network.c \
	%D%/simulate/report.c %D%/simulate/report.h \
	%D%/simulate/statistics.c %D%/simulate/statistics.h \
	%D%/simulate/swf.c %D%/simulate/swf.h \
	%D%/simulate/text.h \
	%D%/simulate/workload.c %D%/simulate/workload.h

simulate_libs = %D%/simulate/libsimulate.a $(core_libs) $(base_libs) $(ZLIB_LIBS) -lm

bin_PROGRAMS += %D%/tequio-simulate
%C%_tequio_simulate_SOURCES = %D%/simulate.c
%C%_tequio_simulate_LDADD = $(simulate_libs)

# The schema as one C string, without its comments.
EXTRA_DIST += %D%/schema.sql
BUILT_SOURCES += %D%/schema.sql.h
CLEANFILES += %D%/schema.sql.h
%D%/schema.sql.h: %D%/schema.sql
	$(AM_V_GEN)$(MKDIR_P) %D% && sed -e 's/--.*$$//' -e 's/[\\"]/\\&/g' -e 's/^/"/' \
	    -e 's/$$/\\n"/' $(srcdir)/%D%/schema.sql >$@.new && mv $@.new $@
