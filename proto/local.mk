# proto/local.mk - the protocol: messages as protobuf, and what sends and checks them

# --- generated from proto/wire/*.proto; add a new file's name here -------------------------------

wire_protos = \
	%D%/wire/agent.proto \
	%D%/wire/books.proto \
	%D%/wire/client.proto \
	%D%/wire/keys.proto \
	%D%/wire/policy.proto \
	%D%/wire/reservation.proto \
	%D%/wire/wire.proto
wire_headers = $(wire_protos:.proto=.pb-c.h)
wire_sources = $(wire_protos:.proto=.pb-c.c)

EXTRA_DIST += $(wire_protos)
BUILT_SOURCES += $(wire_headers)
CLEANFILES += $(wire_headers) $(wire_sources)

# Generated code is not held to the warnings of ours, nor to our banned functions.
noinst_LIBRARIES += %D%/libwire.a
%C%_libwire_a_SOURCES =
nodist_%C%_libwire_a_SOURCES = $(wire_sources) $(wire_headers)
%C%_libwire_a_CPPFLAGS = -I$(top_builddir) $(COMMON_CPPFLAGS) $(LIBPROTOBUF_C_CFLAGS)
%C%_libwire_a_CFLAGS = $(COMMON_CFLAGS) -Wall

$(%C%_libwire_a_OBJECTS): $(wire_headers)

%D%/wire/%.pb-c.c %D%/wire/%.pb-c.h: %D%/wire/%.proto
	$(AM_V_GEN)$(MKDIR_P) %D%/wire && $(PROTOC_C) -I $(srcdir) --c_out=. $(srcdir)/%D%/wire/$(notdir $<)

# `make wire` makes the generated headers alone.
wire: $(wire_headers)
.PHONY: wire

# --- written by hand --------------------------------------------------------------------------------

noinst_LIBRARIES += %D%/libproto.a
%C%_libproto_a_SOURCES = \
	%D%/arena.c %D%/arena.h \
	%D%/channel.c %D%/channel.h \
	%D%/commands.c \
	%D%/dispatch.c %D%/dispatch.h \
	%D%/identity.c %D%/identity.h \
	%D%/component.c %D%/component.h %D%/feature.h %D%/layout.c %D%/layout.h \
	%D%/message.c %D%/message.h \
	%D%/pattern.c %D%/pattern.h \
	%D%/scan.c %D%/scan.h \
	%D%/staging.c %D%/staging.h

$(%C%_libproto_a_OBJECTS): $(wire_headers)
