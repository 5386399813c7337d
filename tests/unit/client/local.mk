# tests/unit/client/local.mk - one test_<file>.c for each <file>.c of client/ that decides something
#
#   client_tests += %D%/test_thing

client_tests = \
	%D%/test_commands \
	%D%/test_directive \
	%D%/test_filter \
	%D%/test_format \
	%D%/test_job_curves \
	%D%/test_job_efficiency \
	%D%/test_job_end \
	%D%/test_job_layout \
	%D%/test_job_options \
	%D%/test_job_spec \
	%D%/test_job_stage \
	%D%/test_jobfile \
	%D%/test_jobs \
	%D%/test_machine \
	%D%/test_metrics \
	%D%/test_output \
	%D%/test_refusal \
	%D%/test_settings \
	%D%/test_slurm \
	%D%/test_translations

test_programs += $(client_tests)
client_test_libs = $(test_libs) $(client_libs)

%C%_test_commands_LDADD = $(client_test_libs)
%C%_test_directive_LDADD = $(client_test_libs)
%C%_test_filter_LDADD = $(client_test_libs)
%C%_test_format_LDADD = $(client_test_libs)
%C%_test_job_curves_LDADD = $(client_test_libs)
%C%_test_job_efficiency_LDADD = $(client_test_libs)
%C%_test_job_end_LDADD = $(client_test_libs)
%C%_test_job_layout_LDADD = $(client_test_libs)
%C%_test_job_options_LDADD = $(client_test_libs)
%C%_test_job_stage_LDADD = $(client_test_libs)
%C%_test_job_spec_LDADD = $(client_test_libs)
%C%_test_jobfile_LDADD = $(client_test_libs)
%C%_test_jobs_LDADD = $(client_test_libs)
%C%_test_machine_LDADD = $(client_test_libs)
%C%_test_metrics_LDADD = $(client_test_libs)
%C%_test_output_LDADD = $(client_test_libs)
%C%_test_refusal_LDADD = $(client_test_libs)
%C%_test_settings_LDADD = $(client_test_libs)
%C%_test_slurm_LDADD = $(client_test_libs)
%C%_test_translations_LDADD = $(client_test_libs)

$(%C%_test_job_stage_OBJECTS) $(%C%_test_commands_OBJECTS) $(%C%_test_filter_OBJECTS) $(%C%_test_job_spec_OBJECTS) \
$(%C%_test_job_curves_OBJECTS) $(%C%_test_job_end_OBJECTS) $(%C%_test_job_efficiency_OBJECTS) $(%C%_test_job_layout_OBJECTS) $(%C%_test_job_options_OBJECTS) $(%C%_test_jobfile_OBJECTS) \
$(%C%_test_jobs_OBJECTS) $(%C%_test_slurm_OBJECTS): $(wire_headers)
