# scheduler/local.mk - the central scheduler

# The decisions, pure.
noinst_LIBRARIES += %D%/core/libcore.a
%C%_core_libcore_a_SOURCES = \
	%D%/core/attempt.c \
	%D%/core/attempt_end.c \
	%D%/core/core.c %D%/core/core.h \
	%D%/core/core_books.c \
	%D%/core/core_checks.c \
	%D%/core/core_inside.h \
	%D%/core/core_invariants.c \
	%D%/core/core_jobs.c \
	%D%/core/core_nodes.c \
	%D%/core/core_outbox.c \
	%D%/core/core_parts.c \
	%D%/core/core_restore.c \
	%D%/core/effect.c %D%/core/effect.h \
	%D%/core/event.c %D%/core/event.h \
	%D%/core/inventory.c %D%/core/inventory.h \
	%D%/core/job.c %D%/core/job.h \
	%D%/core/job_index.c %D%/core/job_index.h \
	%D%/core/job_state.c %D%/core/job_state.h \
	%D%/core/match.c %D%/core/match.h \
	%D%/core/node_class.c %D%/core/node_class.h \
	%D%/core/placement.c %D%/core/placement.h \
	%D%/core/plan.c %D%/core/plan.h \
	%D%/core/queue.c %D%/core/queue.h \
	%D%/core/request.c %D%/core/request.h \
	%D%/core/request_possible.c \
	%D%/core/reservation.c \
	%D%/core/seek.c \
	%D%/core/timeline.c %D%/core/timeline.h \
	%D%/core/why.c
