/* interrupt.h - Ctrl-C as something to ask about, not something that happens
 *
 * Commands that own a running job must end it in order.  The signals are blocked and taken
 * between two asks, so nothing here is asynchronous.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_INTERRUPT_H
#define CLIENT_INTERRUPT_H

/* Block SIGINT, SIGTERM and SIGHUP from now on; a broken pipe becomes a failed write. */
void interrupt_block(void);

/* The signal that came, taken; 0 when none did. */
int interrupt_take(void);

#endif
