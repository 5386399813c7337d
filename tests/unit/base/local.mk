# tests/unit/base/local.mk - one test_<file>.c for each <file>.c of base/
#
#   test_programs += %D%/test_thing
#   %C%_test_thing_LDADD = $(test_libs) LIBRARIES OF THE FOLDER $(base_libs)   (default: $(LDADD))

test_programs += \
	%D%/test_buffer \
	%D%/test_child \
	%D%/test_clock \
	%D%/test_base64 \
	%D%/test_digest \
	%D%/test_digest_sha256 \
	%D%/test_error \
	%D%/test_file \
	%D%/test_heap \
	%D%/test_hostlist \
	%D%/test_idset \
	%D%/test_list \
	%D%/test_log \
	%D%/test_loop \
	%D%/test_memory \
	%D%/test_options \
	%D%/test_parse \
	%D%/test_parse_duration \
	%D%/test_parse_size \
	%D%/test_parse_text \
	%D%/test_parse_time \
	%D%/test_passing \
	%D%/test_postgres \
	%D%/test_random \
	%D%/test_ring \
	%D%/test_series \
	%D%/test_settings \
	%D%/test_signature \
	%D%/test_socket \
	%D%/test_socket_admission \
	%D%/test_socket_connections \
	%D%/test_socket_gate \
	%D%/test_socket_junk \
	%D%/test_socket_key \
	%D%/test_socket_local \
	%D%/test_socket_state \
	%D%/test_table \
	%D%/test_thread \
	%D%/test_twin \
	%D%/test_worker

socket_scene = %D%/socket_scene.c %D%/socket_scene.h
%C%_test_socket_SOURCES = %D%/test_socket.c $(socket_scene)
%C%_test_socket_admission_SOURCES = %D%/test_socket_admission.c $(socket_scene)
%C%_test_socket_connections_SOURCES = %D%/test_socket_connections.c $(socket_scene)
%C%_test_socket_gate_SOURCES = %D%/test_socket_gate.c $(socket_scene)
%C%_test_socket_junk_SOURCES = %D%/test_socket_junk.c $(socket_scene)
%C%_test_socket_local_SOURCES = %D%/test_socket_local.c $(socket_scene)
%C%_test_socket_state_SOURCES = %D%/test_socket_state.c $(socket_scene)

parse_cases = %D%/parse_cases.c %D%/parse_cases.h
%C%_test_parse_SOURCES = %D%/test_parse.c $(parse_cases)
%C%_test_parse_duration_SOURCES = %D%/test_parse_duration.c $(parse_cases)
%C%_test_parse_size_SOURCES = %D%/test_parse_size.c $(parse_cases)
%C%_test_parse_time_SOURCES = %D%/test_parse_time.c $(parse_cases)
