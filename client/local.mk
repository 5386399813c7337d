# client/local.mk - the command line
#
# All but main() is in a library, so that the tests can link it.

noinst_LIBRARIES += %D%/libclient.a
%C%_libclient_a_SOURCES = \
	%D%/admin.h %D%/admin_add.c \
	%D%/binding.c %D%/binding.h \
	%D%/cells.h \
	%D%/change.c %D%/change.h \
	%D%/cmd_admin.c \
	%D%/cmd_attach.c \
	%D%/cmd_audit.c \
	%D%/cmd_cancel.c \
	%D%/cmd_clusters.c \
	%D%/cmd_completion.c \
	%D%/cmd_drain.c \
	%D%/cmd_enroll.c \
	%D%/cmd_fetch.c \
	%D%/cmd_grant.c \
	%D%/cmd_help.c \
	%D%/cmd_history.c \
	%D%/cmd_hold.c \
	%D%/cmd_key.c \
	%D%/cmd_limit.c \
	%D%/cmd_logs.c \
	%D%/cmd_nodes.c \
	%D%/cmd_notices.c \
	%D%/cmd_priority.c \
	%D%/cmd_privacy.c \
	%D%/cmd_qos.c \
	%D%/cmd_queue.c \
	%D%/cmd_quota.c %D%/quota_limits.c %D%/quota_limits.h \
	%D%/cmd_rate.c \
	%D%/cmd_refund.c \
	%D%/cmd_register.c \
	%D%/cmd_release.c \
	%D%/cmd_report.c \
	%D%/cmd_requeue.c \
	%D%/cmd_reservation.c \
	%D%/cmd_resume.c \
	%D%/cmd_run.c \
	%D%/cmd_share.c \
	%D%/cmd_show.c \
	%D%/cmd_submit.c \
	%D%/cmd_suspend.c \
	%D%/component.c %D%/component.h \
	%D%/step_groups.c %D%/step_groups.h \
	%D%/cmd_usage.c \
	%D%/cmd_version.c \
	%D%/cmd_wait.c \
	%D%/cmd_why.c \
	%D%/columns.h \
	%D%/command.h \
	%D%/commands.c %D%/commands.h \
	%D%/dependency.c %D%/dependency.h \
	%D%/job_gear.c %D%/job_gear.h \
	%D%/directive.c %D%/directive.h \
	%D%/external.c %D%/external.h \
	%D%/filter.c %D%/filter.h \
	%D%/follow.c %D%/follow.h \
	%D%/foreseen.c %D%/foreseen.h \
	%D%/format.c %D%/format.h \
	%D%/history_swf.c %D%/history_swf.h \
	%D%/interrupt.c %D%/interrupt.h \
	%D%/job_columns.c \
	%D%/job_curves.c %D%/job_curves.h \
	%D%/job_efficiency.c %D%/job_efficiency.h \
	%D%/job_end.c %D%/job_end.h \
	%D%/job_layout.c %D%/job_layout.h \
	%D%/job_names.c %D%/job_names.h \
	%D%/job_options.c %D%/job_options.h \
	%D%/job_setters.c %D%/job_setters.h \
	%D%/job_spec.c %D%/job_spec.h \
	%D%/job_stage.c %D%/job_stage.h \
	%D%/jobfile.c %D%/jobfile.h \
	%D%/jobs.c %D%/jobs.h \
	%D%/machine.c %D%/machine.h \
	%D%/machine_draw.c \
	%D%/limit_array.c %D%/limit_array.h \
	%D%/metrics.c %D%/metrics.h \
	%D%/node_change.c %D%/node_change.h \
	%D%/nodes_topology.c %D%/nodes_topology.h \
	%D%/output_file.c %D%/output_file.h \
	%D%/output.c %D%/output.h %D%/output_inside.h \
	%D%/output_json.c \
	%D%/output_table.c \
	%D%/partition.c %D%/partition.h \
	%D%/progress.c %D%/progress.h \
	%D%/reasons.c %D%/reasons.h \
	%D%/refusal.c %D%/refusal.h \
	%D%/session.c %D%/session.h \
	%D%/setters.c %D%/setters.h \
	%D%/settings.c %D%/settings.h \
	%D%/step.c %D%/step.h \
	%D%/step_output.c %D%/step_output.h \
	%D%/store_check.c %D%/store_check.h \
	%D%/submission.c %D%/submission.h \
	%D%/text.h \
	%D%/typing.c %D%/typing.h \
	%D%/use_tables.c %D%/use_tables.h

$(%C%_libclient_a_OBJECTS): $(wire_headers)

bin_PROGRAMS += %D%/tequio
%C%_tequio_SOURCES = %D%/main.c
%C%_tequio_LDADD = %D%/libclient.a $(proto_libs) $(JANSSON_LIBS)

bin_PROGRAMS += %D%/tequio-metrics
%C%_tequio_metrics_SOURCES = %D%/metrics_main.c %D%/metrics_http.c %D%/metrics_http.h
%C%_tequio_metrics_LDADD = %D%/libclient.a $(proto_libs) $(JANSSON_LIBS) $(MICROHTTPD_LIBS)
$(%C%_tequio_metrics_OBJECTS): $(wire_headers)

client_libs = %D%/libclient.a $(proto_libs) $(JANSSON_LIBS)
