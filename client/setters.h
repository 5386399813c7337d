/* setters.h - options that several commands have, from text to field
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_SETTERS_H
#define CLIENT_SETTERS_H

#include "base/options.h"

/* Service units, into an int64_t of millionths. */
option_fn set_amount;

/* A moment, into an int64_t of microseconds; what is said of it counts from now. */
option_fn set_time;

/* Was the option given?  If not: false, and err says that it is needed. */
bool is_given(const char *value, const char *option, struct error *err);

#endif
