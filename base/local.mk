# base/local.mk - what every part needs and that knows nothing of jobs

noinst_LIBRARIES += %D%/libbase.a
%C%_libbase_a_SOURCES = \
	%D%/banned.h \
	%D%/buffer.c %D%/buffer.h \
	%D%/child.c %D%/child.h \
	%D%/clock.c %D%/clock.h \
	%D%/digest.c %D%/digest.h \
	%D%/digest_sha256.c \
	%D%/base64.c %D%/base64.h \
	%D%/error.c %D%/error.h \
	%D%/file.c %D%/file.h \
	%D%/heap.c %D%/heap.h \
	%D%/hostlist.c %D%/hostlist.h \
	%D%/idset.c %D%/idset.h \
	%D%/list.c %D%/list.h \
	%D%/log.c %D%/log.h \
	%D%/loop.c %D%/loop.h \
	%D%/memory.c %D%/memory.h \
	%D%/options.c %D%/options.h \
	%D%/parse.c %D%/parse.h \
	%D%/parse_duration.c \
	%D%/parse_inside.h \
	%D%/parse_signal.c \
	%D%/parse_size.c \
	%D%/parse_text.c \
	%D%/parse_time.c \
	%D%/passing.c %D%/passing.h \
	%D%/postgres.c %D%/postgres.h \
	%D%/postgres_cursor.c \
	%D%/postgres_inside.h \
	%D%/postgres_values.c \
	%D%/random.c %D%/random.h \
	%D%/ring.c %D%/ring.h \
	%D%/series.c %D%/series.h \
	%D%/settings.c %D%/settings.h \
	%D%/settings_text.c %D%/settings_text.h \
	%D%/signature.c %D%/signature.h \
	%D%/socket.c %D%/socket.h \
	%D%/socket_admission.c \
	%D%/socket_connections.c %D%/socket_connections.h \
	%D%/socket_counts.c %D%/socket_counts.h \
	%D%/socket_gate.c \
	%D%/socket_inside.h \
	%D%/socket_key.c \
	%D%/socket_local.c %D%/socket_local.h \
	%D%/socket_path.c %D%/socket_path.h \
	%D%/socket_state.c \
	%D%/socket_stream.c %D%/socket_stream.h \
	%D%/table.c %D%/table.h \
	%D%/thread.c %D%/thread.h \
	%D%/twin.c %D%/twin.h \
	%D%/worker.c %D%/worker.h
