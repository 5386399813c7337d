/* banned.h - functions that are an error to name in this project
 *
 * The build puts this file in front of every source file of ours.  The headers
 * that declare the functions come first, since poison also reaches headers.
 * Instead of
 *
 *   strcpy strcat stpcpy strncpy strncat   memcpy() with a known size, buffer_add_text()
 *   sprintf vsprintf                       snprintf(), memory_format(), buffer_print()
 *   strtok                                 parse_*(), strtok_r(), strchr()
 *   atoi atol atoll atof                   parse_*(), which tell a number from a mistake
 *   gmtime localtime ctime asctime         gmtime_r(), which has no hidden static
 *   mktemp tmpnam tempnam                  mkstemp(), mkdtemp()
 *   popen                                  child.h: no shell between us and a program
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* With clang, glibc makes macros of these to check their bounds. */
#undef sprintf
#undef vsprintf

#pragma GCC poison strcpy strcat stpcpy strncpy strncat
#pragma GCC poison sprintf vsprintf
#pragma GCC poison strtok
#pragma GCC poison atoi atol atoll atof
#pragma GCC poison gmtime localtime ctime asctime
#pragma GCC poison mktemp tmpnam tempnam
#pragma GCC poison popen

#endif
