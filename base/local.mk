# base/local.mk - what every part needs and that knows nothing of jobs

noinst_LIBRARIES += %D%/libbase.a
%C%_libbase_a_SOURCES = \
	%D%/banned.h \
	%D%/error.c %D%/error.h
