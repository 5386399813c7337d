/* input.h - what is typed into a terminal, on its way to the task
 *
 * The launcher appends, the shepherd follows the file as it grows: neither waits for the other,
 * and what was taken is not lost when one of them, or the agent, is killed.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_LAUNCHER_INPUT_H
#define AGENT_LAUNCHER_INPUT_H

#include "agent/launcher/request.h"

/* The bytes follow it. */
struct input_frame {
    uint32_t writer;
    uint16_t rows; /* 0: no other size of the window */
    uint16_t columns;
    uint32_t size;
};

enum { INPUT_FRAME_MAX = sizeof(struct input_frame) + REQUEST_INPUT_MAX };

#endif
