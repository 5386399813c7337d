# base/local.mk - what every part needs and that knows nothing of jobs

noinst_LIBRARIES += %D%/libbase.a
%C%_libbase_a_SOURCES = \
	%D%/banned.h \
	%D%/buffer.c %D%/buffer.h \
	%D%/clock.c %D%/clock.h \
	%D%/error.c %D%/error.h \
	%D%/file.c %D%/file.h \
	%D%/heap.c %D%/heap.h \
	%D%/list.c %D%/list.h \
	%D%/log.c %D%/log.h \
	%D%/memory.c %D%/memory.h \
	%D%/random.c %D%/random.h \
	%D%/table.c %D%/table.h
