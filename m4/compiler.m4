# compiler.m4 - flags of the compiler: language, warnings, hardening, instruments
#
# SPDX-License-Identifier: Apache-2.0

# Sets COMMON_CFLAGS, COMMON_CPPFLAGS, COMMON_LDFLAGS, WARNING_CFLAGS and FUZZING_LDFLAGS
# from enable_{werror,sanitizers,coverage,fuzzing}.
AC_DEFUN([TEQUIO_COMPILER_FLAGS], [
    COMMON_CFLAGS=
    COMMON_CPPFLAGS=
    COMMON_LDFLAGS=
    WARNING_CFLAGS=
    FUZZING_LDFLAGS=

    AX_CHECK_COMPILE_FLAG([-std=gnu17], [AX_APPEND_FLAG([-std=gnu17], [COMMON_CFLAGS])],
                          [AC_MSG_ERROR([$CC does not know C17])])
    TEQUIO_WARNINGS
    TEQUIO_INSTRUMENTS
    TEQUIO_HARDENING

    AC_SUBST([COMMON_CFLAGS])
    AC_SUBST([COMMON_CPPFLAGS])
    AC_SUBST([COMMON_LDFLAGS])
    AC_SUBST([WARNING_CFLAGS])
    AC_SUBST([FUZZING_LDFLAGS])
])

# -Werror while asking: clang only warns about a warning that it does not know.
AC_DEFUN([TEQUIO_WARNINGS], [
    AX_APPEND_COMPILE_FLAGS([-Wall -Wextra -Wshadow -Wconversion -Wvla -Wundef dnl
-Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wpointer-arith -Wformat=2 dnl
-Wimplicit-fallthrough -Wimplicit-fallthrough=5 -Wlogical-op -Wduplicated-cond],
                            [WARNING_CFLAGS], [-Werror])
    AX_APPEND_COMPILE_FLAGS([-Werror=format-security], [WARNING_CFLAGS], [-Wformat])
    AS_IF([test "$enable_werror" = yes], [AX_APPEND_FLAG([-Werror], [WARNING_CFLAGS])])
])

AC_DEFUN([TEQUIO_INSTRUMENTS], [
    AS_IF([test "$enable_sanitizers" != no], [
        COMMON_CFLAGS="$COMMON_CFLAGS -fsanitize=$enable_sanitizers -fno-sanitize-recover=all"
        COMMON_CFLAGS="$COMMON_CFLAGS -fno-omit-frame-pointer"
        COMMON_LDFLAGS="$COMMON_LDFLAGS -fsanitize=$enable_sanitizers"
    ])
    AS_IF([test "$enable_coverage" = yes], [
        COMMON_CFLAGS="$COMMON_CFLAGS --coverage -O0 -fprofile-update=atomic"
        COMMON_LDFLAGS="$COMMON_LDFLAGS --coverage"
    ])
    AS_IF([test "$enable_fuzzing" = yes], [
        AX_CHECK_COMPILE_FLAG([-fsanitize=fuzzer-no-link],
            [COMMON_CFLAGS="$COMMON_CFLAGS -fsanitize=fuzzer-no-link"
             FUZZING_LDFLAGS="-fsanitize=fuzzer"],
            [AC_MSG_ERROR([--enable-fuzzing needs clang: ./configure CC=clang])])
    ])
])

# What makes a bug hard to use.  _FORTIFY_SOURCE hides calls from the sanitizers and warns
# without optimisation, so it is asked for only where it works.
AC_DEFUN([TEQUIO_HARDENING], [
    AX_APPEND_COMPILE_FLAGS([-fstack-protector-strong -fstack-clash-protection dnl
-fcf-protection -fPIE], [COMMON_CFLAGS], [-Werror])
    AX_APPEND_LINK_FLAGS([-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed],
                         [COMMON_LDFLAGS])
    AS_IF([test "$enable_sanitizers" = no && test "$enable_fuzzing" = no], [
        AX_CHECK_COMPILE_FLAG([-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2],
            [COMMON_CPPFLAGS="$COMMON_CPPFLAGS -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"], [],
            [$COMMON_CFLAGS -Werror], [AC_LANG_PROGRAM([[#include <stdio.h>]])])
    ])
])
